import type { HostSnapshot, Outcome, SnapshotReason } from './run.ts';

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
  /** Attempts, failed ones too, newest last, at most 40 of each runbook. */
  readonly attempts: readonly { readonly runbookId: string; readonly atMs: number; readonly runId: string }[];
  /** What runs did to the target, newest last, at most 5 of each runbook. */
  readonly outcomes: readonly PastOutcome[];
  /** Copies of its configuration on its hosts. Missing: nothing is known of any. */
  readonly snapshots?: Snapshots;
}

export interface Snapshots {
  /** When Runbell looks after them next; null: it does not. */
  readonly dueAtMs: number | null;
  readonly why: SnapshotReason;
  /** Runbell's newest run that looked after them. */
  readonly runId: string | null;
  /** The newest copy on each host of the configuration, as its scripts last said. */
  readonly hosts: Readonly<Record<string, HostSnapshot>>;
  /** Hosts on which Runbell's newest look kept nothing, the how manieth in a row it was, and why. Missing: on none. */
  readonly failed?: { readonly hosts: readonly string[]; readonly tries: number; readonly why: string };
}

export interface PastOutcome {
  readonly runbookId: string;
  readonly runId: string;
  readonly targetId: string;
  readonly byUserId: string;
  readonly atMs: number;
  readonly outcome: Outcome;
}

export function newApplicationState(applicationId: string): ApplicationState {
  return { schema: 1, applicationId, lock: null, attempts: [], outcomes: [] };
}
