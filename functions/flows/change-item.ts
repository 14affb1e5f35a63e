import { oweNotice } from '../core/incident/owe.ts';
import { FREEZES_ID, type FreezeState, newFreezeState } from '../core/model/freeze.ts';
import type { Basics, Stores, VersionedStore } from '../core/ports.ts';
import { isUnreadableItem } from '../core/store/store-error.ts';
import { apart } from './apart.ts';

/** Two writers rarely meet more than twice; past this the caller's retry takes over. */
const ATTEMPTS_MAX = 5;

/**
 * Reads, changes and writes one item; a conflict reads again. `change` may run several times and must be pure.
 * It answers null for "leave it".
 */
export async function changeItem<T>(
  store: VersionedStore<T>,
  id: string,
  change: (value: T | null) => T | null,
): Promise<
  { readonly kind: 'written'; readonly value: T } | { readonly kind: 'left' } | { readonly kind: 'contended' }
> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const current = await store.read(id);
    const next = change(current?.value ?? null);
    if (next === null) return { kind: 'left' };
    if ((await store.write(id, next, current?.revision ?? null)) === 'written') return { kind: 'written', value: next };
  }
  return { kind: 'contended' };
}

/** Runs `work` over all items, at most `limit` at a time; results in the items' order. */
export async function forEachLimited<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>();
  const queue = items.entries();
  const worker = async () => {
    for (const [at, item] of queue) results.set(at, await work(item));
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  return [...results.entries()].sort(([a], [b]) => a - b).map(([, result]) => result);
}

/** Likewise, and what one of them holds is in no other's way: results of those whose work was done. */
export async function forEachApart<T, R>(
  deps: Pick<Basics, 'log'>,
  items: readonly T[],
  limit: number,
  { itemOf, work }: { readonly itemOf: (item: T) => string; readonly work: (item: T) => Promise<R> },
): Promise<R[]> {
  const results = await forEachLimited(items, limit, (item) =>
    apart(deps, itemOf(item), async () => ({ done: await work(item) })),
  );
  return results.flatMap((result) => (result === null ? [] : [result.done]));
}

/** What is frozen now. A table that does not answer throws, so that the caller comes back; damage is told apart. */
export async function readFreezes({ freezes }: Pick<Stores, 'freezes'>): Promise<FreezeState | 'unreadable'> {
  try {
    return (await freezes.read(FREEZES_ID))?.value ?? newFreezeState();
  } catch (error) {
    if (isUnreadableItem(error)) return 'unreadable';
    throw error;
  }
}

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
  for (const { value } of (await deps.stores.open.openTargets()).items) {
    const { targetId, notice } = value;
    if (notice.message !== null) await apart(deps, `target#${targetId}`, () => redrawCard(deps, targetId));
  }
}
