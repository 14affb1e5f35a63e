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
}
