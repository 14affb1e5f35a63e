import { isNoticeOwed } from '../core/incident/owe.ts';
import type { MessageRef, NoticeDebt, TargetState } from '../core/incident/target-state.ts';
import type { Notice } from '../core/notify/notice.ts';
import { afterCard, afterReply, leased } from '../core/notify/notice-debt.ts';
import { noticeOf } from '../core/notify/notice-of.ts';
import type { Basics, BoardAnswer, NoticeBoard, Pager, Stores } from '../core/ports.ts';
import { changeItem } from './change-item.ts';
import { pageIfDue } from './page.ts';

/** Thread entries told in one go; the rest follow with the next record. */
const REPLIES_MAX = 5;
const ANSWER_FAILURES_MAX = 5;

export interface NotifyDeps extends Basics {
  readonly stores: Pick<Stores, 'targets' | 'requests'>;
  readonly board: NoticeBoard;
  readonly pager: Pager;
}

export type NotifyReport =
  | 'nothingOwed'
  | 'tooEarly'
  | 'leasedElsewhere'
  | 'told'
  | 'later'
  | 'refused'
  | 'unclear'
  | 'contended';

/**
 * Makes Slack agree with a target's present state: lease, call, then store what Slack has. Level-triggered, so a
 * repeated, late or reordered record does no harm. Only the holder of the lease talks to Slack about an incident.
 */
export async function notifyTarget(deps: NotifyDeps, targetId: string): Promise<NotifyReport> {
  await pageIfDue(deps, targetId);
  const holder = deps.ids.newId('lease');
  const lease = await takeLease(deps, targetId, holder);
  if (typeof lease === 'string') return lease;
  const { state, hadIntent } = lease;
  const notice = noticeOf(state, deps.settings);
  if (notice === null) return giveBack(deps, targetId, holder, 'nothingOwed', (debt) => debt);

  const isCardOwed = state.notice.shownVersion < state.notice.owedVersion;
  const shown = isCardOwed ? await show(deps, state, notice, hadIntent) : alreadyShown(state);
  const nowMs = deps.clock.nowMs();
  const told = await giveBack(deps, targetId, holder, shown.kind === 'done' ? 'told' : shown.kind, (debt) =>
    afterCard(debt, shown, state.notice.owedVersion, nowMs),
  );
  if (shown.kind !== 'done' || shown.message === null) return told;
  return tellStory(deps, state, shown.message);
}

interface Lease {
  readonly state: TargetState;
  /** A post was tried before and its answer never came back. */
  readonly hadIntent: boolean;
}

async function takeLease(deps: NotifyDeps, targetId: string, holder: string): Promise<Lease | NotifyReport> {
  const nowMs = deps.clock.nowMs();
  const current = await deps.stores.targets.read(targetId);
  if (current === null || !isNoticeOwed(current.value)) return 'nothingOwed';
  const { notice } = current.value;
  if (notice.notBeforeMs > nowMs) return 'tooEarly';
  if (notice.lease !== null && notice.lease.untilMs > nowMs) return 'leasedElsewhere';
  const state: TargetState = { ...current.value, notice: leased(notice, holder, nowMs) };
  // Losing the race means that another invocation or a newer state has the word.
  if ((await deps.stores.targets.write(targetId, state, current.revision)) === 'conflict') return 'contended';
  return { state, hadIntent: notice.postIntentAtMs !== null };
}

type Shown = BoardAnswer<{ readonly message: MessageRef | null }>;

function alreadyShown(state: TargetState): Shown {
  return { kind: 'done', message: state.notice.message };
}

async function show(deps: NotifyDeps, state: TargetState, notice: Notice, hadIntent: boolean): Promise<Shown> {
  const { message, postIntentAtMs } = state.notice;
  const { board, settings } = deps;
  if (message !== null) {
    const edited = await board.edit(message, notice);
    return edited.kind === 'done' ? { kind: 'done', message } : edited;
  }
  const target = settings.config.targets.find((one) => one.id === state.targetId);
  const channel = target?.channel ?? settings.config.slack.channel;
  if (hadIntent) {
    const found = await board.find(channel, notice.incidentId, postIntentAtMs ?? 0);
    if (found.kind !== 'done') return found;
    if (found.message !== null) {
      const edited = await board.edit(found.message, notice);
      return edited.kind === 'done' ? { kind: 'done', message: found.message } : edited;
    }
  }
  return board.post(channel, notice);
}

/** Stores what Slack has now. Whatever else changed meanwhile stays, and stays owed. */
async function giveBack(
  deps: NotifyDeps,
  targetId: string,
  holder: string,
  report: NotifyReport,
  change: (debt: NoticeDebt) => NoticeDebt,
): Promise<NotifyReport> {
  const outcome = await changeItem(deps.stores.targets, targetId, (value) => {
    if (value === null || value.notice.lease?.holder !== holder) return null;
    return { ...value, notice: { ...change(value.notice), lease: null } };
  });
  if (report !== 'told' && report !== 'nothingOwed') deps.log.error('notice', { target: targetId, report });
  return outcome.kind === 'contended' ? 'contended' : report;
}

async function tellStory(deps: NotifyDeps, state: TargetState, message: MessageRef): Promise<NotifyReport> {
  for (const entry of state.storyOwed.slice(0, REPLIES_MAX)) {
    const answer = await deps.board.reply(message, entry.text);
    const nowMs = deps.clock.nowMs();
    await changeItem(deps.stores.targets, state.targetId, (value) =>
      value === null ? null : afterReply(value, entry.id, answer, nowMs),
    );
    if (answer.kind !== 'done') return answer.kind;
  }
  return 'told';
}

/** Tells one person privately what became of a click. */
export async function notifyRequest(deps: NotifyDeps, requestId: string): Promise<NotifyReport> {
  const current = await deps.stores.requests.read(requestId);
  if (current === null || !current.value.answerOwed || current.value.decision?.kind !== 'refused') return 'nothingOwed';
  const { channel, by, decision, answerFailures } = current.value;
  const answer = await deps.board.whisper(channel, by.userId, decision.sentence);
  const isGivenUp = answer.kind !== 'done' && answerFailures + 1 >= ANSWER_FAILURES_MAX;
  if (isGivenUp) deps.log.error('answer', { request: requestId, why: 'givenUp', answer: answer.kind });
  await changeItem(deps.stores.requests, requestId, (value) =>
    value === null
      ? null
      : {
          ...value,
          answerOwed: answer.kind !== 'done' && !isGivenUp,
          answerFailures: value.answerFailures + (answer.kind === 'done' ? 0 : 1),
        },
  );
  return answer.kind === 'done' ? 'told' : answer.kind;
}
