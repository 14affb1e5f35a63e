/** Where CloudWatch keeps what the functions count, and by what it tells one stack from another. */
export const METRIC_NAMESPACE = 'Runbell';
export const METRIC_DIMENSION = 'App';

export type MetricUnit = 'Count' | 'Milliseconds';

interface Counted {
  readonly metric: MetricName;
  readonly unit: MetricUnit;
  /** The number in the log line that is counted. Null: the line itself counts as one. */
  readonly field: string | null;
}

export const METRIC_NAMES = [
  'Samples',
  'Unreadable',
  'StaleTicks',
  'OwedNoticeAge',
  'NoticeDelay',
  'Requests',
  'Refusals',
  'Commands',
  'Runs',
  'ClickAck',
] as const;
export type MetricName = (typeof METRIC_NAMES)[number];

/**
 * Lines of the log that CloudWatch also reads as metrics, by their event. A metric is paid by the hour in which it is
 * written, so a number that is zero or missing is left out: calm hours cost nothing.
 */
export const METRICS: Readonly<Record<string, readonly Counted[]>> = {
  unreadable: [
    { metric: 'Samples', unit: 'Count', field: 'samples' },
    { metric: 'Unreadable', unit: 'Count', field: 'unreadable' },
  ],
  stale: [{ metric: 'StaleTicks', unit: 'Count', field: null }],
  swept: [{ metric: 'OwedNoticeAge', unit: 'Milliseconds', field: 'owedMs' }],
  told: [{ metric: 'NoticeDelay', unit: 'Milliseconds', field: 'afterMs' }],
  decision: [
    { metric: 'Requests', unit: 'Count', field: null },
    { metric: 'Refusals', unit: 'Count', field: 'refusals' },
  ],
  command: [{ metric: 'Commands', unit: 'Count', field: 'sent' }],
  run: [{ metric: 'Runs', unit: 'Count', field: 'ended' }],
  'click.answered': [{ metric: 'ClickAck', unit: 'Milliseconds', field: 'afterMs' }],
};
