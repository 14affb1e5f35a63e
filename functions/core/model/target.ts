import { type NoticeDebt, newDebt, type StoryEntry } from './delivery.ts';
import type { DecisionPhase, Phase } from './detector-phase.ts';
import type { PastIncident, TakeBack, TargetRun, TriedRun } from './run.ts';
import type { HolderGroup, UnreadableCause } from './sample.ts';
import type { TimelineDraft } from './timeline.ts';
import type { Cause, Culprit, Forecast, Reason, Severity, TroubleKind } from './verdict.ts';

/** What became of the incident; `what` goes into the log, the story and the tests. */
export interface Advance {
  readonly what:
    | 'nothing'
    | 'opened'
    | 'reopened'
    | 'continued'
    | 'escalated'
    /** Something else is wrong now. */
    | 'turned'
    | 'changed'
    | 'resolved'
    | 'forgotten';
  readonly incident: Incident | null;
  /** It concerns people anew: nobody has it, and it may page again. */
  readonly renews?: true;
}

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
  /** Missing: nobody has a reason to doubt it. */
  readonly liveness?: Liveness | undefined;
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

/** Whether the application still runs: asked after a run that ended badly, and where its connections are gone. */
export interface Liveness {
  readonly applicationId: string;
  readonly why: 'endedBadly' | 'noConnections';
  readonly hosts: readonly string[];
  /** Whether the newest sample that could tell saw connections of the application; null: none could. */
  readonly isConnected: boolean | null;
  readonly found: LookFound;
  /** Runbell's newest look; null: none has begun. */
  readonly lookId: string | null;
  /** Looks in a row that found the same. */
  readonly looks: number;
  /** When Runbell looks next; null: it need not. */
  readonly lookAtMs: number | null;
}

export type LookFound =
  /** Nobody has looked yet. */
  | { readonly kind: 'asked' }
  | { readonly kind: 'unclear'; readonly atMs: number; readonly why: string }
  /** Processes, php-fpm and the health command, on all hosts; `hosts` are those where something is down. */
  | {
      readonly kind: 'up' | 'partly' | 'down';
      readonly atMs: number;
      readonly up: number;
      readonly down: number;
      readonly hosts: readonly string[];
    };

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

/** One uninterrupted trouble on one target. It moves only in `advanceIncident`. */
export interface Incident {
  /** `inc-` and 10 letters or digits. */
  readonly id: string;
  readonly openedAtMs: number;
  /** When it came back last, after it had been resolved. */
  readonly reopenedAtMs?: number;
  readonly severity: Severity;
  readonly severityHighest: Severity;
  readonly reasons: readonly Reason[];
  readonly forecast: Forecast | null;
  /** What stands behind it, and whose connections grew, as far as looks at holders could tell. */
  readonly causes?: readonly Cause[];
  readonly culprit?: Culprit | null;
  /** What is wrong since when, as of the newest breach. Missing in items of an older version. */
  readonly course?: {
    readonly kind: TroubleKind;
    readonly sinceMs: number;
    readonly isTold: boolean;
    /** When each kind of this incident was seen last. */
    readonly seenAtMs: Partial<Record<TroubleKind, number>>;
  };
  /** When it concerned people anew, from when on nobody has it. */
  readonly renewedAtMs?: number;
  readonly lastBreachAtMs: number;
  /** Database users who held connections at the newest breach that could see them, most first, at most 5. */
  readonly heldBy?: readonly string[];
  /** When the present run of healthy verdicts began; null while breaching or out of sight. */
  readonly healthySinceMs: number | null;
  /** null while open. */
  readonly resolvedAtMs: number | null;
  readonly reopenedTimes: number;
  /** Somebody tries Runbell out; there is no trouble. Missing in items of an older version. */
  readonly isPractice?: boolean;
}

/** The newest figures of a target, for people. Fresh figures alone never make a button stale. */
export interface Figures {
  readonly atMs: number;
  readonly connected: number;
  readonly running: number;
  readonly connectionsMax: number;
  /** Largest first, at most 5; empty when the newest look at holders saw none or was blind. */
  readonly holders: readonly HolderGroup[];
  readonly holdersAtMs: number | null;
  readonly full: boolean;
  /** Set while the newest sample was unreadable: the figures are then older than the trouble. */
  readonly lostSight: {
    readonly sinceMs: number;
    readonly cause: UnreadableCause;
    readonly sentence: string;
    /** Set while it is tried less often than on every tick. */
    readonly triedEveryMs?: number;
  } | null;
  /** Up to 60 points of the last hours, oldest first, for the sparkline. */
  readonly trail: readonly (readonly [atMs: number, connected: number])[];
}

/** A target of which nothing was ever written. */
export function newTargetState(targetId: string): TargetState {
  return {
    schema: 1,
    targetId,
    incident: null,
    figures: null,
    figuresWrittenAtMs: 0,
    offerVersion: 0,
    offerKey: '',
    run: null,
    tried: [],
    notice: newDebt(),
    storyOwed: [],
    acknowledgement: null,
    silence: null,
    timelineOwed: [],
    reminder: { remindedAtMs: null, pagedAtMs: null },
    foldedInto: null,
    applied: [],
    wakeAtMs: null,
  };
}
