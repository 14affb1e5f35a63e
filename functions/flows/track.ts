import type { Basics, EntityKind, Stores, VersionedStore } from '../core/ports.ts';

/** Items touched in one minute; the rest come a minute later. */
const TOUCHES_MAX = 100;

export interface TrackDeps extends Basics {
  readonly stores: Stores;
}

export interface TrackReport {
  readonly targets: number;
  readonly requests: number;
  readonly runs: number;
}

/**
 * Every minute: whatever is still owed past its time is touched, so that the stream delivers it again to the
 * one function that may do it. Reconciliation is for truth; events are only for speed.
 */
export async function sweep(deps: TrackDeps): Promise<TrackReport> {
  const { stores } = deps;
  return {
    targets: await touchDue(deps, 'target', stores.targets),
    requests: await touchDue(deps, 'request', stores.requests),
    runs: await touchDue(deps, 'run', stores.runs),
  };
}

async function touchDue<T>(deps: TrackDeps, kind: EntityKind, store: VersionedStore<T>): Promise<number> {
  const ids = (await deps.stores.open.dueIds(kind, deps.clock.nowMs())).slice(0, TOUCHES_MAX);
  for (const id of ids) await touch(store, id);
  if (ids.length > 0) deps.log.info('swept', { kind, ids });
  return ids.length;
}

/** A conflict means that somebody else just moved it: then it is not forgotten. */
async function touch<T>(store: VersionedStore<T>, id: string): Promise<void> {
  const current = await store.read(id);
  if (current !== null) await store.write(id, current.value, current.revision);
}

/** SSM says that a command moved on: the run it belongs to is touched. Events may come twice, late or never. */
export async function commandMoved(deps: TrackDeps, commandId: string): Promise<'touched' | 'notOurs'> {
  const ids = await deps.stores.open.dueIds('run', Number.MAX_SAFE_INTEGER);
  for (const id of ids) {
    const current = await deps.stores.runs.read(id);
    if (current?.value.hosts.some((host) => host.commandId === commandId)) {
      await touch(deps.stores.runs, id);
      return 'touched';
    }
  }
  return 'notOurs';
}
