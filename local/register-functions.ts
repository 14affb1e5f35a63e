import { createActHandler } from '../functions/act.handler.ts';
import { createNotifyHandler } from '../functions/notify.handler.ts';
import { createTrackHandler } from '../functions/track.handler.ts';
import { createWatchHandler } from '../functions/watch.handler.ts';
import type { Place } from '../functions/wiring.ts';
import type { LocalFunctions } from './aws/local-functions.ts';

/** On AWS once a minute; here nobody wants to wait that long to see it. */
const SWEEP_MS = 20_000;
/** A sweep that waits for what falls due ends before the next one. */
const TRACK_MS_MAX = 29_000;

/** The same filters on the stream and the same ticks as the stack has. */
export function registerFunctions(functions: LocalFunctions, place: Place): void {
  const wakesOn = (...marks: readonly (readonly [entity: string, owes: string])[]) => ({
    stream: {
      filters: marks.map(([entity, owes]) => ({
        dynamodb: { NewImage: { entity: { S: [entity] }, owes: { S: [owes] } } },
      })),
    },
  });
  functions.register('watch', createWatchHandler(place), { timeoutMs: 90_000 });
  functions.register(
    'notify',
    createNotifyHandler(place),
    wakesOn(['target', 'notice'], ['request', 'answer'], ['channel', 'notice'], ['freezes', 'notice']),
  );
  functions.register(
    'act',
    createActHandler(place),
    wakesOn(['inbox', 'decision'], ['request', 'decision'], ['run', 'step']),
  );
  functions.register('track', createTrackHandler(place), { timeoutMs: TRACK_MS_MAX });
  const everyMs = place.settings.config.sampling.everySeconds * 1000;
  const tick = (nowMs: number) => ({
    kind: 'tick',
    shard: 0,
    scheduledTime: new Date(nowMs).toISOString(),
    delaySeconds: 0,
  });
  void functions.send('watch', tick(Date.now()));
  functions.every(everyMs, 'watch', tick);
  void functions.send('track', { kind: 'sweep' });
  functions.every(SWEEP_MS, 'track', () => ({ kind: 'sweep' }));
}
