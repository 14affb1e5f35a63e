import type {
  EntityKind,
  OpenItems,
  RunStart,
  StartStore,
  Versioned,
  VersionedStore,
} from '../../functions/core/ports.ts';
import { parseStored, toStoredJson } from '../../functions/core/store/item.ts';
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

interface StoredItem {
  readonly json: string;
  readonly revision: number;
  readonly markers: Markers;
}

/** Keeps items as the table does: as text, with revision and markers, so that nothing is shared by reference. */
export class MemoryStore<K extends EntityKind> implements VersionedStore<EntityValues[K]> {
  readonly #entity: K;
  readonly #items = new Map<string, StoredItem>();
  readonly #onWrite: (change: StoredChange) => void;

  constructor(entity: K, onWrite: (change: StoredChange) => void = () => undefined) {
    this.#entity = entity;
    this.#onWrite = onWrite;
  }

  async read(id: string): Promise<Versioned<EntityValues[K]> | null> {
    const item = this.#items.get(id);
    return item === undefined ? null : this.#versioned(id, item);
  }

  async write(id: string, value: EntityValues[K], expected: number | null): Promise<'written' | 'conflict'> {
    const json = toStoredJson(this.#entity, id, value);
    if (this.revisionOf(id) !== expected) return 'conflict';
    const markers = markersOf(this.#entity, value);
    const revision = (expected ?? 0) + 1;
    this.#items.set(id, { json, revision, markers });
    this.#onWrite({ entity: this.#entity, id, revision, markers });
    return 'written';
  }

  revisionOf(id: string): number | null {
    return this.#items.get(id)?.revision ?? null;
  }

  /** Items in the index of open items, earliest deadline first. */
  open(): (Versioned<EntityValues[K]> & { readonly id: string; readonly dueAtMs: number })[] {
    return [...this.#items]
      .flatMap(([id, item]) => {
        const { open, dueAtMs } = item.markers;
        return open === this.#entity && dueAtMs !== undefined ? [{ ...this.#versioned(id, item), id, dueAtMs }] : [];
      })
      .sort((a, b) => a.dueAtMs - b.dueAtMs);
  }

  #versioned(id: string, item: StoredItem): Versioned<EntityValues[K]> {
    return { value: parseStored(this.#entity, id, item.json), revision: item.revision };
  }
}

interface MemoryStoresByEntity {
  readonly targets: MemoryStore<'target'>;
  readonly applications: MemoryStore<'application'>;
  readonly requests: MemoryStore<'request'>;
  readonly runs: MemoryStore<'run'>;
  readonly freezes: MemoryStore<'freezes'>;
  readonly channels: MemoryStore<'channel'>;
  readonly pace: MemoryStore<'pace'>;
}

/** The index of open items over the stores in memory; unlike the real one it never lags. */
export class MemoryOpenItems implements OpenItems {
  readonly #stores: MemoryStoresByEntity;

  constructor(stores: MemoryStoresByEntity) {
    this.#stores = stores;
  }

  async openTargets() {
    return this.#stores.targets
      .open()
      .slice(0, 1000)
      .map(({ value, revision }) => ({ value, revision }));
  }

  async dueIds(kind: EntityKind, nowMs: number): Promise<readonly string[]> {
    const { targets, applications, requests, runs, freezes, channels, pace } = this.#stores;
    const stores = { target: targets, application: applications, request: requests, run: runs };
    const open = { ...stores, freezes, channel: channels, pace }[kind].open();
    return open
      .filter((item) => item.dueAtMs <= nowMs)
      .slice(0, 200)
      .map((item) => item.id);
  }
}

/** Nothing waits between the looks and the writes, so nobody comes in between. */
class MemoryStarts implements StartStore {
  readonly #stores: MemoryStoresByEntity;

  constructor(stores: MemoryStoresByEntity) {
    this.#stores = stores;
  }

  async start({ run, target, application }: RunStart) {
    const { runs, targets, applications } = this.#stores;
    if (runs.revisionOf(run.runId) !== null) return 'runExists';
    if (applications.revisionOf(application.value.applicationId) !== application.revision) return 'applicationMoved';
    if (targets.revisionOf(target.value.targetId) !== target.revision) return 'targetMoved';
    void applications.write(application.value.applicationId, application.value, application.revision);
    void targets.write(target.value.targetId, target.value, target.revision);
    void runs.write(run.runId, run, null);
    return 'written';
  }
}

export interface MemoryStores extends MemoryStoresByEntity {
  readonly starts: StartStore;
  readonly open: MemoryOpenItems;
  readonly chunks: MemoryChunks;
  readonly timeline: MemoryTimeline;
}

/** All of it in memory. `onWrite` hears every write, as the table's stream would. */
export function createMemoryStores(onWrite?: (change: StoredChange) => void): MemoryStores {
  const stores = {
    targets: new MemoryStore('target', onWrite),
    applications: new MemoryStore('application', onWrite),
    requests: new MemoryStore('request', onWrite),
    runs: new MemoryStore('run', onWrite),
    freezes: new MemoryStore('freezes', onWrite),
    channels: new MemoryStore('channel', onWrite),
    pace: new MemoryStore('pace', onWrite),
  };
  const starts = new MemoryStarts(stores);
  const open = new MemoryOpenItems(stores);
  return { ...stores, starts, open, chunks: new MemoryChunks(), timeline: new MemoryTimeline() };
}
