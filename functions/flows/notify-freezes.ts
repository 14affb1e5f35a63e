import { isOwed } from '../core/model/delivery.ts';
import { FREEZES_ID, type FreezeState } from '../core/model/freeze.ts';
import { freezeNoticeOf } from '../core/notify/freeze-notice.ts';
import type { Stores } from '../core/ports.ts';
import type { ShowMessageDeps } from './show-message.ts';
import { type TellReport, tellDebt } from './tell-debt.ts';

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
        return freeze?.notice === undefined ? null : { debt: freeze.notice, what: freezeNoticeOf(freeze) };
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
