import type { Details } from '../notify/details.ts';
import type { FreezeScope } from './freezes.ts';

/** A person's wish, from a button, the slash command or the command line: one union, decided in one place. */
export type Request =
  | RunRequest
  | UndoRequest
  | CancelRequest
  | ApproveRequest
  | RejectRequest
  | AcknowledgeRequest
  | SilenceRequest
  | UnsilenceRequest
  | FreezeRequest
  | UnfreezeRequest
  | DetailsRequest
  | TellRequest
  /** A click whose value we cannot read: it still gets an answer. */
  | { readonly kind: 'unreadable'; readonly problem: string };

export interface RunRequest {
  readonly kind: 'run';
  readonly targetId: string;
  readonly incidentId: string;
  readonly offerVersion: number;
  readonly runbookId: string;
  /** First 16 hex digits of the document's SHA-256: what was shown is what runs. */
  readonly documentHash: string;
  readonly applicationId: string;
  /** All hosts of the application, or those that the person chose of them. */
  readonly hosts: readonly string[];
  /** How many hosts the application had when this was drawn: another number means that the world moved on. */
  readonly hostsTotal: number;
  readonly expiresAtMs: number;
  /** Parameters that the manifest leaves to the person, by name; what is missing takes its default. */
  readonly choices: Readonly<Record<string, string>>;
  /** The script says what it would do and changes nothing. */
  readonly dryRun: boolean;
  /** Why nobody else can agree in time: it starts alone where a second person is needed, and everybody hears of it. */
  readonly breakGlass?: string;
}

/** Takes back an ended run with the runbook that its manifest names; guarded and verified like any run. */
export interface UndoRequest extends Omit<RunRequest, 'kind'> {
  readonly kind: 'undo';
  /** The run to take back. One run is taken back at most once. */
  readonly undoes: string;
}

/** Stops a run: hosts not claimed yet are left out, the command that is out is cancelled. */
export interface CancelRequest {
  readonly kind: 'cancel';
  readonly targetId: string;
  readonly runId: string;
}

/** The second person's yes, to exactly the run that the card shows. */
export interface ApproveRequest {
  readonly kind: 'approve';
  readonly targetId: string;
  readonly incidentId: string;
  readonly offerVersion: number;
  readonly runId: string;
}

/** A no of the second person, or the first one taking it back. */
export interface RejectRequest {
  readonly kind: 'reject';
  readonly targetId: string;
  readonly runId: string;
}

export interface AcknowledgeRequest {
  readonly kind: 'acknowledge';
  readonly targetId: string;
  readonly incidentId: string;
}

/** Says nothing about this target until then; sampling goes on. */
export interface SilenceRequest {
  readonly kind: 'silence';
  readonly targetId: string;
  readonly forSeconds: number;
  /** In the person's own words, at most 200 characters. */
  readonly why: string;
}

export interface UnsilenceRequest {
  readonly kind: 'unsilence';
  readonly targetId: string;
}

/** Nothing runs within this scope until it is lifted, or until its end. */
export interface FreezeRequest {
  readonly kind: 'freeze';
  readonly scope: FreezeScope;
  /** null: until somebody lifts it. */
  readonly forSeconds: number | null;
  readonly why: string;
}

export interface UnfreezeRequest {
  readonly kind: 'unfreeze';
  readonly scope: FreezeScope;
}

/** Fills a form that is open already: everything about an incident, or about a run before anybody starts it. */
export interface DetailsRequest {
  readonly kind: 'details';
  /** null: the target of the application that has open trouble. */
  readonly targetId: string | null;
  /** The button of the card, a runbook named on the slash command, or nothing: then it is about the incident. */
  readonly of: RunRequest | UndoRequest | NamedRunbook | null;
  /** Slack's id of the open form; null: the answer is a private note. */
  readonly viewId: string | null;
}

export interface NamedRunbook {
  readonly kind: 'named';
  readonly runbookId: string;
  readonly applicationId: string;
  /** null: all of the application's hosts. */
  readonly hosts: readonly string[] | null;
}

/** A question that changes nothing; the answer is private. */
export interface TellRequest {
  readonly kind: 'tell';
  readonly what: { readonly kind: 'status' } | { readonly kind: 'timeline'; readonly incidentId: string | null };
}

/** Who asks, as Slack's verified payload says, or as the command line was told by somebody with AWS rights. */
export interface Requester {
  readonly userId: string;
  readonly teamId: string;
  /**
   * What the payload alone can say; `unknown`: nothing. `operator`: the command line, whose right is the table's.
   * Guests and bots are only known by asking Slack, which `decide` is told as `Asker`.
   */
  readonly kind: 'member' | 'foreign' | 'unknown' | 'operator';
  /** Of an operator: the AWS identity that wrote the request and named `userId`. */
  readonly via?: string;
}

/** The request item: written once before the acknowledgement, decided once afterwards. */
export interface RequestRecord {
  readonly schema: 1;
  /** Hash of workspace, channel, message, action, person and click time: a redelivery has the same id. */
  readonly id: string;
  readonly receivedAtMs: number;
  readonly by: Requester;
  /** Where the click was made, for the private answer. */
  readonly channel: string;
  readonly messageTs: string | null;
  readonly request: Request;
  readonly decision: Decision | null;
  /** true until the decision is in the timeline and the person has been told what only they are told. */
  readonly answerOwed: boolean;
  readonly answerFailures: number;
}

export type Decision = Permitted | Refusal;

export interface Permitted {
  readonly kind: 'permitted';
  readonly atMs: number;
  readonly runId: string | null;
  /** A private note for the one who asked; null: the card or the thread says it to everybody. */
  readonly says: string | null;
  /** What the open form is filled with; null: none is open. */
  readonly shows: Details | null;
}

export interface Refusal {
  readonly kind: 'refused';
  readonly atMs: number;
  readonly reason: RefusalReason;
  /** What happened, what was not changed, what to do next. Plain text, at most 600 characters. */
  readonly sentence: string;
}

/** Every way to be refused, in the order a person would want to hear it. */
export const REFUSAL_REASONS = [
  'unreadableClick',
  'foreignWorkspace',
  'guest',
  'bot',
  'unknownPerson',
  'unknownTarget',
  'unknownApplication',
  'unknownIncident',
  'nobodyConfigured',
  'notAllowed',
  'membersUnknown',
  'glassClosed',
  'askerNotAllowed',
  'incidentClosed',
  'unknownRunbook',
  'runbookChanged',
  'frozen',
  'freezeUnknown',
  'alreadyWaiting',
  'alreadyRunning',
  'applicationBusy',
  'expired',
  'tooLate',
  'stale',
  'coolingDown',
  'budgetSpent',
  'tooManyHosts',
  'noHosts',
  'parametersInvalid',
  'nothingToUndo',
  'notNewestRun',
  'nothingToCancel',
  'nothingToApprove',
  'approvalExpired',
  'samePerson',
  'alreadyAgreed',
  'notFromHere',
  'alreadyAcknowledged',
  'alreadySilenced',
  'notSilenced',
  'notFrozen',
  'frozenLonger',
  'tooManyFreezes',
  'badWish',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];
