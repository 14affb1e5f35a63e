import type { Log } from '../core/ports.ts';
import { isOfItem, isUnreadableItem } from '../core/store/store-error.ts';

/** Names an item whose work failed for what it holds. The store has told of what it could not read itself. */
export function setAside(log: Log, item: string, error: Error): void {
  if (!isUnreadableItem(error)) log.error('setAside', { item, why: error.message });
}

/**
 * Does one item's work so that it takes no other's with it: null when what the item holds is in the way. A table that
 * is out of reach is everybody's trouble, and throws.
 */
export async function apart<T>(
  { log }: { readonly log: Log },
  item: string,
  work: () => Promise<T>,
): Promise<T | null> {
  try {
    return await work();
  } catch (error) {
    if (!isOfItem(error)) throw error;
    setAside(log, item, error);
    return null;
  }
}
