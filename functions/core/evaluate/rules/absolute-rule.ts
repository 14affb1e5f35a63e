import type { ReadingRecord } from '../../model/sample-record.ts';
import { newestSeen } from '../../model/sample-record.ts';
import { type Finding, judgeWindow, type RuleInput } from './rule.ts';

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
