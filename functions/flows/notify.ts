import { inForce } from '../core/act/freezes.ts';
import { isOccupied } from '../core/act/offers.ts';
import { databaseOf } from '../core/config/target-id.ts';
import { isSilent } from '../core/incident/maintenance.ts';
import { isNoticeOwed } from '../core/incident/owe.ts';
import { type ChannelState, newChannelState } from '../core/model/channel.ts';
import { isOwed, type MessageRef, type NoticeDebt } from '../core/model/delivery.ts';
import type { Freeze } from '../core/model/freeze.ts';
import type { TargetState } from '../core/model/target.ts';
import { happening } from '../core/model/timeline.ts';
import { lineOf, type Placed, placed, withLine } from '../core/notify/fold.ts';
import {
  afterCard,
  afterReply,
  leased,
  mayPostBlind,
  movedOn,
  placeOf,
  problemText,
} from '../core/notify/notice-debt.ts';
import { noticeOf } from '../core/notify/notice-of.ts';
import type { Urgency } from '../core/notify/pace.ts';
import type { NoticeBoard, Stores } from '../core/ports.ts';
import { postedStory } from '../core/text/delivery.ts';
import { apart } from './apart.ts';
import { changeItem, readFreezes } from './change-item.ts';
import { keepTimeline } from './keep-timeline.ts';
import { type PageDeps, pageIfDue } from './page.ts';
import { faceOf, showMessage } from './show-message.ts';
import { notifyChannel } from './tell-debt.ts';

/** Thread entries told in one go; the rest follow with the next record. */
const REPLIES_MAX = 5;

export interface NotifyDeps extends PageDeps {
  readonly stores: Pick<Stores, 'targets' | 'requests' | 'applications' | 'channels' | 'pace' | 'timeline' | 'freezes'>;
  readonly board: NoticeBoard;
}

export type NotifyReport =
  | 'nothingOwed'
  | 'tooEarly'
  | 'leasedElsewhere'
  | 'silenced'
  | 'folded'
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
  // First, because it does not depend on Slack and Slack may be down for long.
  await keepTimeline(deps, targetId);
  const holder = deps.ids.newId('lease');
  const lease = await takeLease(deps, targetId, holder);
  if (typeof lease === 'string') return lease;
  const { state, before } = lease;
  const notice = noticeOf(state, deps.settings, await frozenNow(deps));
  if (notice === null) return giveBack(deps, targetId, holder, 'nothingOwed', (debt) => debt);
  const { fallbackChannel } = deps.settings.config.slack;
  const home = channelOf(deps, targetId);
  const channel = placeOf(state.notice, home, fallbackChannel);
  if (state.notice.message === null && (await isFolded(deps, state, channel))) {
    return tellInSummary(deps, state, channel, holder);
  }
  if (!isOwed(state.notice)) {
    await giveBack(deps, targetId, holder, 'told', (debt) => debt);
    return tellStory(deps, state, state.notice.message);
  }
  const silent = isSilent(state, deps.clock.nowMs());
  const blindToo = mayPostBlind(before, state.notice);
  const card = {
    channel,
    what: notice,
    debt: before,
    urgency: urgencyOf(state),
    mayPostBlind: blindToo,
    isSilent: silent,
  };
  const showing = await showMessage(deps, card);
  const { answer } = showing;
  const nowMs = deps.clock.nowMs();
  const when = { before, face: faceOf(notice), isUrgent: isUrgent(state), nowMs };
  const change = (debt: NoticeDebt) => movedOn(afterCard(debt, showing, when), answer, home, fallbackChannel);
  const report = answer.kind === 'done' ? 'told' : answer.kind;
  const isDoubtful = showing.blind !== null || (before.blindPosts ?? 0) > 0;
  const told = await giveBack(deps, targetId, holder, report, change, isDoubtful);
  if (answer.kind !== 'done') return told;
  const afterMs = nowMs - (state.notice.owedSinceMs ?? nowMs);
  deps.log.info('told', { target: targetId, incident: state.incident?.id, afterMs });
  return tellStory(deps, state, answer.message);
}

/** Nobody may wait long for this once Slack is well again. */
function isUrgent({ incident }: TargetState): boolean {
  return incident?.severity === 'critical' && incident.resolvedAtMs === null;
}

/** Nothing on a card can be pressed for sure where nobody knows what is frozen; the refusal says so. */
async function frozenNow({ stores, clock }: NotifyDeps): Promise<readonly Freeze[]> {
  const freezes = await readFreezes(stores);
  return freezes === 'unreadable' ? [] : inForce(freezes, clock.nowMs());
}

interface Lease {
  readonly state: TargetState;
  readonly before: NoticeDebt;
}

async function takeLease(deps: NotifyDeps, targetId: string, holder: string): Promise<Lease | NotifyReport> {
  const nowMs = deps.clock.nowMs();
  const current = await deps.stores.targets.read(targetId);
  if (current === null || !isNoticeOwed(current.value)) return 'nothingOwed';
  const { notice, incident } = current.value;
  if (notice.notBeforeMs > nowMs) return 'tooEarly';
  if (notice.lease !== null && notice.lease.untilMs > nowMs) return 'leasedElsewhere';
  // A silence posts nothing new; what began and ended within it is never told.
  const isMute = isSilent(current.value, nowMs) && notice.postIntentAtMs === null;
  if (isMute && notice.uneditable !== undefined) return 'silenced';
  const isUnheard = isMute && notice.message === null;
  if (isUnheard && incident?.resolvedAtMs === null) return 'silenced';
  const state: TargetState = isUnheard
    ? { ...current.value, storyOwed: [], notice: { ...notice, shownVersion: notice.owedVersion } }
    : { ...current.value, notice: leased(notice, holder, nowMs) };
  // Losing the race means that another invocation or a newer state has the word.
  if ((await deps.stores.targets.write(targetId, state, current.revision)) === 'conflict') return 'contended';
  return isUnheard ? 'silenced' : { state, before: notice };
}

function channelOf({ settings }: NotifyDeps, targetId: string): string {
  const target = settings.config.targets.find((one) => one.id === databaseOf(targetId));
  return target?.channel ?? settings.config.slack.channel;
}

/** Counts a new message of the channel, or puts the incident into the channel's summary. */
async function isFolded(deps: NotifyDeps, state: TargetState, channel: string): Promise<boolean> {
  const line = lineOf(state);
  // A practice is no trouble: it neither fills the channel's counter nor goes into a summary.
  if (line === null || state.incident?.isPractice) return false;
  const nowMs = deps.clock.nowMs();
  const newId = deps.ids.newId('sum');
  const places: Placed['place'][] = [];
  const place = (value: ChannelState | null) => {
    const before = value ?? newChannelState(channel);
    const answer = placed(before, line, nowMs, newId);
    places.push(answer.place);
    return answer.state === before ? withLine(before, line, nowMs) : answer.state;
  };
  // Where nobody knows what the channel was given lately, each incident has a card of its own.
  await apart(deps, `channel#${channel}`, () => changeItem(deps.stores.channels, channel, place));
  return places.at(-1) === 'storm';
}

/** The summary speaks for it: nothing else is owed, and there is no thread of its own to write to. */
async function tellInSummary(deps: NotifyDeps, state: TargetState, channel: string, holder: string) {
  const told = await changeItem(deps.stores.targets, state.targetId, (value) => {
    if (value === null || value.notice.lease?.holder !== holder) return null;
    const owedNow = value.storyOwed.filter(({ id }) => !state.storyOwed.some((entry) => entry.id === id));
    const notice = { ...value.notice, shownVersion: state.notice.owedVersion, postIntentAtMs: null, lease: null };
    return { ...value, foldedInto: channel, storyOwed: owedNow, notice };
  });
  if (told.kind === 'contended') return 'contended';
  await notifyChannel(deps, channel);
  return 'folded';
}

/** Fresh figures can wait; a person's doing and a critical turn cannot. */
function urgencyOf(state: TargetState): Urgency {
  const isNews = state.storyOwed.length > 0 || isOccupied(state) || state.run?.phase === 'verifying';
  if (!isNews && state.incident?.resolvedAtMs === null) return 'figures';
  return state.incident?.severity === 'critical' ? 'worst' : 'change';
}

/** Stores what Slack has now. Whatever else changed meanwhile stays, and stays owed. */
async function giveBack(
  deps: NotifyDeps,
  targetId: string,
  holder: string,
  report: NotifyReport,
  change: (debt: NoticeDebt) => NoticeDebt,
  isDoubtful = false,
): Promise<NotifyReport> {
  const nowMs = deps.clock.nowMs();
  const outcome = await changeItem(deps.stores.targets, targetId, (value) => {
    if (value === null || value.notice.lease?.holder !== holder) return null;
    const before = value.notice;
    const notice = { ...change(before), lease: null };
    if (notice.message === null || notice.message.ts === before.message?.ts) return { ...value, notice };
    const posted = postedEntry(value, notice.message, isDoubtful, nowMs);
    const storyOwed = [...postedStory(before, notice.message, isDoubtful, nowMs), ...value.storyOwed];
    return { ...value, notice, storyOwed, timelineOwed: [...value.timelineOwed, posted] };
  });
  if (report !== 'told' && report !== 'nothingOwed') {
    const { incident, notice } = outcome.kind === 'written' ? outcome.value : {};
    deps.log.error('notice', { target: targetId, incident: incident?.id, report, why: notice?.lastProblem });
  }
  return outcome.kind === 'contended' ? 'contended' : report;
}

function postedEntry(
  { targetId, incident, notice }: TargetState,
  { channel, ts }: MessageRef,
  isDoubtful: boolean,
  nowMs: number,
) {
  const refs = { targetId, incidentId: incident?.id ?? '', channel, messageTs: ts };
  const { uneditable } = notice;
  const text = uneditable === undefined ? 'Posted in Slack' : `Posted in Slack anew. ${uneditable}`;
  const why = isDoubtful ? 'perhapsTwice' : null;
  const { told: _, ...draft } = happening({ id: `posted:${ts}`, atMs: nowMs, what: 'posted', why, text });
  return { ...draft, refs };
}

async function tellStory(deps: NotifyDeps, state: TargetState, message: MessageRef | null): Promise<NotifyReport> {
  if (message === null || isSilent(state, deps.clock.nowMs())) return 'told';
  const { targetId, incident } = state;
  for (const entry of state.storyOwed.slice(0, REPLIES_MAX)) {
    const isLoud = entry.isLoud === true;
    const answer = await deps.board.reply(entry.below ?? message, entry.text, { isLoud });
    const when = { isUrgent: isUrgent(state), nowMs: deps.clock.nowMs() };
    await changeItem(deps.stores.targets, targetId, (value) =>
      value === null ? null : afterReply(value, entry.id, answer, when),
    );
    if (answer.kind === 'done') continue;
    deps.log.error('reply', {
      target: targetId,
      incident: incident?.id,
      report: answer.kind,
      why: problemText(answer),
    });
    return answer.kind;
  }
  return 'told';
}
