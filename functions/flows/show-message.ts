import type { NotNow } from '../core/model/board-answer.ts';
import { PACE_ID, PACED } from '../core/model/channel.ts';
import type { MessageRef, NoticeDebt } from '../core/model/delivery.ts';
import { idOfMessage, type Message } from '../core/model/notice.ts';
import { problemText, type Showing } from '../core/notify/notice-debt.ts';
import { newPaceState, paced, type Urgency } from '../core/notify/pace.ts';
import type { Basics, NoticeBoard, Stores } from '../core/ports.ts';
import { NOT_ALL_SEARCHED, REPLACED_LATELY } from '../core/text/delivery.ts';
import { apart } from './apart.ts';

export interface ShowMessageDeps extends Basics {
  readonly stores: Pick<Stores, 'pace'>;
  readonly board: NoticeBoard;
}

export interface Shown {
  readonly channel: string;
  readonly what: Message;
  /** As it was before the lease of this try. */
  readonly debt: NoticeDebt;
  readonly urgency: Urgency;
  readonly mayPostBlind: boolean;
  /** Nothing new may be posted now; what was posted may be edited. */
  readonly isSilent?: boolean;
}

/** Slack's clock and ours differ a little, and a call that nobody waits for any more may still arrive. */
const CLOCK_SKEW_MS = 60_000;

/** What was posted just before a silence is looked for so often. */
const SILENT_MS = 60_000;

/** Between cards that replace each other, in a workspace that lets hardly anything be edited. */
const REPLACED_MS_MIN = { news: 60_000, figures: 900_000 } as const;

/** Posts once, then edits; after an unclear post the message is looked up first. */
export async function showMessage(deps: ShowMessageDeps, shown: Shown): Promise<Showing> {
  const { debt, what, urgency } = shown;
  const { message } = debt;
  if (message !== null && debt.uneditable === undefined) return edit(deps, message, what, urgency, null);
  const early = message === null ? null : replacedEarly(shown, message, deps.clock.nowMs());
  if (early !== null) return early;
  // A post was tried before and its answer never came back.
  return debt.postIntentAtMs === null ? post(deps, shown, null) : lookUp(deps, shown, debt.postIntentAtMs);
}

/** What was posted without an answer; else it is posted now. */
async function lookUp(deps: ShowMessageDeps, shown: Shown, sinceMs: number): Promise<Showing> {
  const { debt, what, urgency, channel } = shown;
  const { postTriedAtMs = sinceMs } = debt;
  const posted = { fromMs: sinceMs - CLOCK_SKEW_MS, toMs: postTriedAtMs + CLOCK_SKEW_MS };
  const answer = await deps.board.find(channel, idOfMessage(what), posted);
  if (answer.kind === 'done') {
    const { message } = answer;
    // The one that is to be replaced is about the same incident.
    if (message !== null && message.ts !== debt.message?.ts) return edit(deps, message, what, urgency, message);
    const isCertain = message !== null || answer.searched === 'all';
    return post(deps, shown, isCertain ? null : NOT_ALL_SEARCHED);
  }
  // Two messages are better than none: see docs/decisions/two-cards.md.
  if (shown.mayPostBlind) return post(deps, shown, problemText(answer));
  return { answer, call: 'find', found: null, blind: null };
}

async function post(deps: ShowMessageDeps, shown: Shown, blind: string | null): Promise<Showing> {
  const { channel, what } = shown;
  if (shown.isSilent) {
    const notBeforeMs = deps.clock.nowMs() + (blind === null ? 0 : SILENT_MS);
    const answer = { kind: 'later', notBeforeMs, why: 'silenced' } as const;
    return { answer, call: blind === null ? 'post' : 'find', found: null, blind: null };
  }
  if (blind !== null) deps.log.error('postedBlind', { channel, about: idOfMessage(what), why: blind });
  return { answer: await deps.board.post(channel, what), call: 'post', found: null, blind };
}

async function edit(
  deps: ShowMessageDeps,
  message: MessageRef,
  what: Message,
  urgency: Urgency,
  found: MessageRef | null,
): Promise<Showing> {
  // Without the budget the edit is made: Slack has a limit of its own, and says so.
  const wait = await apart(deps, `pace#${PACE_ID}`, () => takeEdit(deps, urgency));
  const edited = wait ?? (await deps.board.edit(message, what));
  const answer = edited.kind === 'done' ? ({ kind: 'done', message } as const) : edited;
  return { answer, call: 'edit', found, blind: null };
}

/** Fresh figures alone are not worth a new message so soon, and nothing is worth one every second. */
function replacedEarly({ debt, what, urgency }: Shown, message: MessageRef, nowMs: number): Showing | null {
  const isNews = urgency !== 'figures' || debt.shownFace !== faceOf(what);
  const notBeforeMs = Number(message.ts) * 1000 + REPLACED_MS_MIN[isNews ? 'news' : 'figures'];
  if (nowMs >= notBeforeMs) return null;
  const rest = { call: 'edit', found: null, blind: null } as const;
  if (!isNews) return { answer: { kind: 'done', message }, ...rest, isSkipped: true };
  return { answer: { kind: 'later', notBeforeMs, why: REPLACED_LATELY }, ...rest };
}

/** What a message looks like at a glance. */
export function faceOf(what: Message): string {
  return what.kind === 'incident' ? what.face : what.title;
}

/** Another card takes a token at the same instant; past this the edit waits like one without a token. */
const ATTEMPTS_MAX = 5;

const CONTENDED_MS = 2000;

/** Takes one edit out of the minute's budget; null: go on. */
export async function takeEdit(
  { stores, clock }: Pick<Basics, 'clock'> & { readonly stores: Pick<Stores, 'pace'> },
  urgency: Urgency,
): Promise<NotNow | null> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const nowMs = clock.nowMs();
    const current = await stores.pace.read(PACE_ID);
    const taken = paced(current?.value ?? newPaceState(nowMs), urgency, nowMs);
    if (taken.kind === 'wait') return { kind: 'later', notBeforeMs: taken.notBeforeMs, why: PACED };
    if ((await stores.pace.write(PACE_ID, taken.state, current?.revision ?? null)) === 'written') return null;
  }
  return { kind: 'later', notBeforeMs: clock.nowMs() + CONTENDED_MS, why: PACED };
}
