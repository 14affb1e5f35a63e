import type { Config } from '../config/config.ts';
import { DOWN_CAUSES } from '../model/sample.ts';
import { isSeen, newestSeen, type ReadingRecord, type TickRecord } from '../model/sample-record.ts';
import type { Reason, Severity } from '../model/verdict.ts';

/** Without an own clear bound, this share of the raise bound clears. */
const CLEAR_SHARE_DEFAULT = 0.8;

/** A plain count, for an application whose normal is known ("typically under 50"). */
export function absoluteRule({ rules, records, isHeld }: RuleInput): Finding {
  const { raiseAt, clearBelow, breachesMin, windowSize } = rules.absolute;
  if (raiseAt === null) return { kind: 'clear' };
  const clearBound = clearBelow ?? Math.ceil(raiseAt * CLEAR_SHARE_DEFAULT);
  const isAtLeast = (bound: number) => (record: ReadingRecord) => record.kind === 'full' || record.connected >= bound;
  const kind = judgeWindow(records, isHeld, {
    breaches: isAtLeast(raiseAt),
    clears: (record) => !isAtLeast(clearBound)(record),
    breachesMin,
    windowSize,
  });
  const newest = newestSeen(records);
  if (kind !== 'raised' || newest === null) return { kind: kind === 'raised' ? 'unknown' : kind };
  return {
    kind: 'raised',
    severity: 'warning',
    reason: { rule: 'absolute', connected: newest.connected, bound: raiseAt },
  };
}

/** The server refused us with 1040: one such sample is enough, and nothing but seen room clears it. */
export function fullRule({ rules, records, isHeld }: RuleInput): Finding {
  const newest = records.at(-1);
  if (newest === undefined) return { kind: 'unknown' };
  if (!isSeen(newest)) return isHeld || newestSeen(records)?.kind === 'full' ? { kind: 'unknown' } : { kind: 'clear' };
  const hasRoom = newest.connected < newest.connectionsMax * rules.level.clearBelowShare;
  if (newest.kind !== 'full' && (!isHeld || hasRoom)) return { kind: 'clear' };
  const refusedSamples = records.length - 1 - records.findLastIndex((record) => record.kind === 'reading');
  return { kind: 'raised', severity: 'critical', reason: { rule: 'full', refusedSamples } };
}

/** Connections as a share of max_connections: warning, critical, and a lower bound to clear. */
export function levelRule({ rules, records, isHeld }: RuleInput): Finding {
  const { level } = rules;
  if (level.off) return { kind: 'clear' };
  const judge = (boundShare: number, held: boolean) =>
    judgeWindow(records, held, {
      breaches: (record) => shareOf(record) >= boundShare,
      clears: (record) => shareOf(record) < level.clearBelowShare,
      breachesMin: level.breachesMin,
      windowSize: level.windowSize,
    });

  const newest = newestSeen(records);
  const warning = judge(level.warningAtShare, isHeld);
  if (warning !== 'raised' || newest === null) return { kind: warning === 'raised' ? 'unknown' : warning };
  const severity = judge(level.criticalAtShare, false) === 'raised' ? 'critical' : 'warning';
  const boundShare = severity === 'critical' ? level.criticalAtShare : level.warningAtShare;
  const { connected, connectionsMax } = newest;
  return { kind: 'raised', severity, reason: { rule: 'level', connected, connectionsMax, boundShare, severity } };
}

/** A full server is at its limit even when the limit was never read. */
function shareOf(record: ReadingRecord): number {
  if (record.kind === 'full') return 1;
  return record.connectionsMax > 0 ? record.connected / record.connectionsMax : 0;
}

/**
 * Connects that the server refused or that failed. MariaDB books a refusal after the login among the aborted
 * connects, where wrong passwords are too, so this says "refused or failed" and is a warning.
 */
export function refusedRule({ rules, records, isHeld }: RuleInput): Finding {
  const { refusedMin, breachesMin, windowSize, off } = rules.refused;
  if (off) return { kind: 'clear' };
  const kind = judgeWindow(records, isHeld, {
    breaches: (record) => (record.refused ?? 0) >= refusedMin,
    clears: (record) => record.kind === 'reading' && (record.refused ?? 0) < refusedMin,
    breachesMin,
    windowSize,
  });
  const newest = newestSeen(records);
  if (kind !== 'raised' || newest === null) return { kind: kind === 'raised' ? 'unknown' : kind };
  return { kind: 'raised', severity: 'warning', reason: { rule: 'refused', refused: newest.refused ?? 0 } };
}

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

/** K samples in a row that could not be read: trouble of its own, with the newest cause. */
export function unreadableRule({ rules, records }: RuleInput): Finding {
  const { samplesMin, off } = rules.unreadable;
  const newest = records.at(-1);
  if (off || newest === undefined || isSeen(newest)) return { kind: 'clear' };
  const samples = records.length - 1 - records.findLastIndex(isSeen);
  if (samples < samplesMin) return { kind: 'unknown' };
  const severity = DOWN_CAUSES.includes(newest.cause) ? 'critical' : 'warning';
  return { kind: 'raised', severity, reason: { rule: 'unreadable', cause: newest.cause, samples } };
}

/** The account lacks PROCESS and silently sees only itself. Only a look at holders can tell. */
export function blindMonitorRule({ rules, records, isHeld }: RuleInput): Finding {
  if (rules.blindMonitor.off) return { kind: 'clear' };
  const looked = records.filter(isSeen).findLast((record) => record.blind || record.ages !== null);
  if (looked === undefined) return { kind: isHeld ? 'unknown' : 'clear' };
  return looked.blind ? { kind: 'raised', severity: 'warning', reason: { rule: 'blindMonitor' } } : { kind: 'clear' };
}
