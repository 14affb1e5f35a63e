import type { Finding } from './detector/finding.ts';
import type { LeakFinding } from './evaluate-rules.ts';

/** The detector's answer as a reason of the verdict; null while it raises no alarm. */
export function toLeakFinding(finding: Finding): LeakFinding | null {
  if (finding.kind !== 'leak') return null;
  const { evidence, severity, inSeconds } = finding;
  const { shape, perMinute, sinceMs } = evidence;
  return {
    severity,
    reason: { rule: 'leak', shape, perMinute, sinceMs, evidence: '' },
    forecast: inSeconds === null ? null : { kind: 'exhaustion', inSeconds, perMinute },
  };
}
