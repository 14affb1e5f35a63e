import { isSeen, newestSeen } from '../../model/sample-record.ts';
import type { Finding, RuleInput } from './rule.ts';

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
