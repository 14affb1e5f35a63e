import { FREEZES_ID, type FreezeState, newFreezeState } from '../core/model/freeze.ts';
import type { Stores } from '../core/ports.ts';
import { StoreError } from '../core/store/store-error.ts';

/** What is frozen now. A table that does not answer throws, so that the caller comes back; damage is told apart. */
export async function readFreezes({ freezes }: Pick<Stores, 'freezes'>): Promise<FreezeState | 'unreadable'> {
  try {
    return (await freezes.read(FREEZES_ID))?.value ?? newFreezeState();
  } catch (error) {
    if (error instanceof StoreError && error.code === 'unreadableItem') return 'unreadable';
    throw error;
  }
}
