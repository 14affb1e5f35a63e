/** What Slack owes its readers: `shownRevision` behind `owedRevision` means a notice is owed. */
export interface NoticeDebt {
  /** Counts state changes that people must see. */
  readonly owedVersion: number;
  readonly shownVersion: number;
  readonly owedSinceMs: number | null;
  readonly message: MessageRef | null;
  /** Set before a post: after an unclear answer the message is looked up, not posted again. null: none can be there. */
  readonly postIntentAtMs: number | null;
  /** The newest try since then: what is looked for was posted between the two. Missing: as `postIntentAtMs`. */
  readonly postTriedAtMs?: number;
  /** Posts tried although nobody could look whether an earlier one stands there, until it is known where one does. */
  readonly blindPosts?: number;
  /** Why `message` cannot be edited any more: what is owed next goes into a new one. Missing: it can. */
  readonly uneditable?: string;
  /** What the message looks like at a glance. Missing: nobody noted it. */
  readonly shownFace?: string;
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
  /** The whole channel hears it: of what stands in a thread alone, Slack tells only those who follow it. */
  readonly isLoud?: true;
  /** The thread of an earlier message. Missing: the thread of the card. */
  readonly below?: MessageRef;
  /** The message whose thread was not there for it, by its `ts`. */
  readonly refusedBelow?: string;
}

export function isOwed({ shownVersion, owedVersion }: NoticeDebt): boolean {
  return shownVersion < owedVersion;
}

/** There is something new to see. */
export function owedAgain(debt: NoticeDebt, nowMs: number): NoticeDebt {
  return { ...debt, owedVersion: debt.owedVersion + 1, owedSinceMs: isOwed(debt) ? debt.owedSinceMs : nowMs };
}

/** Nothing is owed and nothing is shown. */
export function newDebt(): NoticeDebt {
  return {
    owedVersion: 0,
    shownVersion: 0,
    owedSinceMs: null,
    message: null,
    postIntentAtMs: null,
    lease: null,
    notBeforeMs: 0,
    failures: 0,
    lastProblem: null,
    pagedVersion: 0,
  };
}
