import type {
  EntityKind,
  OpenItems,
  OpenTargets,
  RunStart,
  SetAside,
  StartStore,
  Versioned,
  VersionedStore,
} from '../../functions/core/ports.ts';
import {
  asideOf,
  idsOf,
  keyOf,
  type RawItem,
  readEach,
  readItem,
  toStoredJson,
} from '../../functions/core/store/item.ts';
import { type EntityValues, type Markers, markersOf } from '../../functions/core/store/markers.ts';
import { MemoryChunks } from './memory-chunks.ts';
import { MemoryTimeline } from './memory-timeline.ts';

/** What a stream would tell of one write. */
export interface StoredChange {
  readonly entity: EntityKind;
  readonly id: string;
  readonly revision: number;
  readonly markers: Markers;
}

interface MemoryItem {
  readonly raw: RawItem;
  readonly markers: Markers;
}

/** The table: every item under its key, as text, so that nothing is shared by reference. */
class MemoryTable {
  readonly items = new Map<string, MemoryItem>();
  readonly setAside: SetAside[] = [];

  /** null: there is no such item. */
  revisionOf(key: string): number | null {
    const found = this.items.get(key);
    return found === undefined ? null : (found.raw.revision ?? Number.NaN);
  }

  readonly onSetAside = (aside: SetAside): void => {
    this.setAside.push(aside);
  };
}

export class MemoryStore<K extends EntityKind> implements VersionedStore<EntityValues[K]> {
  readonly #entity: K;
  readonly #table: MemoryTable;
  readonly #onWrite: (change: StoredChange) => void;

  constructor(entity: K, table: MemoryTable, onWrite: (change: StoredChange) => void = () => undefined) {
    this.#entity = entity;
    this.#table = table;
    this.#onWrite = onWrite;
  }

  async read(id: string): Promise<Versioned<EntityValues[K]> | null> {
    const item = this.#table.items.get(keyOf(this.#entity, id));
    if (item === undefined) return null;
    try {
      return readItem(this.#entity, item.raw);
    } catch (error) {
      this.#table.onSetAside(asideOf(item.raw.key, error));
      throw error;
    }
  }

  async write(id: string, value: EntityValues[K], expected: number | null): Promise<'written' | 'conflict'> {
    const body = toStoredJson(this.#entity, id, value);
    const key = keyOf(this.#entity, id);
    if (this.#table.revisionOf(key) !== expected) return 'conflict';
    const markers = markersOf(this.#entity, value);
    const revision = (expected ?? 0) + 1;
    this.#table.items.set(key, { raw: { key, body, revision }, markers });
    this.#onWrite({ entity: this.#entity, id, revision, markers });
    return 'written';
  }
}

/** The index of open items over the table in memory; unlike the real one it never lags. */
export class MemoryOpenItems implements OpenItems {
  readonly #table: MemoryTable;

  constructor(table: MemoryTable) {
    this.#table = table;
  }

  async openTargets(): Promise<OpenTargets> {
    const raws = this.#open('target').map(({ raw }) => raw);
    return readEach('target', raws.slice(0, 1000), this.#table.onSetAside);
  }

  async dueIds(kind: EntityKind, nowMs: number): Promise<readonly string[]> {
    const due = this.#open(kind).filter(({ dueAtMs }) => dueAtMs <= nowMs);
    return idsOf(
      kind,
      due.slice(0, 200).map(({ raw }) => raw),
      this.#table.onSetAside,
    );
  }

  /** Earliest deadline first. */
  #open(kind: EntityKind) {
    return [...this.#table.items.values()]
      .flatMap(({ raw, markers: { open, waiting, dueAtMs } }) =>
        (kind === 'inbox' ? waiting : open) === kind && dueAtMs !== undefined ? [{ raw, dueAtMs }] : [],
      )
      .sort((a, b) => a.dueAtMs - b.dueAtMs);
  }
}

type Startable = { readonly [K in 'run' | 'target' | 'application']: MemoryStore<K> };

/** Nothing waits between the looks and the writes, so nobody comes in between. */
class MemoryStarts implements StartStore {
  readonly #table: MemoryTable;
  readonly #stores: Startable;

  constructor(table: MemoryTable, stores: Startable) {
    this.#table = table;
    this.#stores = stores;
  }

  async start({ run, target, application }: RunStart) {
    const revisionOf = (entity: EntityKind, id: string) => this.#table.revisionOf(keyOf(entity, id));
    const { applicationId } = application.value;
    const { targetId } = target.value;
    if (revisionOf('run', run.runId) !== null) return 'runExists';
    if (revisionOf('application', applicationId) !== application.revision) return 'applicationMoved';
    if (revisionOf('target', targetId) !== target.revision) return 'targetMoved';
    void this.#stores.application.write(applicationId, application.value, application.revision);
    void this.#stores.target.write(targetId, target.value, target.revision);
    void this.#stores.run.write(run.runId, run, null);
    return 'written';
  }
}

/** All of it in memory. `onWrite` hears every write, as the table's stream would. */
export function createMemoryStores(onWrite?: (change: StoredChange) => void) {
  const table = new MemoryTable();
  const store = <K extends EntityKind>(entity: K) => new MemoryStore(entity, table, onWrite);
  const startable = { target: store('target'), application: store('application'), run: store('run') };
  return {
    targets: startable.target,
    applications: startable.application,
    inbox: store('inbox'),
    requests: store('request'),
    runs: startable.run,
    starts: new MemoryStarts(table, startable),
    freezes: store('freezes'),
    channels: store('channel'),
    pace: store('pace'),
    open: new MemoryOpenItems(table),
    chunks: new MemoryChunks(table.onSetAside),
    timeline: new MemoryTimeline(),
    /** What was found and not used, oldest first. */
    setAside: table.setAside,
    /** Puts an item as whoever may write the table could, whatever it holds. */
    putRaw: async (raw: RawItem, markers: Markers) => {
      table.items.set(raw.key, { raw, markers });
    },
  };
}

export type MemoryStores = ReturnType<typeof createMemoryStores>;
