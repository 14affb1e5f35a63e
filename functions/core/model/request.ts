import type { FreezeScope } from './freeze.ts';

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
  /** Likewise, as IAM knows it (`aws:userid`): part of the key that it may write under. */
  readonly awsUserId?: string;
}

/** How many others have to agree to a run, for how long it waits for them, and why they are asked. */
export interface SecondPerson {
  readonly approversMin: number;
  readonly withinSeconds: number;
  /** `nearLimit`: it makes the application ask a database for more that has hardly any room. */
  readonly why: 'configured' | 'nearLimit';
}
