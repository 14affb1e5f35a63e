import { newestSeen } from '../../model/sample-record.ts';
import { type Finding, judgeWindow, type RuleInput } from './rule.ts';

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
