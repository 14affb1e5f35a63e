import type { IdleAges } from '../../model/sample.ts';
import { type Demand, demandOf } from './demand.ts';
import { type HealthyRecord, HOUR_MS, type Memory } from './detector-state.ts';
import { combineAges } from './remember.ts';

/** The most this database needed while healthy. */
export interface HealthyMost {
  readonly connected: number;
  /** The heaviest load, in running statements. */
  readonly running: number;
  readonly ages: IdleAges | null;
  /** Two-hour records behind it. */
  readonly records: number;
}

/** A long window overlaps the newest records, which then hold the beginning of the leak itself. */
const LONG_WINDOW_MS = 2 * HOUR_MS;
const OVERLAP_MS = 2.2 * HOUR_MS;
/** Sleepers of fifteen minutes: old enough to be idle, young enough to follow within a record. */
const RUN_AGE = 2;
const RUN_STEP_SHARE = 0.004;

/** What was healthy, as the records tell it. */
export interface Health {
  /** Over all closed records but the run. */
  readonly short: HealthyMost;
  /** Also without the newest records, which a long window overlaps. */
  readonly long: HealthyMost;
  /** Records at the end whose sleepers only ever grew: they may hold a leak and prove no health. */
  readonly run: readonly HealthyRecord[];
  /** Over all closed records, for the rules that look at every sample. */
  readonly connected: number;
  /** What a load needs; null until it is known. */
  readonly demand: Demand | null;
}

/** Records change every two hours and are asked every minute: the answer is kept beside them. */
const known = new WeakMap<readonly HealthyRecord[], { readonly limit: number; readonly health: Health }>();

export function healthOf(memory: Memory): Health {
  const { records } = memory;
  const limit = memory.limit.now;
  const kept = known.get(records);
  if (kept !== undefined && kept.limit === limit) return kept.health;
  const run = growingRun(records, limit);
  const before = records.length - run.length;
  const newestMs = records.at(-1)?.endMs ?? 0;
  const overlapping = records.filter((record) => record.endMs > newestMs - OVERLAP_MS).length;
  const short = mostOf(records, before);
  const settled = Math.min(before, records.length - overlapping);
  const health: Health = {
    run,
    short,
    long: mostOf(records, settled),
    demand: demandOf(records.slice(0, settled), limit),
    connected: run.reduce((most, record) => Math.max(most, record.connected), short.connected),
  };
  known.set(records, { limit, health });
  return health;
}

/** null while nothing is known yet. */
export function healthyBefore(health: Health, memory: Memory, windowMs: number, nowMs: number): HealthyMost | null {
  const most = windowMs > LONG_WINDOW_MS ? health.long : health.short;
  return most.records > 0 ? most : beforeWindow(memory, windowMs, nowMs);
}

function growingRun(records: readonly HealthyRecord[], limit: number): readonly HealthyRecord[] {
  const stepMin = Math.max(1, RUN_STEP_SHARE * limit);
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
  let running = 0;
  let ages: IdleAges | null = null;
  for (const record of records.slice(0, count)) {
    connected = Math.max(connected, record.connected);
    running = Math.max(running, record.running);
    ages = combineAges(ages, record.ages, Math.max);
  }
  return { connected, running, ages, records: Math.max(0, count) };
}

/** In the first hours: what the four-minute stretches before the window needed. */
function beforeWindow(memory: Memory, windowMs: number, nowMs: number): HealthyMost | null {
  const before = memory.buckets.filter((bucket) => bucket.atMs < nowMs - windowMs);
  if (before.length === 0) return null;
  return {
    connected: before.reduce((most, bucket) => Math.max(most, bucket.connected), 0),
    running: before.reduce((most, bucket) => Math.max(most, bucket.running), 0),
    ages: before.reduce<IdleAges | null>((most, bucket) => combineAges(most, bucket.ages, Math.max), null),
    records: 0,
  };
}
