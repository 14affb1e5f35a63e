import type { Requester, RunRequest, SecondPerson, UndoRequest } from './request.ts';

export type SnapshotReason = 'first' | 'daily' | 'recovered' | 'again';

export interface HostSnapshot {
  readonly version: number;
  readonly keptAtMs: number;
}

/** "Nothing to do" on one host is no reason to leave out the others. */
export function endedWell(host: HostRun): boolean {
  return host.ending?.kind === 'done' || host.ending?.kind === 'nothingToDo';
}

/** Whether anything was changed on any host: where nothing was, there is nothing to judge. */
export function changedBy(endings: readonly (HostEnding | null)[]): 'yes' | 'no' | 'unknown' {
  const each = endings.map((one) => (one === null ? 'no' : changedOn(one.ending)));
  return each.find((changed) => changed === 'yes') ?? each.find((changed) => changed === 'unknown') ?? 'no';
}

export function changedOn(ending: Ending): 'yes' | 'no' | 'unknown' {
  if (ending.kind === 'done') return 'yes';
  if (ending.kind === 'nothingToDo' || ending.kind === 'refused') return 'no';
  return ending.kind === 'failed' && ending.changed === false ? 'no' : 'unknown';
}

/** It may have left the application in pieces, or found it so. */
export function endedBadly({ ending }: HostEnding): boolean {
  return ending.kind === 'failed' || ending.kind === 'timedOut' || ending.kind === 'lost';
}

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
  | { readonly kind: 'preview'; readonly requestId: string }
  /** Whether the application of this target's trouble still runs. */
  | { readonly kind: 'check'; readonly targetId: string };

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
  /** What of the application runs here, as a look has counted it. */
  readonly app?: { readonly up: number; readonly down: number } | undefined;
  /** When SSM was asked to end this command. */
  readonly cancelAskedAtMs?: number;
}

/** What a script did. Kept apart from Outcome on purpose: a script can end well and help nothing. */
export type Ending =
  | { readonly kind: 'done' }
  | { readonly kind: 'nothingToDo'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  /** `changed` false: it failed before its first change. Missing: nobody knows. */
  | { readonly kind: 'failed'; readonly reason: string; readonly changed?: false }
  | { readonly kind: 'timedOut'; readonly reason: string }
  /** It may or may not have run; no machine tries again. */
  | { readonly kind: 'lost'; readonly reason: string };

/** What a run did to the target, by the sampler's word alone. */
export type Outcome =
  | { readonly kind: 'recovered'; readonly before: Measure; readonly after: Measure; readonly afterMs: number }
  | { readonly kind: 'improved'; readonly before: Measure; readonly after: Measure; readonly afterMs: number }
  | { readonly kind: 'notRecovered'; readonly before: Measure; readonly after: Measure; readonly afterMs: number }
  | { readonly kind: 'relapsed'; readonly before: Measure; readonly after: Measure; readonly afterMs: number }
  /** Whatever the database saw: what was to run on the hosts does not. */
  | {
      readonly kind: 'applicationDown';
      readonly before: Measure | null;
      readonly after: Measure | null;
      readonly up: number;
      readonly down: number;
    }
  | { readonly kind: 'inconclusive'; readonly before: Measure | null; readonly why: string };

/** A run that something can take back. */
export interface TakeBack {
  readonly runId: string;
  readonly runbookId: string;
  readonly runbookTitle: string;
  readonly applicationId: string;
  readonly byUserId: string;
  readonly startedAtMs: number;
  /** Where it may have changed something. */
  readonly hosts: readonly string[];
  /** The run that it took back itself. */
  readonly undoes: string | null;
}

/** The run that concerns this target now. */
export interface TargetRun {
  readonly runId: string;
  readonly runbookId: string;
  readonly runbookTitle: string;
  readonly applicationId: string;
  readonly byUserId: string;
  readonly startedAtMs: number;
  readonly hosts: readonly string[];
  /** `awaiting`: nothing runs before a second person agrees. */
  readonly phase: 'awaiting' | 'running' | 'verifying' | 'judged';
  readonly requestId: string;
  /** What was asked for, in full, while it waits for the second person. */
  readonly waiting: {
    readonly request: RunRequest | UndoRequest;
    readonly by: Requester;
    readonly untilMs: number;
    /** Why and how many others have to agree. Missing in items of an older version: one. */
    readonly second?: SecondPerson;
    /** Who has agreed so far, where one is not enough. */
    readonly agreed?: readonly Requester[];
    /** What was shown before, for when nobody agrees. */
    readonly previous: TargetRun | null;
  } | null;
  readonly approvedBy: string | null;
  /** Everybody who agreed, that one too. Missing where nobody had to. */
  readonly agreedBy?: readonly string[];
  /** Why it started without those who would have had to agree. */
  readonly brokenGlass?: string;
  /** The run that this one takes back. */
  readonly undoes: string | null;
  readonly dryRun: boolean;
  /** Why hosts were left out or a command was cancelled. */
  readonly stop: Stop | null;
  readonly before: Measure | null;
  /** Per host, in order; null until it ended. */
  readonly endings: readonly (HostEnding | null)[];
  readonly endedAtMs: number | null;
  readonly outcome: Outcome | null;
}

export interface HostEnding {
  readonly hostId: string;
  readonly ending: Ending;
  /** At most 10 short lines for people, made by the script, already free of secrets. */
  readonly lines: readonly string[];
}

/** Connections at one instant, as the sampler saw them. */
export interface Measure {
  readonly atMs: number;
  readonly connected: number;
  readonly connectionsMax: number;
  readonly full: boolean;
}

/** As much of an incident that is over as the next one can learn from. */
export interface PastIncident {
  readonly id: string;
  /** From its opening to the beginning of the health that ended it. */
  readonly lastedMs: number;
  /** Those that could change something. */
  readonly runs: readonly PastRun[];
}

export type PastRun = Pick<TriedRun, 'runbookId' | 'applicationId'> & { readonly outcome: Outcome['kind'] };

export interface TriedRun {
  readonly runId: string;
  readonly runbookId: string;
  /** Missing in items of an older version. */
  readonly applicationId?: string;
  readonly runbookTitle: string;
  readonly byUserId: string;
  readonly startedAtMs: number;
  readonly outcome: Outcome;
}
