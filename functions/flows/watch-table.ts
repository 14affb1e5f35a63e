import type { Breaching } from '../core/model/verdict.ts';
import { isOfItem, StoreError } from '../core/store/store-error.ts';
import { apart } from './apart.ts';
import { memoryOf } from './watch-memory.ts';
import type { Taken, WatchTargetDeps } from './watch-target.ts';

/** Targets that a log line names; all of them are counted. */
const NAMED_MAX = 20;
/** One call that failed is nothing that anybody has to know. */
const UNTOLD_MS_MAX = 55_000;

/**
 * The table during one invocation of watch. The first call that finds it out of reach is the last one: whatever comes
 * later goes on at once and without it, because sampling must not wait for a table that hangs.
 */
export class ReachedTable {
  /** Why it is out of reach; null: it has answered so far. */
  outOfReach: string | null = null;

  /** null: it is out of reach. */
  async use<T>(call: () => Promise<T>): Promise<T | null> {
    if (this.outOfReach !== null) return null;
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      const { message } = error;
      if (isOfItem(error)) throw error;
      this.outOfReach ??= message;
      return null;
    }
  }
}

/** What a sample means was stored, or could not be: then it is known to this container alone. */
export type Told<T> = { readonly kind: 'stored'; readonly state: T } | { readonly kind: 'untold' };

/** Stores what one sample means, if the table and its own item allow it. */
export async function tellApart<T>(
  deps: WatchTargetDeps,
  table: ReachedTable,
  { target: { id } }: Taken,
  store: () => Promise<T>,
): Promise<Told<T>> {
  const told = await apart(deps, `target#${id}`, () => table.use(async () => ({ state: await store() })));
  const memory = memoryOf(deps.memory, id);
  const untoldSinceMs = told === null ? (memory.untoldSinceMs ?? deps.clock.nowMs()) : null;
  if (untoldSinceMs !== memory.untoldSinceMs) deps.memory.set(id, { ...memory, untoldSinceMs });
  return told === null ? { kind: 'untold' } : { kind: 'stored', ...told };
}

/**
 * Says in the log what nobody can be told of. As unheard, which rings an alarm, counts a target that is critical, one of
 * which nothing is known, and any that could not be told for a minute. From inside the database's network there is no other
 * way out than the log.
 */
export function logUntold(deps: WatchTargetDeps, shard: number, untold: readonly Taken[], table: ReachedTable): void {
  if (untold.length === 0) return;
  const nowMs = deps.clock.nowMs();
  const all = untold.map(({ target: { id } }) => {
    const { decision, untoldSinceMs } = memoryOf(deps.memory, id);
    return { id, verdict: decision.verdict, forMs: nowMs - (untoldSinceMs ?? nowMs) };
  });
  const breaching = all.flatMap(({ id, verdict }) => (verdict.kind === 'breaching' ? [{ id, ...verdict }] : []));
  const critical = breaching.filter(({ severity }) => severity === 'critical');
  const unknown = all.filter(({ verdict }) => verdict.kind === 'unknown');
  const late = all.filter(({ id, forMs }) => forMs >= UNTOLD_MS_MAX && !critical.some((one) => one.id === id));
  deps.log.error('untold', {
    shard,
    why: table.outOfReach ?? 'its item cannot be read',
    samples: untold.length,
    critical: critical.length,
    unknown: unknown.length,
    unheard: critical.length + new Set([...unknown, ...late].map(({ id }) => id)).size,
    targets: Object.fromEntries([...critical, ...breaching].slice(0, NAMED_MAX).map(named)),
  });
}

function named({ id, severity, reasons }: Breaching & { readonly id: string }): readonly [string, string] {
  return [id, `${severity}: ${reasons.map(({ rule }) => rule).join()}`];
}
