/** Where CloudWatch keeps what the functions count, and by what it tells one stack from another. */
export const METRIC_NAMESPACE = 'Runbell';
export const METRIC_DIMENSION = 'App';

/** A storm's figures may wait for some minutes; a person must not wait longer. */
export const UNHEARD_MINUTES = 10;

/** A line that counts: by the number in `field`, or as one where that is null. */
interface Counted {
  readonly metric: string;
  readonly unit: 'Count' | 'Milliseconds';
  readonly field: string | null;
}

/** What somebody should know and has not heard of, whatever it is: one number with one alarm on it. */
const UNHEARD = <F extends string | null>(field: F) => ({ metric: 'Unheard', unit: 'Count', field }) as const;

/**
 * Lines of the log that CloudWatch also reads as metrics, by their event. A metric is paid by the hour in which it is
 * written, so a number that is zero or missing is left out: calm hours cost nothing.
 */
const BY_EVENT = {
  unreadable: [
    { metric: 'Samples', unit: 'Count', field: 'samples' },
    { metric: 'Unreadable', unit: 'Count', field: 'unreadable' },
  ],
  setAside: [{ metric: 'SetAside', unit: 'Count', field: null }, UNHEARD(null)],
  untold: [UNHEARD('unheard')],
  stale: [{ metric: 'StaleTicks', unit: 'Count', field: null }],
  swept: [{ metric: 'OwedNoticeAge', unit: 'Milliseconds', field: 'owedMs' }, UNHEARD('overdue')],
  told: [{ metric: 'NoticeDelay', unit: 'Milliseconds', field: 'afterMs' }],
  decision: [
    { metric: 'Requests', unit: 'Count', field: null },
    { metric: 'Refusals', unit: 'Count', field: 'refusals' },
  ],
  answerLost: [{ metric: 'LostAnswers', unit: 'Count', field: null }],
  command: [{ metric: 'Commands', unit: 'Count', field: 'sent' }],
  run: [{ metric: 'Runs', unit: 'Count', field: 'ended' }],
  'click.answered': [{ metric: 'ClickAck', unit: 'Milliseconds', field: 'afterMs' }],
} as const satisfies Readonly<Record<string, readonly Counted[]>>;

export type MetricName = (typeof BY_EVENT)[keyof typeof BY_EVENT][number]['metric'];
export const METRICS: Readonly<Record<string, readonly Counted[]>> = BY_EVENT;
