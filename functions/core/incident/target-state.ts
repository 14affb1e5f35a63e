import type { Requester, RunRequest, UndoRequest } from '../act/request.ts';
import type { Ending, Outcome, Stop } from '../act/run.ts';
import type { SecondPerson } from '../act/second-person.ts';
import type { TakeBack } from '../act/take-back.ts';
import type { DecisionPhase } from '../evaluate/decide-sample.ts';
import type { Phase } from '../evaluate/detector/detector-state.ts';
import type { TimelineDraft } from '../timeline/entry.ts';
import type { Figures, Incident } from './incident.ts';

/** The target item: the authority over everything that is true of one target now. Guarded by its revision. */
export interface TargetState {
  readonly schema: 1;
  readonly targetId: string;
  /** The open incident, or the newest resolved one while its card may still be reopened. */
  readonly incident: Incident | null;
  readonly figures: Figures | null;
  /** Where the leak detector stands, so that a cold container does not forget an open alert. Missing: at rest. */
  readonly detectorPhase?: Phase;
  /** Likewise of rules and detector together, after the sample of that instant. */
  readonly decisionPhase?: DecisionPhase & { readonly atMs: number };
  readonly figuresWrittenAtMs: number;
  /** Grows only when a click would now do something else. A button drawn for another number is stale. */
  readonly offerVersion: number;
  /** What `offerVersion` stands for; compared to see whether it has to grow. */
  readonly offerKey: string;
  readonly run: TargetRun | null;
  /** Runs of this incident that have an outcome, newest last, at most 5. */
  readonly tried: readonly TriedRun[];
  /** Incidents of this target that are over, newest last, at most 20. Missing in items of an older version. */
  readonly past?: readonly PastIncident[];
  /** By application: the hosts that keep a copy of its configuration, the run that last said so, and where none could be kept. */
  readonly snapshots?: Readonly<Record<string, KnownCopies>>;
  /** The newest run of this incident that can be taken back. Missing in items of an older version. */
  readonly takeBack?: TakeBack | null;
  readonly notice: NoticeDebt;
  /** Thread entries that Slack does not have yet, oldest first, at most 30. */
  readonly storyOwed: readonly StoryEntry[];
  readonly acknowledgement: { readonly userId: string; readonly atMs: number } | null;
  readonly silence: Silence | null;
  /** A maintenance window that somebody ended for this target, by its own end. */
  readonly windowEndedMs?: number;
  /** Timeline entries that are not in their chain yet, oldest first. */
  readonly timelineOwed: readonly TimelineDraft[];
  /** What this incident was said again for, while nobody had it. */
  readonly reminder: {
    readonly remindedAtMs: number | null;
    readonly pagedAtMs: number | null;
    /** So many of `reminder.escalation` were called by name. */
    readonly called?: number;
    /** When the page topic heard that Slack does not have it. */
    readonly undeliveredAtMs?: number;
    /** The run whose broken glass the page topic has heard of. */
    readonly glassPagedFor?: string;
  };
  /** The message that speaks for this incident together with others; null: it has a card of its own, or none yet. */
  readonly foldedInto: string | null;
  /** Ids of the newest requests that this state already contains, so that a repeated delivery changes nothing twice. */
  readonly applied: readonly string[];
  /** When something happens by time alone: a silence or a waiting run ends, a reminder is due. */
  readonly wakeAtMs: number | null;
}

export interface KnownCopies {
  readonly runId: string;
  readonly hosts: readonly string[];
  readonly failed?: string;
}

export interface Silence {
  readonly untilMs: number;
  /** null: a maintenance window of the configuration. */
  readonly byUserId: string | null;
  readonly why: string;
  /** Critical trouble is told and paged all the same. Missing: nothing is. */
  readonly lets?: 'critical';
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

/** What Slack owes its readers: `shownRevision` behind `owedRevision` means a notice is owed. */
export interface NoticeDebt {
  /** Counts state changes that people must see. */
  readonly owedVersion: number;
  readonly shownVersion: number;
  readonly owedSinceMs: number | null;
  readonly message: MessageRef | null;
  /** Set before the first post: after an unclear answer the message is looked up, not posted again. */
  readonly postIntentAtMs: number | null;
  readonly lease: { readonly holder: string; readonly untilMs: number } | null;
  /** Slack's rate limit or our own back-off. */
  readonly notBeforeMs: number;
  readonly failures: number;
  readonly lastProblem: string | null;
  /** The newest critical version that went out by the page topic; 0 for none. */
  readonly pagedVersion: number;
  /** The channel that said no for good, so that what is owed went to the fallback channel. */
  readonly closedChannel?: string;
}

export interface MessageRef {
  readonly channel: string;
  /** Slack's message id, such as "1795410303.000200". */
  readonly ts: string;
}

export interface StoryEntry {
  readonly id: string;
  readonly atMs: number;
  /** Plain text; the adapter escapes it. */
  readonly text: string;
}
