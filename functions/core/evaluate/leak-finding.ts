import type { LeakEvidence } from '../model/verdict.ts';
import type { Finding } from './detector/finding.ts';
import type { LeakFinding } from './evaluate-rules.ts';

/** A load growth below this is not worth a word. */
const LOAD_SHARE_MIN = 0.1;

/** The detector's answer as a reason of the verdict; null while it raises no alarm. */
export function toLeakFinding(finding: Finding): LeakFinding | null {
  if (finding.kind !== 'leak') return null;
  const { evidence, severity, inSeconds, levelsOffAt } = finding;
  const { shape, perMinute, sinceMs } = evidence;
  return {
    severity,
    reason: { rule: 'leak', shape, perMinute, sinceMs, evidence: evidenceSentence(evidence) },
    forecast:
      levelsOffAt === null
        ? { kind: 'exhaustion', inSeconds, perMinute }
        : { kind: 'levelsOff', atConnections: levelsOffAt, perMinute },
  };
}

/** What grew, why it is not the load, and how sure that is. Rate, time and forecast are fields of their own. */
export function evidenceSentence(evidence: LeakEvidence): string {
  const { shape, sleepers, connectedThen, connectedNow, healthyMost, atThisLoad, sure } = evidence;
  const counts = `connections grew from ${Math.round(connectedThen)} to ${Math.round(connectedNow)}`;
  if (shape === 'fast') {
    const who =
      evidence.loadGrowthShare > 0 ? ', nearly all of them running statements: a queue, not idle connections' : '';
    return `${counts} within seconds${who}`;
  }
  const what =
    sleepers === null
      ? `${counts}, without old sleepers`
      : `connections asleep for ${Math.round(sleepers.atLeastSeconds / 60)} min or more grew from ${Math.round(sleepers.before)} to ${Math.round(sleepers.now)}`;
  const load =
    evidence.loadGrowthShare < LOAD_SHARE_MIN
      ? 'the load did not grow'
      : `the load grew by only ${Math.round(100 * evidence.loadGrowthShare)} %`;
  const record =
    healthyMost === null || healthyMost <= 0
      ? ''
      : `; while healthy it needed at most ${Math.round(healthyMost)}${atThisLoad === true ? ' at such a load' : ''}`;
  return `${what}, and ${load}${record}${sure === 'verySure' ? '' : ' (likely, not yet certain)'}`;
}
