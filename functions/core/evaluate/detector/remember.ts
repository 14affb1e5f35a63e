import type { Height } from '../../model/detector-phase.ts';
import type { IdleAges } from '../../model/sample.ts';
import type { ReadingRecord } from '../../model/sample-record.ts';
import {
  BUCKETS_MAX,
  type Gathering,
  HALF_MINUTES_MAX,
  type HealthyRecord,
  HOUR_MS,
  type Memory,
  MINUTE_MS,
  type Point,
  RECENT_MAX,
  RECORDS_MAX,
  SECOND_MS,
} from './detector-state.ts';

const HALF_MINUTE_MS = 30 * SECOND_MS;
const BUCKET_MS = 4 * MINUTE_MS;
const RECORD_MS = 2 * HOUR_MS;
/** After a longer gap the old course says nothing about the new one. */
const GAP_MS_MAX = HOUR_MS;
/** Pools refill after a restart, which looks like a leak for some minutes. */
const MUTED_MS = 12 * MINUTE_MS;
/** A spike of a fifth of a bucket is not what the database needs. */
const RECORD_PERCENTILE = 0.8;
/** Values kept for the percentile: one every four seconds. */
const GATHERED_MAX = 64;
const INTERVAL_WEIGHT = 0.1;
const STEP_WEIGHT = 0.02;

/** Takes one reading into the rings. `learning` is false while an alert is open: trouble must not become normal. */
export function remember(memory: Memory, record: ReadingRecord, learning: boolean): Memory {
  const previous = memory.recent.at(-1);
  const point: Point = {
    atMs: record.atMs,
    connected: record.connected,
    running: record.running,
    ages: record.ages ?? null,
  };
  const uptimeKnown = record.uptimeMinutes > 0 || record.kind === 'reading';
  const uptimeMinutes = uptimeKnown ? record.uptimeMinutes : memory.uptimeMinutes;
  const limit = followLimit(memory.limit, record);
  if (previous === undefined || record.atMs - previous.atMs > GAP_MS_MAX || uptimeMinutes < memory.uptimeMinutes) {
    return gather(
      { ...startAgain(memory, record.atMs, previous === undefined), uptimeMinutes, limit },
      point,
      learning,
    );
  }
  const gapMs = record.atMs - previous.atMs;
  const step = Math.abs(record.connected - previous.connected);
  return gather(
    {
      ...memory,
      uptimeMinutes,
      limit,
      intervalMs:
        memory.intervalMs === 0
          ? gapMs
          : memory.intervalMs + INTERVAL_WEIGHT * (Math.min(gapMs, 2 * memory.intervalMs) - memory.intervalMs),
      typicalStep: learning ? memory.typicalStep + STEP_WEIGHT * (step - memory.typicalStep) : memory.typicalStep,
    },
    point,
    learning,
  );
}

/** The course is forgotten, what is normal is kept. */
function startAgain(memory: Memory, atMs: number, first: boolean): Memory {
  return {
    ...forgetCourse(memory),
    recent: [],
    sinceMs: first ? atMs : memory.sinceMs,
    mutedUntilMs: first ? 0 : atMs + MUTED_MS,
  };
}

export function forgetCourse(memory: Memory): Memory {
  return { ...memory, halfMinutes: [], buckets: [], halfMinute: null, bucket: null };
}

function followLimit(limit: Memory['limit'], record: ReadingRecord): Memory['limit'] {
  if (record.connectionsMax === limit.now || record.connectionsMax === 0) return limit;
  return { now: record.connectionsMax, before: limit.now, changedAtMs: limit.now === 0 ? 0 : record.atMs };
}

function gather(memory: Memory, point: Point, learning: boolean): Memory {
  const half = addTo(memory.halfMinute, point, HALF_MINUTE_MS);
  const bucket = addTo(memory.bucket, point, BUCKET_MS);
  const closed = bucket.closed;
  return {
    ...memory,
    recent: pushed(memory.recent, point, RECENT_MAX),
    halfMinute: half.open,
    halfMinutes:
      half.closed === null ? memory.halfMinutes : pushed(memory.halfMinutes, meanOf(half.closed), HALF_MINUTES_MAX),
    bucket: bucket.open,
    buckets: closed === null ? memory.buckets : pushed(memory.buckets, meanOf(closed), BUCKETS_MAX),
    ...(closed === null || !learning ? null : learn(memory, closed, point.atMs)),
  };
}

function addTo(open: Gathering | null, point: Point, lengthMs: number): { open: Gathering; closed: Gathering | null } {
  const slot = Math.floor(point.atMs / lengthMs);
  if (open === null || open.slot !== slot) {
    const fresh: Gathering = {
      slot,
      count: 1,
      atMsSum: point.atMs,
      connectedSum: point.connected,
      runningSum: point.running,
      connected: [point.connected],
      ages: point.ages,
    };
    return { open: fresh, closed: open };
  }
  return {
    open: {
      slot,
      count: open.count + 1,
      atMsSum: open.atMsSum + point.atMs,
      connectedSum: open.connectedSum + point.connected,
      runningSum: open.runningSum + point.running,
      connected: open.connected.length < GATHERED_MAX ? [...open.connected, point.connected] : open.connected,
      ages: combineAges(open.ages, point.ages, Math.min),
    },
    closed: null,
  };
}

function meanOf(gathered: Gathering): Point {
  return {
    atMs: gathered.atMsSum / gathered.count,
    connected: gathered.connectedSum / gathered.count,
    running: gathered.runningSum / gathered.count,
    ages: gathered.ages,
  };
}

/** A four-minute stretch of health enters the record of its two hours. */
function learn(memory: Memory, bucket: Gathering, atMs: number): Pick<Memory, 'records' | 'record'> {
  const sorted = [...bucket.connected].sort((a, b) => a - b);
  const needed = sorted[Math.floor(RECORD_PERCENTILE * (sorted.length - 1))] ?? 0;
  const running = bucket.runningSum / bucket.count;
  const endMs = (Math.floor(atMs / RECORD_MS) + 1) * RECORD_MS;
  const open = memory.record;
  if (open === null || open.endMs !== endMs) {
    const records = open === null ? memory.records : pushed(memory.records, open, RECORDS_MAX);
    return { records, record: { endMs, connected: needed, running, ages: bucket.ages } };
  }
  const record: HealthyRecord = {
    endMs,
    connected: Math.max(open.connected, needed),
    running: Math.max(open.running, running),
    ages: combineAges(open.ages, bucket.ages, Math.max),
  };
  return { records: memory.records, record };
}

/** What an alert reached before it ended by itself is normal here: the same height alarms once. */
export function learnPeak(memory: Memory, peak: Height, atMs: number): Memory {
  const record: HealthyRecord = {
    endMs: atMs,
    connected: peak.connected,
    running: memory.recent.reduce((sum, point) => sum + point.running, 0) / Math.max(1, memory.recent.length),
    ages: null,
  };
  return { ...memory, records: pushed(memory.records, record, RECORDS_MAX) };
}

export function combineAges(
  a: IdleAges | null,
  b: IdleAges | null,
  pick: (x: number, y: number) => number,
): IdleAges | null {
  if (a === null || b === null) return a ?? b;
  return [pick(a[0], b[0]), pick(a[1], b[1]), pick(a[2], b[2]), pick(a[3], b[3])];
}

export function pushed<T>(ring: readonly T[], item: T, countMax: number): readonly T[] {
  const kept = ring.length >= countMax ? ring.slice(ring.length - countMax + 1) : ring.slice();
  kept.push(item);
  return kept;
}
