import type { MessageRef, NoticeDebt } from '../model/delivery.ts';
import type { TargetState } from '../model/target.ts';
import type { BoardAnswer } from '../ports.ts';

/** Longer than all calls of one notice together; afterwards the holder has died. */
const LEASE_MS = 20_000;

const BACK_OFF_MS_MIN = 5_000;

const BACK_OFF_MS_MAX = 300_000;

/** Slack lost the message we meant to edit: the incident gets a new one. */
const GONE_CODES: readonly string[] = ['message_not_found', 'cant_update_message'];

/** The channel itself is what is wrong; whatever is posted elsewhere goes through. */
const CHANNEL_CODES: readonly string[] = ['is_archived', 'channel_not_found', 'not_in_channel', 'restricted_action'];

/** Takes the word. Before a first post the intent is written, so that an unclear answer is looked up later. */
export function leased(debt: NoticeDebt, holder: string, nowMs: number): NoticeDebt {
  return {
    ...debt,
    lease: { holder, untilMs: nowMs + LEASE_MS },
    postIntentAtMs: debt.message === null ? (debt.postIntentAtMs ?? nowMs) : debt.postIntentAtMs,
  };
}

/** What is owed after Slack answered. Only a confirmed version clears the debt. */
export function afterCard(
  debt: NoticeDebt,
  answer: BoardAnswer<{ readonly message: MessageRef | null }>,
  renderedVersion: number,
  nowMs: number,
): NoticeDebt {
  switch (answer.kind) {
    case 'done':
      return {
        ...debt,
        message: answer.message,
        shownVersion: Math.max(debt.shownVersion, renderedVersion),
        owedSinceMs: debt.owedVersion > renderedVersion ? nowMs : null,
        failures: 0,
        lastProblem: null,
        notBeforeMs: 0,
      };
    case 'later':
      return { ...debt, notBeforeMs: answer.notBeforeMs, lastProblem: answer.why };
    case 'unclear':
      return { ...backedOff(debt, nowMs), lastProblem: answer.why };
    case 'refused': {
      // The intent stays: an earlier post may have been written although nobody heard so.
      const kept = GONE_CODES.includes(answer.code) ? { ...debt, message: null, postIntentAtMs: null } : debt;
      return { ...backedOff(kept, nowMs), lastProblem: answer.sentence };
    }
  }
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
  const isClosed = answer.kind === 'refused' && CHANNEL_CODES.includes(answer.code);
  if (!isClosed || fallback === undefined || fallback === channel || debt.closedChannel === channel) return debt;
  return { ...debt, message: null, postIntentAtMs: null, notBeforeMs: 0, closedChannel: channel };
}

function backedOff(debt: NoticeDebt, nowMs: number): NoticeDebt {
  const failures = debt.failures + 1;
  return {
    ...debt,
    failures,
    notBeforeMs: nowMs + Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * 2 ** Math.min(failures - 1, 10)),
  };
}

/** A thread entry that Slack has is no longer owed. One that Slack refuses for good is dropped: the card is the truth. */
export function afterReply(
  state: TargetState,
  entryId: string,
  answer: BoardAnswer<object>,
  nowMs: number,
): TargetState | null {
  if (answer.kind === 'later') return { ...state, notice: { ...state.notice, notBeforeMs: answer.notBeforeMs } };
  if (answer.kind === 'unclear') return { ...state, notice: { ...state.notice, notBeforeMs: nowMs + BACK_OFF_MS_MIN } };
  const storyOwed = state.storyOwed.filter((entry) => entry.id !== entryId);
  return storyOwed.length === state.storyOwed.length ? null : { ...state, storyOwed };
}
