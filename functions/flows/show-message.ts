import { PACE_ID, PACED } from '../core/model/channel.ts';
import type { MessageRef, NoticeDebt } from '../core/model/delivery.ts';
import { idOfMessage, type Message } from '../core/model/notice.ts';
import { newPaceState, paced, type Urgency } from '../core/notify/pace.ts';
import type { Basics, BoardAnswer, NoticeBoard, Stores } from '../core/ports.ts';
import { apart } from './apart.ts';

export interface ShowMessageDeps extends Basics {
  readonly stores: Pick<Stores, 'pace'>;
  readonly board: NoticeBoard;
}

export interface Shown {
  readonly channel: string;
  readonly what: Message;
  readonly debt: NoticeDebt;
  /** A post was tried before and its answer never came back. */
  readonly hadIntent: boolean;
  readonly urgency: Urgency;
}

/** Posts once, then edits; after an unclear post the message is looked up first. */
export async function showMessage(
  deps: ShowMessageDeps,
  { channel, what, debt, hadIntent, urgency }: Shown,
): Promise<BoardAnswer<{ readonly message: MessageRef | null }>> {
  const { board } = deps;
  if (debt.message !== null) return edit(deps, debt.message, what, urgency);
  if (hadIntent) {
    const found = await board.find(channel, idOfMessage(what), debt.postIntentAtMs ?? 0);
    if (found.kind !== 'done') return found;
    if (found.message !== null) return edit(deps, found.message, what, urgency);
  }
  return board.post(channel, what);
}

async function edit(deps: ShowMessageDeps, message: MessageRef, what: Message, urgency: Urgency) {
  // Without the budget the edit is made: Slack has a limit of its own, and says so.
  const wait = await apart(deps, `pace#${PACE_ID}`, () => takeEdit(deps, urgency));
  if (wait !== null) return wait;
  const edited = await deps.board.edit(message, what);
  return edited.kind === 'done' ? ({ kind: 'done', message } as const) : edited;
}

/** Another card takes a token at the same instant; past this the edit waits like one without a token. */
const ATTEMPTS_MAX = 5;

const CONTENDED_MS = 2000;

/** Takes one edit out of the minute's budget; null: go on. */
export async function takeEdit(
  { stores, clock }: Pick<Basics, 'clock'> & { readonly stores: Pick<Stores, 'pace'> },
  urgency: Urgency,
): Promise<{ readonly kind: 'later'; readonly notBeforeMs: number; readonly why: string } | null> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const nowMs = clock.nowMs();
    const current = await stores.pace.read(PACE_ID);
    const taken = paced(current?.value ?? newPaceState(nowMs), urgency, nowMs);
    if (taken.kind === 'wait') return { kind: 'later', notBeforeMs: taken.notBeforeMs, why: PACED };
    if ((await stores.pace.write(PACE_ID, taken.state, current?.revision ?? null)) === 'written') return null;
  }
  return { kind: 'later', notBeforeMs: clock.nowMs() + CONTENDED_MS, why: PACED };
}
