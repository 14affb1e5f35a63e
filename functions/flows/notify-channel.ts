import type { ChannelState, Storm } from '../core/notify/channel-state.ts';
import { summaryOf } from '../core/notify/fold.ts';
import { afterCard, leased } from '../core/notify/notice-debt.ts';
import type { Stores } from '../core/ports.ts';
import { changeItem } from './change-item.ts';
import { type ShowMessageDeps, showMessage } from './show-message.ts';

export interface NotifyChannelDeps extends ShowMessageDeps {
  readonly stores: Pick<Stores, 'pace' | 'channels'>;
}

/** Lines arrive in bursts: one edit for many of them. */
const COALESCE_MS = 3000;

/** Makes a channel's summary agree with its storm, in the same way as a card with its incident. */
export async function notifyChannel(
  deps: NotifyChannelDeps,
  channel: string,
): Promise<'nothingOwed' | 'tooEarly' | 'leasedElsewhere' | 'contended' | 'told' | 'later' | 'refused' | 'unclear'> {
  const nowMs = deps.clock.nowMs();
  const current = await deps.stores.channels.read(channel);
  const storm = current?.value.storm ?? null;
  if (current === null || storm === null || storm.notice.shownVersion >= storm.notice.owedVersion) return 'nothingOwed';
  if (storm.notice.notBeforeMs > nowMs) return 'tooEarly';
  if (storm.notice.lease !== null && storm.notice.lease.untilMs > nowMs) return 'leasedElsewhere';
  const holder = deps.ids.newId('lease');
  const debt = leased(storm.notice, holder, nowMs);
  const taken = withNotice(current.value, storm, debt);
  if ((await deps.stores.channels.write(channel, taken, current.revision)) === 'conflict') return 'contended';

  const hadIntent = storm.notice.postIntentAtMs !== null;
  const what = summaryOf(channel, storm);
  const answer = await showMessage(deps, { channel, what, debt, hadIntent, urgency: 'change' });
  const doneMs = deps.clock.nowMs();
  await changeItem(deps.stores.channels, channel, (value) => {
    if (value?.storm?.notice.lease?.holder !== holder) return null;
    const after = afterCard(value.storm.notice, answer, storm.notice.owedVersion, doneMs);
    const notBeforeMs = answer.kind === 'done' ? doneMs + COALESCE_MS : after.notBeforeMs;
    return withNotice(value, value.storm, { ...after, notBeforeMs, lease: null });
  });
  return answer.kind === 'done' ? 'told' : answer.kind;
}

function withNotice(state: ChannelState, storm: Storm, notice: Storm['notice']): ChannelState {
  return { ...state, storm: { ...storm, notice } };
}
