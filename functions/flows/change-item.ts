import type { VersionedStore } from '../core/ports.ts';

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
