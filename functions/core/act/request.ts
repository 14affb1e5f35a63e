/** A person's wish, from a button, the slash command or the command line: one union, decided in one place. */
export type Request =
  | RunRequest
  | { readonly kind: 'acknowledge'; readonly targetId: string; readonly incidentId: string }
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
  readonly hosts: readonly string[];
  readonly expiresAtMs: number;
}

/** Who asks, as Slack's verified payload says. */
export interface Requester {
  readonly userId: string;
  readonly teamId: string;
  /** false for guests of other workspaces; `unknown` when the payload does not say. */
  readonly kind: 'member' | 'foreign' | 'unknown';
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
  /** true until the person has been told (only refusals and notes are told privately). */
  readonly answerOwed: boolean;
  readonly answerFailures: number;
}

export type Decision = { readonly kind: 'permitted'; readonly atMs: number; readonly runId: string | null } | Refusal;

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
  'unknownTarget',
  'nobodyConfigured',
  'notAllowed',
  'incidentClosed',
  'unknownRunbook',
  'runbookChanged',
  'stale',
  'expired',
  'alreadyRunning',
  'applicationBusy',
  'coolingDown',
  'noHosts',
  'parametersInvalid',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];
