/** A turning point: an entry of the timeline, and what the thread says of it. null: the thread says nothing. */
export interface Happening extends Omit<TimelineDraft, 'refs'> {
  readonly told: string | null;
  readonly isLoud?: true;
  readonly refs?: TimelineDraft['refs'];
}

type Lean = Partial<Happening> & Pick<Happening, 'id' | 'atMs' | 'what' | 'text'>;

/** The thread says what the timeline keeps, unless told otherwise. */
export function happening(lean: Lean): Happening {
  return { byUserId: null, why: null, told: `${lean.text}.`, ...lean };
}

/** What happened, ready to be appended. Made in the same write as the change itself. */
export interface TimelineDraft {
  /** Names the happening: appended twice, it is kept once. */
  readonly id: string;
  readonly atMs: number;
  readonly what: TimelineKind;
  /** null: Runbell itself. */
  readonly byUserId: string | null;
  /** The named reason, such as a refusal's. */
  readonly why: string | null;
  /** One sentence of ours; figures and names, never statements, passwords or output. */
  readonly text: string;
  /** What it links to: targetId, requestId, runId, hostId, commandId, messageTs. */
  readonly refs: Readonly<Record<string, string>>;
}

export type TimelineKind =
  | 'opened'
  | 'escalated'
  | 'turned'
  | 'reopened'
  | 'resolved'
  | 'posted'
  | 'reminded'
  | 'paged'
  | 'permitted'
  | 'refused'
  | 'unanswered'
  | 'awaiting'
  | 'agreed'
  | 'withdrawn'
  | 'started'
  | 'sent'
  | 'hostEnded'
  | 'stopped'
  | 'outcome'
  | 'looked'
  | 'acknowledged'
  | 'silenced'
  | 'silenceEnded'
  | 'frozen'
  | 'unfrozen'
  | 'snapshot';

/** An entry in its chain. Each holds the hash of the one before, so that none can change, vanish or move unnoticed. */
export interface TimelineEntry extends TimelineDraft {
  /** From 1, without gaps. */
  readonly seq: number;
  /** '' for the first. */
  readonly previousHash: string;
  /** 0 for the first; tells an entry that has expired from one that was taken out. */
  readonly previousAtMs: number;
  /** SHA-256, hex, of everything above. */
  readonly hash: string;
}

/** `why` of the entry of a run that changed nothing and so has no outcome. */
export const UNCHANGED = 'unchanged';

/** The chain that is about no single incident: freezes, and each incident as it opens. */
export const GLOBAL_CHAIN = 'all';
