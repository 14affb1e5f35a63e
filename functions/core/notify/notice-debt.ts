import type { BoardAnswer, BoardProblem, NotNow } from '../model/board-answer.ts';
import { isOwed, type MessageRef, type NoticeDebt, owedAgain } from '../model/delivery.ts';
import type { TargetState } from '../model/target.ts';

/** Longer than all calls of one notice together; afterwards the holder has died. */
const LEASE_MS = 20_000;

const BACK_OFF_MS_MIN = 5_000;

/** `urgent`: whoever is in critical trouble must not wait long once Slack is well again. */
const BACK_OFF_MS_MAX = {
  unclear: { urgent: 15_000, other: 60_000 },
  /** A person has to mend something first. */
  refused: { urgent: 60_000, other: 300_000 },
} as const;

/** When to try again: as Slack says, else after twice the time of the try before. */
export function retryAtMs(problem: BoardProblem, failures: number, isUrgent: boolean, nowMs: number): number {
  if (problem.kind === 'later') return problem.notBeforeMs;
  const msMax = BACK_OFF_MS_MAX[problem.kind][isUrgent ? 'urgent' : 'other'];
  return nowMs + Math.min(msMax, BACK_OFF_MS_MIN * 2 ** Math.min(failures, 10));
}

export function isNotNow(answer: unknown): answer is NotNow {
  return typeof answer === 'object' && answer !== null && 'kind' in answer && answer.kind === 'later';
}

export function problemText(problem: BoardProblem): string {
  return problem.kind === 'refused' ? problem.sentence : problem.why;
}

/** What came of showing a message. */
export interface Showing {
  readonly answer: BoardAnswer<{ readonly message: MessageRef | null }>;
  /** The call that answered, or did not. */
  readonly call: 'post' | 'edit' | 'find';
  /** Found in the channel, though what followed failed. */
  readonly found: MessageRef | null;
  /** Why it was posted although an earlier one may stand there; null: none can. */
  readonly blind: string | null;
  /** Nothing was called: a message that may not be edited is not replaced for fresh figures. */
  readonly isSkipped?: true;
}

export interface ShownWhen {
  /** As it was before the lease of this try: what it shows, and what was tried until then. */
  readonly before: NoticeDebt;
  /** What it looks like at a glance. */
  readonly face: string;
  readonly isUrgent: boolean;
  readonly nowMs: number;
}

/** A post that could not be looked up for so long is made once more, the next one after four times that, and so on. */
const LOOK_UP_MS_MAX = 120_000;
const LOOK_UP_GROWTH = 4;

/** Takes the word. Before a post the intent is written, so that an unclear answer is looked up later. */
export function leased(debt: NoticeDebt, holder: string, nowMs: number): NoticeDebt {
  const lease = { holder, untilMs: nowMs + LEASE_MS };
  if (debt.message !== null && debt.uneditable === undefined) return { ...debt, lease };
  const { postIntentAtMs, blindPosts = 0 } = debt;
  const waitsMs = LOOK_UP_MS_MAX * LOOK_UP_GROWTH ** Math.min(blindPosts, 8);
  const isOverdue = postIntentAtMs !== null && nowMs - postIntentAtMs >= waitsMs;
  const intent = { postIntentAtMs: postIntentAtMs ?? nowMs, postTriedAtMs: nowMs };
  return { ...debt, lease, ...intent, ...(isOverdue ? { blindPosts: blindPosts + 1 } : {}) };
}

/** This try may post although nobody can look whether an earlier one was written: see docs/decisions/two-cards.md. */
export function mayPostBlind(before: NoticeDebt, now: NoticeDebt): boolean {
  return (now.blindPosts ?? 0) > (before.blindPosts ?? 0);
}

/** This time nothing was posted. */
function triedUntil({ postTriedAtMs, postIntentAtMs }: NoticeDebt) {
  const ms = postTriedAtMs ?? postIntentAtMs;
  return ms === null ? {} : { postTriedAtMs: ms };
}

/** Nothing of a post can be in the channel any more that is not known. */
function withoutIntent({ postTriedAtMs: _, ...debt }: NoticeDebt): NoticeDebt {
  return { ...debt, postIntentAtMs: null };
}

/** It stands there, and what it replaces does not matter any more. */
function foundNow({ uneditable: _, ...debt }: NoticeDebt, message: MessageRef): NoticeDebt {
  return { ...withoutIntent(debt), message };
}

/** What is owed after Slack answered. Only a confirmed version clears the debt. */
export function afterCard(debt: NoticeDebt, showing: Showing, when: ShownWhen): NoticeDebt {
  const { answer, call, found } = showing;
  if (answer.kind === 'done') return shownNow(debt, answer.message, showing, when);
  const { isUrgent, nowMs } = when;
  const known = found === null ? debt : foundNow(debt, found);
  const tried: NoticeDebt = {
    ...known,
    failures: debt.failures + (answer.kind === 'later' ? 0 : 1),
    notBeforeMs: retryAtMs(answer, debt.failures, isUrgent, nowMs),
    lastProblem: problemText(answer),
    blindPosts: when.before.blindPosts ?? 0,
  };
  if (call === 'post') return afterPost(tried, answer, showing.blind !== null);
  if (call === 'find') return { ...tried, ...triedUntil(when.before) };
  if (answer.kind !== 'refused') return tried;
  // At once: what is owed goes into a new message.
  if (answer.about === 'gone') return { ...withoutIntent(tried), message: null, notBeforeMs: 0 };
  if (answer.about === 'uneditable') return { ...withoutIntent(tried), uneditable: answer.sentence, notBeforeMs: 0 };
  return tried;
}

function shownNow(
  { uneditable, blindPosts: _, ...debt }: NoticeDebt,
  message: MessageRef | null,
  { isSkipped }: Showing,
  { before, face, nowMs }: ShownWhen,
): NoticeDebt {
  const renderedVersion = before.owedVersion;
  return {
    ...withoutIntent(debt),
    // The old one still stands where only its figures are not the newest.
    ...(isSkipped && uneditable !== undefined ? { uneditable } : { shownFace: face }),
    message,
    shownVersion: Math.max(debt.shownVersion, renderedVersion),
    owedSinceMs: debt.owedVersion > renderedVersion ? nowMs : null,
    failures: 0,
    lastProblem: null,
    notBeforeMs: 0,
  };
}

function afterPost(debt: NoticeDebt, answer: BoardProblem, isBlind: boolean): NoticeDebt {
  if (answer.kind === 'unclear') {
    const blindPosts = (debt.blindPosts ?? 0) + (isBlind ? 1 : 0);
    return { ...debt, postIntentAtMs: debt.postTriedAtMs ?? debt.postIntentAtMs, blindPosts };
  }
  // Nothing was written; what was in doubt before still is.
  return isBlind ? debt : withoutIntent(debt);
}

/** Where a message goes: its channel, or the fallback once that one has said no. It stays there. */
export function placeOf({ closedChannel }: NoticeDebt, channel: string, fallback: string | undefined): string {
  return closedChannel === channel && fallback !== undefined ? fallback : channel;
}

/** After a channel said no for good the next try is a new message in the fallback channel, at once. */
export function movedOn(
  debt: NoticeDebt,
  answer: BoardAnswer<object>,
  channel: string,
  fallback: string | undefined,
): NoticeDebt {
  const isClosed = answer.kind === 'refused' && answer.about === 'place';
  if (!isClosed || fallback === undefined || fallback === channel || debt.closedChannel === channel) return debt;
  return { ...withoutIntent(debt), message: null, notBeforeMs: 0, closedChannel: channel };
}

/**
 * A thread entry that Slack has is no longer owed, and neither is one that it will never take as it is: the card is the
 * truth. Where the thread is gone the card is owed once more, which shows whether that is gone too.
 */
export function afterReply(
  state: TargetState,
  entryId: string,
  answer: BoardAnswer<{ readonly isOrphan?: boolean }>,
  { isUrgent, nowMs }: Pick<ShownWhen, 'isUrgent' | 'nowMs'>,
): TargetState | null {
  const { notice } = state;
  const entry = state.storyOwed.find(({ id }) => id === entryId);
  if (entry === undefined) return null;
  const others = state.storyOwed.filter(({ id }) => id !== entryId);
  const owed = isOwed(notice) ? notice : owedAgain({ ...notice, notBeforeMs: 0 }, nowMs);
  if (answer.kind === 'done') {
    const told = isOwed(notice) ? notice : { ...notice, failures: 0, lastProblem: null };
    return { ...state, storyOwed: others, notice: answer.isOrphan ? owed : told };
  }
  const about = answer.kind === 'refused' ? answer.about : null;
  const isGone = about === 'gone' || about === 'uneditable';
  const ts = notice.message?.ts;
  if (about === 'content' || (about !== null && entry.below !== undefined) || (isGone && entry.refusedBelow === ts)) {
    return { ...state, storyOwed: others };
  }
  if (isGone && ts !== undefined) {
    const storyOwed = state.storyOwed.map((one) => (one === entry ? { ...one, refusedBelow: ts } : one));
    return { ...state, storyOwed, notice: owed };
  }
  const tried = {
    failures: notice.failures + (answer.kind === 'later' ? 0 : 1),
    notBeforeMs: retryAtMs(answer, notice.failures, isUrgent, nowMs),
    lastProblem: problemText(answer),
  };
  return { ...state, notice: { ...notice, ...tried } };
}
