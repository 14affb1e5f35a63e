import type { Clock } from '../core/ports.ts';

/** Clocks that are right differ by less. */
const APART_MS_MAX = 5000;

/** What is known of the time from somewhere else than this machine's clock. */
export interface TimeBounds {
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/**
 * A clock that may be wrong, or be put forward or back at any moment, held within bounds. Where it leaves them, or goes
 * back, the time goes on from the last instant told, and by what the clock says has passed since.
 */
export function boundedClock(clock: Clock, { notBeforeMs, notAfterMs }: TimeBounds): Clock {
  let toldMs = notBeforeMs;
  let shiftMs = 0;
  const isLikely = (ms: number) => ms >= toldMs - APART_MS_MAX && ms <= notAfterMs;
  const nowMs = () => {
    const plainMs = clock.nowMs();
    if (isLikely(plainMs)) shiftMs = 0;
    else if (!isLikely(plainMs + shiftMs)) shiftMs = toldMs - plainMs;
    toldMs = Math.max(toldMs, plainMs + shiftMs);
    return plainMs + shiftMs;
  };
  return {
    nowMs,
    sleep: async (ms) => {
      const untilMs = nowMs() + ms;
      await clock.sleep(ms);
      toldMs = Math.max(toldMs, untilMs);
    },
  };
}
