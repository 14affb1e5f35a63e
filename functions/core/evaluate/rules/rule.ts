import type { Config } from '../../config/config.ts';
import { isSeen, type ReadingRecord, type TickRecord } from '../../model/sample-record.ts';
import type { Reason, Severity } from '../../model/verdict.ts';

/** What one rule says of one window. `unknown`: the samples we lack might have decided it. */
export type Finding =
  | { readonly kind: 'raised'; readonly severity: Severity; readonly reason: Reason }
  | { readonly kind: 'clear' }
  | { readonly kind: 'unknown' };

export interface RuleInput {
  readonly rules: Config['rules'];
  /** Oldest first; at least the widest window of all rules, when there are that many. */
  readonly records: readonly TickRecord[];
  /** true while this rule holds the incident open: it then clears at its clear bound, not at its raise bound. */
  readonly isHeld: boolean;
}

export interface Bounds {
  readonly breaches: (record: ReadingRecord) => boolean;
  /** While held, a record that is not clear keeps the rule raised. */
  readonly clears: (record: ReadingRecord) => boolean;
  readonly breachesMin: number;
  readonly windowSize: number;
}

/**
 * N of the last M samples. The newest seen sample must itself breach, so that old breaches
 * do not raise again what has just cleared.
 */
export function judgeWindow(records: readonly TickRecord[], isHeld: boolean, bounds: Bounds): Finding['kind'] {
  const newest = records.at(-1);
  if (newest === undefined) return 'unknown';
  if (isHeld) {
    if (!isSeen(newest)) return 'unknown';
    return bounds.clears(newest) ? 'clear' : 'raised';
  }
  const window = records.slice(-bounds.windowSize);
  const seen = window.filter(isSeen);
  const breaching = seen.filter(bounds.breaches).length;
  const lastSeen = seen.at(-1);
  if (breaching >= bounds.breachesMin) return lastSeen !== undefined && bounds.breaches(lastSeen) ? 'raised' : 'clear';
  // The samples we lack might all have breached: only then is the answer open.
  return breaching + (bounds.windowSize - seen.length) >= bounds.breachesMin ? 'unknown' : 'clear';
}
