import type { NoticeDebt } from '../core/model/delivery.ts';
import type { Message } from '../core/model/notice.ts';
import { afterCard, leased, movedOn, placeOf } from '../core/notify/notice-debt.ts';
import type { VersionedStore } from '../core/ports.ts';
import { changeItem } from './change-item.ts';
import { type ShowMessageDeps, showMessage } from './show-message.ts';

/** An item that owes a channel a message, besides those about one incident. */
export interface Debtor<T> {
  readonly store: VersionedStore<T>;
  readonly id: string;
  readonly channel: string;
  /** What is owed and what to show; null: there is nothing to tell of. */
  readonly tells: (value: T) => { readonly debt: NoticeDebt; readonly what: Message } | null;
  readonly withDebt: (value: T, debt: NoticeDebt) => T;
  /** Changes come in bursts: one edit for all of so long. */
  readonly coalesceMs: number;
}

export type TellReport =
  | 'nothingOwed'
  | 'tooEarly'
  | 'leasedElsewhere'
  | 'contended'
  | 'told'
  | 'later'
  | 'refused'
  | 'unclear';

/** Makes Slack agree with an item, in the same way as a card with its incident: lease, call, store what Slack has. */
export async function tellDebt<T>(deps: ShowMessageDeps, debtor: Debtor<T>): Promise<TellReport> {
  const { store, id, channel, tells, withDebt } = debtor;
  const nowMs = deps.clock.nowMs();
  const current = await store.read(id);
  const told = current === null ? null : tells(current.value);
  if (current === null || told === null || told.debt.shownVersion >= told.debt.owedVersion) return 'nothingOwed';
  if (told.debt.notBeforeMs > nowMs) return 'tooEarly';
  if (told.debt.lease !== null && told.debt.lease.untilMs > nowMs) return 'leasedElsewhere';
  const holder = deps.ids.newId('lease');
  const debt = leased(told.debt, holder, nowMs);
  if ((await store.write(id, withDebt(current.value, debt), current.revision)) === 'conflict') return 'contended';

  const hadIntent = told.debt.postIntentAtMs !== null;
  const { fallbackChannel } = deps.settings.config.slack;
  const place = placeOf(debt, channel, fallbackChannel);
  const answer = await showMessage(deps, { channel: place, what: told.what, debt, hadIntent, urgency: 'change' });
  const doneMs = deps.clock.nowMs();
  await changeItem(store, id, (value) => {
    const owed = value === null ? null : tells(value);
    if (value === null || owed === null || owed.debt.lease?.holder !== holder) return null;
    const shown = afterCard(owed.debt, answer, told.debt.owedVersion, doneMs);
    const after = movedOn(shown, answer, channel, fallbackChannel);
    const notBeforeMs = answer.kind === 'done' ? doneMs + debtor.coalesceMs : after.notBeforeMs;
    return withDebt(value, { ...after, notBeforeMs, lease: null });
  });
  return answer.kind === 'done' ? 'told' : answer.kind;
}
