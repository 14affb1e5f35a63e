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
  /** The whole channel hears it: of what stands in a thread alone, Slack tells only those who follow it. */
  readonly isLoud?: true;
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
