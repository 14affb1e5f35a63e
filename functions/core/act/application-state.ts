import type { Outcome } from './run.ts';

/** The application item: one run at a time, and what its runbooks did lately. */
export interface ApplicationState {
  readonly schema: 1;
  readonly applicationId: string;
  readonly lock: {
    readonly runId: string;
    readonly targetId: string;
    readonly byUserId: string;
    readonly sinceMs: number;
    readonly expiresAtMs: number;
  } | null;
  /** Attempts, failed ones too, newest last, at most 50. */
  readonly attempts: readonly { readonly runbookId: string; readonly atMs: number; readonly runId: string }[];
  /** What runs did to the target, newest last, at most 5 of each runbook. */
  readonly outcomes: readonly PastOutcome[];
}

export interface PastOutcome {
  readonly runbookId: string;
  readonly runId: string;
  readonly targetId: string;
  readonly byUserId: string;
  readonly atMs: number;
  readonly outcome: Outcome;
}
