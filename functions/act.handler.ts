import { createSsmClient } from './adapters/ssm/create-ssm-client.ts';
import { SsmCommandRunner } from './adapters/ssm/ssm-command-runner.ts';
import { type BatchAnswer, forEachRecord } from './adapters/system/lambda-events.ts';
import { LambdaWatchCaller } from './adapters/system/lambda-watch-caller.ts';
import { decideRequest } from './flows/act.ts';
import { advanceRun } from './flows/advance-run.ts';
import { basicsOf, lambdaPlace, once, type Place, required } from './wiring.ts';

/** The only function that may send a command. */
export function createActHandler(place: Place): (event: unknown) => Promise<BatchAnswer> {
  const basics = basicsOf(place);
  const { log } = basics;
  const commands = new SsmCommandRunner(createSsmClient());
  const watch = new LambdaWatchCaller(required(place.environment, 'RUNBELL_WATCH_FUNCTION'), log);
  const deps = { ...basics, commands, watch, maySend: true };
  return (event) =>
    forEachRecord(
      event,
      ({ entity, id }) => (entity === 'request' ? decideRequest(deps, id) : advanceRun(deps, id)),
      (record, error) => log.error('act.failed', { entity: record.entity, id: record.id, error }),
    );
}

const deployed = once(() => createActHandler(lambdaPlace()));

export function handler(event: unknown): Promise<BatchAnswer> {
  return deployed()(event);
}
