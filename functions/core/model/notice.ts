import type { FreezeScope } from './freeze.ts';
import type {
  AcknowledgeRequest,
  ApproveRequest,
  CancelRequest,
  DetailsRequest,
  RejectRequest,
  RunRequest,
  UndoRequest,
  UnsilenceRequest,
} from './request.ts';
import type { HolderGroup } from './sample.ts';
import type { Silence } from './target.ts';
import type { Severity } from './verdict.ts';

/** What people should know of one freeze: a message of its own, which says so when it has ended. */
export interface FreezeNotice {
  readonly kind: 'freeze';
  readonly id: string;
  readonly scope: FreezeScope;
  readonly title: string;
  /** "everything", "the application shop"; tokens name people. */
  readonly what: string;
  readonly byUserId: string;
  readonly sinceMs: number;
  readonly untilMs: number | null;
  readonly why: string;
  /** `byUserId` null: its time was over. */
  readonly ended: { readonly byUserId: string | null; readonly atMs: number } | null;
}

/**
 * What people should know now about one incident, free of Slack. A pure projection of the target item:
 * the same state always gives the same notice. Strings are plain text and may hold anything a database
 * says; whoever renders them escapes and cuts them.
 */
export interface Notice {
  readonly kind: 'incident';
  readonly targetId: string;
  readonly incidentId: string;
  readonly face: Face;
  readonly severity: Severity;
  /** What is wrong in a few words, such as "orders-db is running out of connections". */
  readonly title: string;
  /** One sentence with the figures: "38 of 50 connections, +4 a minute, full in about 3 minutes". */
  readonly summary: string;
  /** Short lines under it: why we say so, since when, what was lost sight of. */
  readonly facts: readonly string[];
  readonly holders: readonly Holder[];
  readonly connectionsMax: number | null;
  /** Connections over the last hours, oldest first, at most 60 points. */
  readonly trail: readonly (readonly [atMs: number, connected: number])[];
  /** Lines of the chart beside the trail: null where the rule is off or nothing is known. */
  readonly bounds: { readonly warningAt: number | null; readonly criticalAt: number | null };
  /** Where it goes if nothing changes: continues the trail's last point; empty without a forecast. */
  readonly forecast: readonly (readonly [atMs: number, connected: number])[];
  readonly openedAtMs: number;
  readonly figuresAtMs: number | null;
  readonly resolvedAtMs: number | null;
  /** What runs or ran last, in sentences; null when nothing was tried. */
  readonly run: NoticeRun | null;
  /** Sentences about earlier runs of this incident, oldest first. */
  readonly tried: readonly string[];
  /** Best fit first; those that do not fit this cause come last and belong into a menu. */
  readonly offers: readonly Offer[];
  readonly controls: Controls;
  /** What the runbooks offered have done here before, and what waiting has; null: nothing is known. */
  readonly record: string | null;
  /** Sentences that follow from the configuration, such as "nobody may run this yet". */
  readonly advice: readonly string[];
  /** Who has it. Looks different at a glance, and is no face of its own: the trouble goes on. */
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAtMs: number | null;
  /** Likewise. Nothing new is posted or paged until then. */
  readonly silence: Silence | null;
  /** Somebody tries Runbell out: no real trouble, and the card says so. */
  readonly isPractice: boolean;
  /** Applications for which a press only says what would be done. Missing: none. */
  readonly observing?: readonly string[];
}

/** What else can be done now; null: not now. The form for a silence's reason and end is the surface's. */
export interface Controls {
  readonly details: DetailsRequest;
  readonly acknowledge: AcknowledgeRequest | null;
  readonly silence: { readonly targetId: string } | null;
  readonly unsilence: UnsilenceRequest | null;
  readonly cancel: CancelRequest | null;
  readonly approve: ApproveRequest | null;
  /** How many have yet to agree. Missing: one. */
  readonly yesMissing?: number;
  readonly reject: RejectRequest | null;
  readonly undo: UndoOffer | null;
}

/** States that have to look different at a glance. */
export type Face =
  | 'warning'
  | 'critical'
  | 'refusing'
  | 'unreachable'
  /** The application, or a part of it, does not run. */
  | 'down'
  /** The database is well, and nobody knows whether the application runs. */
  | 'doubted'
  | 'blind'
  /** A run waits for a second person. */
  | 'awaiting'
  | 'running'
  | 'verifying'
  | 'recovered'
  | 'improved'
  | 'notRecovered'
  | 'relapsed'
  | 'inconclusive'
  /** Healthy, and not for long enough. */
  | 'settling'
  | 'resolved';

export interface NoticeRun {
  /** What, by whom, when, and what came of it. */
  readonly headline: string;
  /** Per host and process, as the script reported. */
  readonly lines: readonly string[];
  /** Stands for the lines at a glance, once all went well and the database has the word; null: they have to be read. */
  readonly brief: string | null;
  /** Why it started without those who would have had to agree. Missing: it did not. */
  readonly brokenGlass?: string;
}

export interface Holder extends HolderGroup {
  /** Of whoever the trouble comes from: "grew by 25, 100 % of the growth". */
  readonly grew?: string;
}

/** A runbook for this application. `suggested` ones name why nobody can press them. */
export type Offer =
  | (Runnable & { readonly kind: 'runnable'; readonly fitsCause: boolean; readonly request: RunRequest })
  | {
      readonly kind: 'suggested';
      readonly runbookId: string;
      readonly title: string;
      readonly says: string;
      readonly why: string;
      /** Where: with its name on the card, as a line of advice, or only where all is told. */
      readonly told: 'card' | 'line' | 'details';
    };

export type UndoOffer = Runnable & { readonly request: UndoRequest };

interface Runnable {
  readonly title: string;
  readonly says: string;
  readonly risk: Risk;
  /** `dialog`: Slack's own confirmation. `form`: one that shows hosts, parameters, document and what it did before. */
  readonly confirm: 'none' | 'dialog' | 'form';
  readonly hazards: readonly string[];
  /** A second person has to agree before it runs. */
  readonly needsApproval: boolean;
  /** Where one is not enough. */
  readonly approversMin?: number;
  /** It is only tried out. Missing: it is not. */
  readonly isObserved?: true;
  /** Said before the click: the title of what takes it back, or null when nothing does. */
  readonly undoTitle: string | null;
}

export type Risk = 'read' | 'change' | 'disrupt';

/** What a channel can be shown: one message for each, posted once and edited from then on. */
export type Message = Notice | Summary | FreezeNotice;

/** What the message carries as metadata, by which it is found again. */
export function idOfMessage(what: Message): string {
  return what.kind === 'incident' ? what.incidentId : what.id;
}

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
