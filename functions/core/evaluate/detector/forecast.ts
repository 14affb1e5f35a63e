import { HOUR_MS, type Memory, SECOND_MS } from './detector-state.ts';

const DAY_MS = 24 * HOUR_MS;
const STEP_MS = 10 * 60 * SECOND_MS;
/** Below an hour yesterday adds nothing but noise. */
const STRAIGHT_SECONDS_MAX = 3600;
const HORIZON_MS = 12 * HOUR_MS;

/** When the limit is reached: straight on, plus the rise that yesterday brought over the same hours. */
export function secondsToLimit(
  memory: Memory,
  nowMs: number,
  connected: number,
  perSecond: number,
  limit: number,
): number {
  const straight = Math.max(0, (limit - connected) / perSecond);
  const yesterdayNow = recordAt(memory, nowMs - DAY_MS);
  if (straight < STRAIGHT_SECONDS_MAX || yesterdayNow === null) return straight;
  for (let aheadMs = STEP_MS; aheadMs <= HORIZON_MS; aheadMs += STEP_MS) {
    const yesterday = recordAt(memory, nowMs - DAY_MS + aheadMs) ?? yesterdayNow;
    const seconds = aheadMs / SECOND_MS;
    if (connected + perSecond * seconds + Math.max(0, yesterday - yesterdayNow) >= limit)
      return Math.min(straight, seconds);
  }
  return straight;
}

function recordAt(memory: Memory, atMs: number): number | null {
  const record = memory.records.find((one) => one.endMs > atMs && one.endMs <= atMs + 2 * HOUR_MS);
  return record?.connected ?? null;
}
