import { isOwed, type NoticeDebt } from '../core/model/delivery.ts';
import { FREEZES_ID, type FreezeState } from '../core/model/freeze.ts';
import { idOfMessage, type Message } from '../core/model/notice.ts';
import { summaryOf } from '../core/notify/fold.ts';
import { freezeNoticeOf } from '../core/notify/freeze-notice.ts';
import { afterCard, leased, mayPostBlind, movedOn, placeOf, problemText } from '../core/notify/notice-debt.ts';
import type { Stores, VersionedStore } from '../core/ports.ts';
import { changeItem } from './change-item.ts';
import { faceOf, type ShowMessageDeps, showMessage } from './show-message.ts';

/** An item that owes a channel a message, besides those about one incident. */
export interface Debtor<T> {
  readonly store: VersionedStore<T>;
  readonly id: string;
  readonly channel: string;
  /** What is owed and what to show; null: there is nothing to tell of. */
  readonly tells: (
    value: T,
  ) => { readonly debt: NoticeDebt; readonly what: Message; readonly isUrgent: boolean } | null;
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

  const { fallbackChannel } = deps.settings.config.slack;
  const place = placeOf(debt, channel, fallbackChannel);
  const showing = await showMessage(deps, {
    channel: place,
    what: told.what,
    debt: told.debt,
    urgency: 'change',
    mayPostBlind: mayPostBlind(told.debt, debt),
  });
  const { answer } = showing;
  const doneMs = deps.clock.nowMs();
  const when = { before: told.debt, face: faceOf(told.what), isUrgent: told.isUrgent, nowMs: doneMs };
  await changeItem(store, id, (value) => {
    const owed = value === null ? null : tells(value);
    if (value === null || owed === null || owed.debt.lease?.holder !== holder) return null;
    const after = movedOn(afterCard(owed.debt, showing, when), answer, channel, fallbackChannel);
    const notBeforeMs = answer.kind === 'done' ? doneMs + debtor.coalesceMs : after.notBeforeMs;
    return withDebt(value, { ...after, notBeforeMs, lease: null });
  });
  if (answer.kind === 'done') return 'told';
  deps.log.error('notice', { about: idOfMessage(told.what), report: answer.kind, why: problemText(answer) });
  return answer.kind;
}

export interface NotifyChannelDeps extends ShowMessageDeps {
  readonly stores: Pick<Stores, 'pace' | 'channels'>;
}

const COALESCE_MS = 3000;

/** Makes a channel's summary agree with its storm. */
export function notifyChannel(deps: NotifyChannelDeps, channel: string): Promise<TellReport> {
  return tellDebt(deps, {
    store: deps.stores.channels,
    id: channel,
    channel,
    tells: ({ storm }) => {
      if (storm === null) return null;
      const what = summaryOf(channel, storm);
      return { debt: storm.notice, what, isUrgent: what.counts.critical > 0 };
    },
    withDebt: (state, notice) => (state.storm === null ? state : { ...state, storm: { ...state.storm, notice } }),
    coalesceMs: COALESCE_MS,
  });
}

export interface NotifyFreezesDeps extends ShowMessageDeps {
  readonly stores: Pick<Stores, 'pace' | 'freezes'>;
}

/** Makes the channel agree with the freezes: one message each, edited when it has ended. */
export async function notifyFreezes(deps: NotifyFreezesDeps): Promise<readonly TellReport[]> {
  const { channel } = deps.settings.config.slack;
  const current = (await deps.stores.freezes.read(FREEZES_ID))?.value.freezes ?? [];
  const reports: TellReport[] = [];
  for (const { id } of current.filter(({ notice }) => notice !== undefined && isOwed(notice))) {
    const mine = ({ freezes }: FreezeState) => freezes.find((one) => one.id === id);
    const report = await tellDebt(deps, {
      store: deps.stores.freezes,
      id: FREEZES_ID,
      channel,
      tells: (state) => {
        const freeze = mine(state);
        if (freeze?.notice === undefined) return null;
        return { debt: freeze.notice, what: freezeNoticeOf(freeze), isUrgent: false };
      },
      withDebt: (state, notice) => ({
        ...state,
        freezes: state.freezes.map((one) => (one.id === id ? { ...one, notice } : one)),
      }),
      coalesceMs: 0,
    });
    if (report !== 'told') deps.log.info('freeze', { freeze: id, report });
    reports.push(report);
  }
  return reports;
}
