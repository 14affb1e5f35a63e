import type { Measure } from '../incident/target-state.ts';

/** The execution of one permitted request: one host after the other. */
export interface Run {
  readonly schema: 1;
  /** `run-` and 16 hex digits of the request id, so that a request delivered again names the same run. */
  readonly runId: string;
  readonly requestId: string;
  readonly targetId: string;
  readonly incidentId: string;
  readonly applicationId: string;
  readonly runbookId: string;
  readonly runbookTitle: string;
  readonly document: DocumentRef;
  /** Every document parameter, by name; values already match the manifest's patterns. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly byUserId: string;
  readonly approvedBy: string | null;
  /** The run that this one takes back. */
  readonly undoes: string | null;
  readonly dryRun: boolean;
  readonly permittedAtMs: number;
  /** Per host: delivery plus execution; after it the ending is `lost` or `timedOut`. */
  readonly hostTimeoutMs: number;
  readonly hosts: readonly HostRun[];
  readonly phase: 'running' | 'ended';
  readonly endedAtMs: number | null;
  /** Set by a cancel or a freeze: no further host is claimed. */
  readonly stop: Stop | null;
}

export interface Stop {
  /** `freezeUnknown`: whether it is frozen could not be read, and nobody claims a host on a guess. */
  readonly why: 'cancelled' | 'frozen' | 'freezeUnknown';
  /** null: nobody. */
  readonly byUserId: string | null;
  readonly atMs: number;
}

export interface DocumentRef {
  /** Content-hashed, such as `runbell-restart-workers-1f2e3d4c`. */
  readonly name: string;
  /** SHA-256 of the document's JSON, hex. */
  readonly sha256: string;
}

/** A run's part on one host. Claimed by a conditional write before the command is sent. */
export interface HostRun {
  readonly hostId: string;
  readonly phase: 'waiting' | 'claimed' | 'sent' | 'ended' | 'skipped';
  readonly claimId: string | null;
  readonly claimedAtMs: number | null;
  readonly commandId: string | null;
  readonly sentAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly ending: Ending | null;
  readonly lines: readonly string[];
  /** When SSM was asked to end this command. */
  readonly cancelAskedAtMs?: number;
}

/** What a script did. Kept apart from Outcome on purpose: a script can end well and help nothing. */
export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'nothingToDo'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'timedOut'; readonly reason: string }
  /** It may or may not have run; no machine tries again. */
  | { readonly kind: 'lost'; readonly reason: string };

/** What a run did to the target, by the sampler's word alone. */
export type Outcome =
  | { readonly kind: 'recovered'; readonly before: Measure; readonly after: Measure; readonly afterMs: number }
  | { readonly kind: 'improved'; readonly before: Measure; readonly after: Measure; readonly afterMs: number }
  | { readonly kind: 'notRecovered'; readonly before: Measure; readonly after: Measure; readonly afterMs: number }
  | { readonly kind: 'relapsed'; readonly before: Measure; readonly after: Measure; readonly afterMs: number }
  | { readonly kind: 'inconclusive'; readonly before: Measure | null; readonly why: string };
