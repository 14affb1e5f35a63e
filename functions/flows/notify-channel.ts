import { summaryOf } from '../core/notify/fold.ts';
import type { Stores } from '../core/ports.ts';
import type { ShowMessageDeps } from './show-message.ts';
import { type TellReport, tellDebt } from './tell-debt.ts';

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
    tells: ({ storm }) => (storm === null ? null : { debt: storm.notice, what: summaryOf(channel, storm) }),
    withDebt: (state, notice) => (state.storm === null ? state : { ...state, storm: { ...state.storm, notice } }),
    coalesceMs: COALESCE_MS,
  });
}
