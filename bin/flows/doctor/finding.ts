export type Area = 'configuration' | 'slack' | 'target' | 'host' | 'stack';
export type FindingSeverity = (typeof SEVERITIES)[number];

/** One thing that was looked at. */
export interface Finding {
  readonly area: Area;
  /** Which target or host; null where there is only one. */
  readonly subject: string | null;
  /** `note`: could not be looked at, or could be better; nothing fails because of it. */
  readonly severity: FindingSeverity;
  readonly what: string;
  /** What to do or to run; null where there is nothing to do. */
  readonly fix: string | null;
}

/** Mildest first. */
const SEVERITIES = ['ok', 'note', 'warning', 'error'] as const;
const EXIT_CODES: Readonly<Record<FindingSeverity, number>> = { ok: 0, note: 0, warning: 1, error: 2 };

export function worstOf(findings: readonly Finding[]): FindingSeverity {
  return SEVERITIES[Math.max(0, ...findings.map(({ severity }) => SEVERITIES.indexOf(severity)))] ?? 'ok';
}

export function exitCodeOf(findings: readonly Finding[]): number {
  return EXIT_CODES[worstOf(findings)];
}

/** Makes findings of one area: `said('orders-db')('error', 'it is down', 'start it')`. */
export function about(area: Area, subject: string | null = null) {
  return (severity: FindingSeverity, what: string, fix: string | null = null): Finding => ({
    area,
    subject,
    severity,
    what,
    fix,
  });
}

const MARKS: Readonly<Record<FindingSeverity, string>> = {
  ok: 'ok     ',
  note: 'note   ',
  warning: 'WARNING',
  error: 'ERROR  ',
};

/** For a terminal, in the order they were found. */
export function findingsText(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ area, subject, severity, what, fix }) => [
    `${MARKS[severity]}  ${subject ?? area}: ${what}`,
    ...(fix === null ? [] : fix.split('\n').map((line) => `           ${line}`)),
  ]);
  const count = (severity: FindingSeverity) => findings.filter((finding) => finding.severity === severity).length;
  return [
    ...lines,
    '',
    [counted(count('error'), 'error'), counted(count('warning'), 'warning'), counted(count('note'), 'note')].join(', '),
  ].join('\n');
}

/** `1 target`, `2 targets`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
