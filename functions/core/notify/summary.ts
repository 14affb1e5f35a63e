import type { DetailsRequest } from '../act/request.ts';
import type { Severity } from '../evaluate/verdict.ts';

/** Many incidents of one channel in one message, when each with its own would bury the channel. */
export interface Summary {
  readonly kind: 'summary';
  /** `sum-` and 10 letters or digits; what the message carries as metadata, like an incident's id. */
  readonly id: string;
  readonly channel: string;
  readonly openedAtMs: number;
  /** null while one of them is open. */
  readonly resolvedAtMs: number | null;
  /** "187 databases are in trouble, 12 of them critical". */
  readonly title: string;
  readonly counts: { readonly open: number; readonly critical: number; readonly resolved: number };
  /** Worst first, at most 200; the menu opens the details of each. */
  readonly lines: readonly SummaryLine[];
  /** Incidents beyond those lines. */
  readonly more: number;
}

export interface SummaryLine {
  readonly targetId: string;
  readonly incidentId: string;
  readonly severity: Severity;
  readonly isOpen: boolean;
  readonly sinceMs: number;
  /** What is wrong in a few words, such as "orders-db refuses connections". */
  readonly title: string;
  readonly details: DetailsRequest;
}
