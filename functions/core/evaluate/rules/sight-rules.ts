import type { UnreadableCause } from '../../model/sample.ts';
import { isSeen } from '../../model/sample-record.ts';
import type { Finding, RuleInput } from './rule.ts';

/** Causes that say the database itself is gone for everybody, not only for us. */
const DOWN_CAUSES: readonly UnreadableCause[] = [
  'connectionRefused',
  'unreachable',
  'frozen',
  'connectionReset',
  'shuttingDown',
  'outOfResources',
  'proxyExhausted',
  'socketMissing',
];

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
