import type { ReadingRecord } from '../../model/sample-record.ts';
import { newestSeen } from '../../model/sample-record.ts';
import { type Finding, judgeWindow, type RuleInput } from './rule.ts';

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
