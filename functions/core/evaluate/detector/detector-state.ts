import type { Phase } from '../../model/detector-phase.ts';
import type { IdleAges } from '../../model/sample.ts';
import type { LeakEvidence, Severity } from '../../model/verdict.ts';

export const SECOND_MS = 1000;

export const MINUTE_MS = 60 * SECOND_MS;

export const HOUR_MS = 60 * MINUTE_MS;

/** Means over a stretch of time: one sample, half a minute or four minutes. */
export interface Point {
  readonly atMs: number;
  readonly connected: number;
  readonly running: number;
  /** The fewest sleepers of each age within the stretch; null when no tick of it looked at ages. */
  readonly ages: IdleAges | null;
}

/** What two hours of health looked like: the most that this database needed without being in trouble. */
export interface HealthyRecord {
  readonly endMs: number;
  /** The highest of its four-minute 80th percentiles, so that a spike of seconds does not count. */
  readonly connected: number;
  /** The highest of its four-minute means of running statements: the load that went with it. */
  readonly running: number;
  /** The highest of its four-minute minima; null when ages were never seen. */
  readonly ages: IdleAges | null;
}

/** Rings, oldest first. 24 + 48 + 60 + 84 = 216 records at most. */
export interface Memory {
  /** Samples as they came, for what happens within seconds. */
  readonly recent: readonly Point[];
  /** Half minutes, so that a window is the same at any sampling interval. */
  readonly halfMinutes: readonly Point[];
  readonly buckets: readonly Point[];
  readonly records: readonly HealthyRecord[];
  readonly halfMinute: Gathering | null;
  readonly bucket: Gathering | null;
  readonly record: HealthyRecord | null;
  readonly sinceMs: number;
  readonly mutedUntilMs: number;
  /** What was seen up to here is counted already, by a sample that may have been lost since; 0: no such thing. */
  readonly countedUntilMs: number;
  readonly uptimeMinutes: number;
  /** Running mean of the time between samples. */
  readonly intervalMs: number;
  /** Running mean of the change between neighbouring samples while nothing is wrong. */
  readonly typicalStep: number;
  /** Since when the limit has been lower than before, and what it was. */
  readonly limit: { readonly now: number; readonly before: number; readonly changedAtMs: number };
}

export const RECENT_MAX = 24;

export const HALF_MINUTES_MAX = 48;

export const BUCKETS_MAX = 60;

/** Seven days. */
export const RECORDS_MAX = 84;

/** A stretch of time that is still being filled. */
export interface Gathering {
  readonly slot: number;
  readonly count: number;
  readonly atMsSum: number;
  readonly connectedSum: number;
  readonly runningSum: number;
  /** For the percentile; at most 64 values, which is a sample every four seconds in four minutes. */
  readonly connected: readonly number[];
  readonly ages: IdleAges | null;
}

export interface DetectorState {
  readonly schema: 1;
  readonly memory: Memory;
  readonly phase: Phase;
}

export function createDetectorState(): DetectorState {
  return {
    schema: 1,
    memory: {
      recent: [],
      halfMinutes: [],
      buckets: [],
      records: [],
      halfMinute: null,
      bucket: null,
      record: null,
      sinceMs: 0,
      mutedUntilMs: 0,
      countedUntilMs: 0,
      uptimeMinutes: 0,
      intervalMs: 0,
      typicalStep: 0,
      limit: { now: 0, before: 0, changedAtMs: 0 },
    },
    phase: {
      alert: null,
      streak: 0,
      stormStreak: 0,
      countSinceMs: null,
      evaluatedAtMs: 0,
      suspicion: null,
      closedAtMs: [],
    },
  };
}

/** The answer of the detector to one record. */
export type Finding =
  | { readonly kind: 'calm'; readonly why: 'learning' | 'nothingGrows' }
  /** Something grows, too little or too briefly to speak of: look again soon, ages included. */
  | { readonly kind: 'watching'; readonly evidence: LeakEvidence | null }
  /** It leaks, but `wait_timeout` ends the oldest sleepers before the limit is near: advice, no alarm. */
  | { readonly kind: 'levelling'; readonly evidence: LeakEvidence; readonly atConnections: number }
  | {
      readonly kind: 'leak';
      readonly severity: Severity;
      readonly evidence: LeakEvidence;
      readonly inSeconds: number;
      /** Set when the growth has become so slow that it settles below the limit. */
      readonly levelsOffAt: number | null;
    };
