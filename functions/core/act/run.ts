import type { Measure } from '../incident/target-state.ts';
import type { HostSnapshot, SnapshotReason } from './application-state.ts';

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
  /** Everybody who agreed, that one too. Missing in items of an older version, and where nobody had to. */
  readonly agreedBy?: readonly string[];
  /** Why it started without those who would have had to agree. */
  readonly brokenGlass?: string;
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
  /** Only of Runbell's own. */
  readonly beside?: Beside;
}

/**
 * Runbell's own runs beside those that people start. They only read the application, so they lock nothing, cool nothing
 * down and are no business of an incident; they make way for whatever a person starts.
 */
export type Beside =
  | { readonly kind: 'snapshot'; readonly why: SnapshotReason }
  /** What a form shows of a run before anybody starts it. */
  | { readonly kind: 'preview'; readonly requestId: string };

/** Everybody who has a part in it: a freeze of any of them holds it back. */
export function peopleOf({ byUserId, approvedBy, agreedBy }: Run): readonly string[] {
  return [byUserId, ...(agreedBy ?? (approvedBy === null ? [] : [approvedBy]))];
}

export interface Stop {
  /**
   * `freezeUnknown`: whether it is frozen could not be read, and nobody claims a host on a guess.
   * `madeWay`: Runbell's own look, when a person has started something. `lockLost`: the application is another run's, or
   * this one stood still for longer than it may take. `observing`: only trying out is left to do since.
   */
  readonly why: 'cancelled' | 'frozen' | 'freezeUnknown' | 'madeWay' | 'lockLost' | 'observing';
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
  /** The newest copy of the configuration that this host has; `isNew`: the script has made it. */
  readonly snapshot?: (HostSnapshot & { readonly isNew: boolean }) | undefined;
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
