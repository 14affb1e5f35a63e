import type { Severity } from '../verdict.ts';

/** How a leak shows: sleepers that nobody wakes, a count that only grows, or seconds to the wall. */
export type LeakShape = 'idle' | 'count' | 'fast';

/** What grows, since when, how fast, and why it is not the load: data, made into sentences elsewhere. */
export interface LeakEvidence {
  readonly shape: LeakShape;
  readonly sinceMs: number;
  readonly perMinute: number;
  readonly connectedThen: number;
  readonly connectedNow: number;
  /** Age and growth of the sleepers; null when the shape does not rest on them. */
  readonly sleepers: { readonly atLeastSeconds: number; readonly before: number; readonly now: number } | null;
  /** How much the running statements grew over the window, noise taken off: 0.1 is a tenth more load. */
  readonly loadGrowthShare: number;
  /** The most this database needed while healthy, as far as it is known. */
  readonly healthyMost: number | null;
  /** `healthyMost` is what a load like this one needed, not the most ever. */
  readonly atThisLoad?: true;
  /** `verySure` when two rules agree, the growth has lasted for hours, or there is no time left to doubt. */
  readonly sure: 'likely' | 'verySure';
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
