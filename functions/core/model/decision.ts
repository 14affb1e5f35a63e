import type { Details } from './details.ts';
import type { DetailsRequest, Request, Requester } from './request.ts';

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
  /** Neither decided nor answered before: Slack asked to wait, or did not answer. Missing: at once. */
  readonly notBeforeMs?: number;
  /** What Slack said last, or why it said nothing. */
  readonly lastProblem?: string;
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
  'stateUnreadable',
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

/** What a person did in Slack, as its verified payload says: pressed a button, sent a form, typed a command. */
export interface Click {
  readonly by: Requester;
  readonly channel: string;
  readonly messageTs: string | null;
  /** Which button, form or command it was, for the log and the request's id. */
  readonly actionId: string;
  /** Tells two presses of the same button apart; the same one delivered again has the same. */
  readonly once: string;
  readonly wish: Wish;
}

export type Wish =
  | { readonly kind: 'request'; readonly request: Request }
  | { readonly kind: 'form'; readonly form: Form; readonly triggerId: string };

/** A form that a click opens before anything is requested. */
export type Form =
  /** Comes up empty and is filled by whoever answers the request. */
  | { readonly kind: 'details'; readonly request: DetailsRequest }
  | { readonly kind: 'silence'; readonly targetId: string };

/** Opens a form on the screen of whoever clicked; `repeated`: an earlier delivery of the same click has opened it. */
export interface FormOpener {
  /** `unique`: the same for each delivery of the click. */
  open(
    triggerId: string,
    form: Form,
    place: Pick<Click, 'channel' | 'messageTs'>,
    unique: string,
  ): Promise<
    | { readonly kind: 'opened'; readonly viewId: string }
    | { readonly kind: 'repeated' }
    /** No answer in time: it may be open, and if it is, this fills it. */
    | { readonly kind: 'unclear'; readonly viewId: string; readonly why: string }
    | { readonly kind: 'failed'; readonly why: string }
  >;
}

/** Writes the request item, once. `exists`: the same click was delivered before. */
export interface RequestLog {
  record(request: RequestRecord): Promise<'written' | 'exists' | 'failed'>;
}
