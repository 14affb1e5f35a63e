import { invariant } from '../invariant.ts';
import type { IdleAges } from '../model/sample.ts';
import type { BucketRecord, PeakRecord, ReadingRecord, TickRecord } from '../model/sample-record.ts';

export const BUCKET_MS = 4 * 60_000;
export const PEAK_MS = 2 * 60 * 60_000;

/** The start of the bucket (or, with PEAK_MS, of the peak) that an instant belongs to. */
export function spanStartMs(atMs: number, spanMs: number): number {
  return Math.floor(atMs / spanMs) * spanMs;
}

/**
 * Rolls the samples of one target that fall into one bucket up; null when none of them is a reading.
 * The minimum of the idle ages is taken because a real sleeper stays through all samples, while the idle
 * end of a busy pool comes and goes.
 */
export function toBucket(records: readonly TickRecord[], startMs: number): BucketRecord | null {
  const readings = records.filter(
    (record): record is ReadingRecord =>
      record.kind !== 'unreadable' && spanStartMs(record.atMs, BUCKET_MS) === startMs,
  );
  if (readings.length === 0) return null;
  const ages = readings.flatMap((reading) => (reading.ages === null ? [] : [reading.ages]));
  return {
    startMs,
    connected: mean(readings.map((reading) => reading.connected)),
    connectedP80: percentile(
      readings.map((reading) => reading.connected),
      0.8,
    ),
    running: mean(readings.map((reading) => reading.running)),
    ages: eachAge(ages, Math.min),
    // A refusal without detail knows no uptime; it must not read as a restart.
    uptimeMinutes: readings.findLast((reading) => reading.uptimeMinutes > 0)?.uptimeMinutes ?? 0,
    samples: Math.min(255, readings.length),
  };
}

/** Rolls the buckets of one target that fall into one span of two hours up; null when there is none. */
export function toPeak(buckets: readonly BucketRecord[], startMs: number): PeakRecord | null {
  const inside = buckets.filter((bucket) => spanStartMs(bucket.startMs, PEAK_MS) === startMs);
  if (inside.length === 0) return null;
  const ages = inside.flatMap((bucket) => (bucket.ages === null ? [] : [bucket.ages]));
  return {
    startMs,
    connected: Math.max(...inside.map((bucket) => bucket.connectedP80)),
    running: Math.max(...inside.map((bucket) => bucket.running)),
    ages: eachAge(ages, Math.max),
    buckets: inside.length,
  };
}

function eachAge(all: readonly IdleAges[], choose: (...values: number[]) => number): IdleAges | null {
  if (all.length === 0) return null;
  return [
    choose(...all.map((ages) => ages[0])),
    choose(...all.map((ages) => ages[1])),
    choose(...all.map((ages) => ages[2])),
    choose(...all.map((ages) => ages[3])),
  ];
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Between the two nearest ranks, so that a bucket of four samples does not just give its maximum. */
function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const low = sorted[Math.floor(rank)];
  const high = sorted[Math.ceil(rank)];
  invariant(low !== undefined && high !== undefined, 'a percentile of at least one value');
  return low + (high - low) * (rank - Math.floor(rank));
}
