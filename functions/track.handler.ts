import { createSsmClient } from './adapters/ssm/run-session.ts';
import { SsmCommandRunner } from './adapters/ssm/ssm-command-runner.ts';
import { readTrackEvent } from './adapters/system/lambda-events.ts';
import { LambdaWatchCaller } from './adapters/system/lambda-watch-caller.ts';
import { commandMoved, sweepFor, type TrackDeps, type TrackReport } from './flows/track.ts';
import { basicsOf, lambdaPlace, once, type Place, required } from './wiring.ts';

/** For what has begun when the function's time runs out. */
const SPARE_MS = 10_000;

/** What a handler needs of Lambda's second argument. */
interface Context {
  getRemainingTimeInMillis(): number;
}

/** Follows what was sent. It may look at commands, never send one. */
export function createTrackHandler(place: Place): (event: unknown, context?: Context) => Promise<TrackReport> {
  const basics = basicsOf(place);
  const commands = new SsmCommandRunner(createSsmClient(place.aws));
  const watchName = required(place.environment, 'RUNBELL_WATCH_FUNCTION');
  const watch = new LambdaWatchCaller(watchName, basics.log, place.aws);
  const deps: TrackDeps = { ...basics, commands, watch, maySend: false, scheduled: new Set() };
  return (event, context) => {
    basics.clock.begin();
    const order = readTrackEvent(event);
    if (order.kind !== 'sweep') return commandMoved(deps, order.commandId);
    return sweepFor(deps, () => (context?.getRemainingTimeInMillis() ?? 0) - SPARE_MS);
  };
}

const deployed = once(() => createTrackHandler(lambdaPlace()));

export function handler(event: unknown, context: Context): Promise<TrackReport> {
  return deployed()(event, context);
}
