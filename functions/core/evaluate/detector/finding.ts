import type { LeakEvidence, Severity } from '../../model/verdict.ts';

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
