import { oweNotice } from '../core/incident/owe.ts';
import type { Basics, Stores } from '../core/ports.ts';
import { changeItem } from './change-item.ts';

export interface RedrawDeps extends Basics {
  readonly stores: Pick<Stores, 'targets' | 'open'>;
}

/** Owes a card once more: what it offers can change without anybody writing to its target. */
export async function redrawCard({ stores, settings, clock }: RedrawDeps, targetId: string): Promise<void> {
  await changeItem(stores.targets, targetId, (state) =>
    state === null || state.incident === null ? null : oweNotice(state, settings, clock.nowMs()),
  );
}

/** Every card that is there: a freeze began or ended, and the buttons with it. */
export async function redrawCards(deps: RedrawDeps): Promise<void> {
  for (const { value } of await deps.stores.open.openTargets()) {
    if (value.notice.message !== null) await redrawCard(deps, value.targetId);
  }
}
