import type { IdleAges } from '../../sample/sample.ts';
import { type HealthyRecord, HOUR_MS, type Memory } from './detector-state.ts';
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
/** Sleepers of fifteen minutes: old enough to be idle, young enough to follow within a record. */
const RUN_AGE = 2;
const RUN_STEP_SHARE = 0.004;

/** What was healthy, asked of the records once per evaluation. */
export interface Health {
  /** Over all closed records. */
  readonly short: HealthyMost;
  /** Without the records that a long window overlaps. */
  readonly long: HealthyMost;
  /** Records at the end whose sleepers only ever grew: they may hold a leak and prove no health. */
  readonly run: readonly HealthyRecord[];
}

export function healthOf(memory: Memory, nowMs: number): Health {
  const run = growingRun(memory);
  const before = memory.records.length - run.length;
  const overlapping = memory.records.filter((record) => record.endMs > nowMs - OVERLAP_MS).length;
  return {
    run,
    short: mostOf(memory.records, before),
    long: mostOf(memory.records, Math.min(before, memory.records.length - overlapping)),
  };
}

/** null while nothing is known yet. */
export function healthyBefore(health: Health, memory: Memory, windowMs: number, nowMs: number): HealthyMost | null {
  const most = windowMs > LONG_WINDOW_MS ? health.long : health.short;
  return most.records > 0 ? most : beforeWindow(memory, windowMs, nowMs);
}

function growingRun(memory: Memory): readonly HealthyRecord[] {
  const { records } = memory;
  const stepMin = Math.max(1, RUN_STEP_SHARE * memory.limit.now);
  let start = records.length;
  while (start > 0) {
    const later = records[start]?.ages?.[RUN_AGE] ?? Number.POSITIVE_INFINITY;
    const sleepers = records[start - 1]?.ages?.[RUN_AGE];
    if (sleepers === undefined || later - sleepers < stepMin) break;
    start--;
  }
  // The first of a run is its foot: it has not grown itself.
  return records.slice(start + 1);
}

function mostOf(records: readonly HealthyRecord[], count: number): HealthyMost {
  let connected = 0;
  let ages: IdleAges | null = null;
  for (const record of records.slice(0, count)) {
    connected = Math.max(connected, record.connected);
    ages = combineAges(ages, record.ages, Math.max);
  }
  return { connected, ages, records: Math.max(0, count) };
}

/** In the first hours: what the four-minute stretches before the window needed. */
function beforeWindow(memory: Memory, windowMs: number, nowMs: number): HealthyMost | null {
  const before = memory.buckets.filter((bucket) => bucket.atMs < nowMs - windowMs);
  if (before.length === 0) return null;
  return {
    connected: before.reduce((most, bucket) => Math.max(most, bucket.connected), 0),
    ages: before.reduce<IdleAges | null>((most, bucket) => combineAges(most, bucket.ages, Math.max), null),
    records: 0,
  };
}

/** The most connections of any closed record, for the rules that run on every sample. */
export function healthyConnections(memory: Memory): number {
  let most = 0;
  for (const record of memory.records) if (record.connected > most) most = record.connected;
  return most;
}
