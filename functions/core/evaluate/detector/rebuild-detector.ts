import type { Phase } from '../../model/detector-phase.ts';
import type { BucketRecord, PeakRecord, TickRecord } from '../../model/sample-record.ts';
import { BUCKET_MS, PEAK_MS, spanStartMs } from '../../sample/roll-up.ts';
import {
  BUCKETS_MAX,
  createDetectorState,
  type DetectorState,
  type HealthyRecord,
  type Memory,
  type Point,
  RECORDS_MAX,
} from './detector-state.ts';
import { remember } from './remember.ts';

/** What is stored of a target, oldest first. */
export interface StoredCourse {
  readonly peaks: readonly PeakRecord[];
  readonly buckets: readonly BucketRecord[];
  /** Raw samples of the last half hour or more. */
  readonly ticks: readonly TickRecord[];
}

/**
 * The state of a cold container. `phase` comes from the target item, the rest from chunks. Spans from the
 * opening of an alert on are left out of what is normal, as a warm container leaves them out.
 */
export function rebuildDetector(course: StoredCourse, phase: Phase | null): DetectorState {
  const created = createDetectorState();
  const troubleMs = phase?.alert?.openedAtMs ?? Number.POSITIVE_INFINITY;
  const newestMs = course.ticks.at(-1)?.atMs ?? 0;
  const isLearning = phase?.alert === undefined || phase.alert === null;
  const ticked = course.ticks.reduce<Memory>(
    (memory, tick) => (tick.kind === 'unreadable' ? memory : remember(memory, tick, isLearning)),
    created.memory,
  );
  const firstTickMs = ticked.buckets[0]?.atMs ?? Number.POSITIVE_INFINITY;
  const before = sinceRestart(course.buckets).filter(
    ({ startMs }) => startMs + BUCKET_MS <= Math.min(firstTickMs, newestMs),
  );
  const memory: Memory = {
    ...ticked,
    buckets: [...before.map(toPoint), ...ticked.buckets].slice(-BUCKETS_MAX),
    records: course.peaks
      .filter(({ startMs }) => startMs + PEAK_MS <= newestMs && startMs + PEAK_MS <= troubleMs)
      .map(toHealthy)
      .slice(-RECORDS_MAX),
    record: openRecord(course.buckets, newestMs, troubleMs),
    sinceMs: Math.min(
      course.peaks[0]?.startMs ?? newestMs,
      course.buckets[0]?.startMs ?? newestMs,
      course.ticks[0]?.atMs ?? newestMs,
    ),
  };
  return { ...created, memory, phase: phase ?? created.phase };
}

/** The course before a restart says nothing about the one after it. */
function sinceRestart(buckets: readonly BucketRecord[]): readonly BucketRecord[] {
  const restart = buckets.findLastIndex(
    ({ uptimeMinutes }, at) => uptimeMinutes > 0 && uptimeMinutes < (buckets[at - 1]?.uptimeMinutes ?? 0),
  );
  return restart < 0 ? buckets : buckets.slice(restart);
}

function toPoint(bucket: BucketRecord): Point {
  const { startMs, connected, running, ages } = bucket;
  return { atMs: startMs + BUCKET_MS / 2, connected, running, ages };
}

function toHealthy(peak: PeakRecord): HealthyRecord {
  return { endMs: peak.startMs + PEAK_MS, connected: peak.connected, running: peak.running, ages: peak.ages };
}

/** The two hours that are still being filled. */
function openRecord(buckets: readonly BucketRecord[], newestMs: number, troubleMs: number): HealthyRecord | null {
  const startMs = spanStartMs(newestMs, PEAK_MS);
  const inside = buckets.filter(
    (bucket) => bucket.startMs >= startMs && bucket.startMs < Math.min(newestMs, troubleMs),
  );
  const ages = inside.flatMap((bucket) => (bucket.ages === null ? [] : [bucket.ages]));
  const most = (age: 0 | 1 | 2 | 3) => Math.max(...ages.map((of) => of[age]));
  if (inside.length === 0) return null;
  return {
    endMs: startMs + PEAK_MS,
    connected: Math.max(...inside.map((bucket) => bucket.connectedP80)),
    running: Math.max(...inside.map((bucket) => bucket.running)),
    ages: ages.length === 0 ? null : [most(0), most(1), most(2), most(3)],
  };
}
