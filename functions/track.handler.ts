import { createSsmClient } from './adapters/ssm/run-session.ts';
import { SsmCommandRunner } from './adapters/ssm/ssm-command-runner.ts';
import { readTrackEvent } from './adapters/system/lambda-events.ts';
import { LambdaWatchCaller } from './adapters/system/lambda-watch-caller.ts';
import { commandMoved, sweep, type TrackDeps, type TrackReport } from './flows/track.ts';
import { basicsOf, lambdaPlace, once, type Place, required } from './wiring.ts';

/** Follows what was sent. It may look at commands, never send one. */
export function createTrackHandler(place: Place): (event: unknown) => Promise<TrackReport> {
  const basics = basicsOf(place);
  const commands = new SsmCommandRunner(createSsmClient(place.aws));
  const watchName = required(place.environment, 'RUNBELL_WATCH_FUNCTION');
  const watch = new LambdaWatchCaller(watchName, basics.log, place.aws);
  const deps: TrackDeps = { ...basics, commands, watch, maySend: false, scheduled: new Set() };
  return (event) => {
    basics.clock.begin();
    const order = readTrackEvent(event);
    return order.kind === 'sweep' ? sweep(deps) : commandMoved(deps, order.commandId);
  };
}

const deployed = once(() => createTrackHandler(lambdaPlace()));

export function handler(event: unknown): Promise<TrackReport> {
  return deployed()(event);
}
