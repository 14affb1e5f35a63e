import type { IdleAges } from '../../sample/sample.ts';
import { HOUR_MS, type Memory } from './detector-state.ts';
import { combineAges } from './remember.ts';

/** The most this database needed while healthy. */
export interface HealthyMost {
  readonly connected: number;
  readonly ages: IdleAges | null;
  /** Two-hour records behind it. */
  readonly records: number;
}

/** A long window overlaps the newest records, which then hold the beginning of the leak itself. */
const LONG_WINDOW_MS = 2 * HOUR_MS;
const OVERLAP_MS = 4.2 * HOUR_MS;

/** null while nothing is known yet. */
export function healthyMost(memory: Memory, windowMs: number, nowMs: number): HealthyMost | null {
  const endMsMax = windowMs > LONG_WINDOW_MS ? nowMs - OVERLAP_MS : nowMs;
  let connected = 0;
  let ages: IdleAges | null = null;
  let records = 0;
  for (const record of memory.records) {
    if (record.endMs > endMsMax) continue;
    connected = Math.max(connected, record.connected);
    ages = combineAges(ages, record.ages, Math.max);
    records++;
  }
  return records === 0 ? beforeWindow(memory, windowMs, nowMs) : { connected, ages, records };
}

/** In the first hours: what the four-minute stretches before the window needed. */
function beforeWindow(memory: Memory, windowMs: number, nowMs: number): HealthyMost | null {
  const before = memory.buckets.filter((bucket) => bucket.atMs < nowMs - windowMs);
  if (before.length === 0) return null;
  return before.reduce<HealthyMost>(
    (most, bucket) => ({
      connected: Math.max(most.connected, bucket.connected),
      ages: combineAges(most.ages, bucket.ages, Math.max),
      records: 0,
    }),
    { connected: 0, ages: null, records: 0 },
  );
}
