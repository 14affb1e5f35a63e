import type { Config } from '../../../functions/core/config/config.ts';
import { TARGETS_PER_SHARD } from '../../../functions/core/config/people.ts';
import type { TickRecord } from '../../../functions/core/model/sample-record.ts';
import type { TargetState } from '../../../functions/core/model/target.ts';
import type { Cause } from '../../../functions/core/model/verdict.ts';
import type { ChunkStore, EntityKind, SetAside, Stores } from '../../../functions/core/ports.ts';
import { isUnreadableItem } from '../../../functions/core/store/store-error.ts';
import { forEachLimited, readFreezes } from '../../../functions/flows/change-item.ts';
import { recall } from '../../../functions/flows/watch-course.ts';
import { deciderOf, memoryOf, type WatchMemory } from '../../../functions/flows/watch-memory.ts';
import { adviceOf } from './advice-of.ts';
import type { StatusInput } from './status-view.ts';

const LOOK_BACK_MS = 15 * 60_000;
const SHARDS_MAX = 10;
const READS_AT_ONCE = 10;
const NO_LOG = { info: () => undefined, error: () => undefined };

type Place = Omit<Stores, 'pace' | 'timeline'> & {
  readonly chunks: ChunkStore;
  /** Grows with whatever is read of these stores and is not what it should be. */
  readonly setAside: readonly SetAside[];
};

/** Reads everything that a glance needs, and changes nothing. */
export async function lookAtState(stores: Place, config: Config | null, nowMs: number): Promise<StatusInput> {
  const [open, freezes, undecided, records] = await Promise.all([
    stores.open.openTargets(),
    readFreezes(stores),
    Promise.all([stores.open.dueIds('inbox', nowMs), stores.open.dueIds('request', nowMs)]),
    recordsOf(stores.chunks, config, nowMs),
  ]);
  const states = open.items.map(({ value }) => value);
  const names = new Set([
    ...(config === null ? [] : [config.slack.channel, ...config.targets.flatMap(({ channel }) => channel ?? [])]),
    ...states.flatMap(({ foldedInto, notice }) => foldedInto ?? notice.message?.channel ?? []),
  ]);
  const channels = await forEachLimited(
    [...names],
    READS_AT_ONCE,
    async (name) => (await orNull(stores.channels.read(name)))?.value,
  );
  const advice = config === null ? new Map() : await adviceFor(stores, config, states, nowMs);
  await lookAtOthers(stores, config, nowMs);
  return {
    states,
    freezes,
    channels: channels.filter((one) => one !== undefined),
    config,
    records,
    advice,
    setAside: [...new Map(stores.setAside.map((aside) => [aside.item, aside])).values()],
    undecided: undecided.flat().length,
    nowMs,
  };
}

/** What somebody has to move on, and what runs would lock: only to see whether it can be read. */
async function lookAtOthers(stores: Place, config: Config | null, nowMs: number): Promise<void> {
  const { applications, inbox, requests, runs, freezes } = stores;
  const dueOf = async (kind: EntityKind, store: { read(id: string): Promise<unknown> }) =>
    (await stores.open.dueIds(kind, nowMs)).map((id) => () => store.read(id));
  const reads = await Promise.all([
    (config?.applications ?? []).map((one) => () => applications.read(one.id)),
    dueOf('inbox', inbox),
    dueOf('request', requests),
    dueOf('run', runs),
    dueOf('freezes', freezes),
  ]);
  await forEachLimited(reads.flat(), READS_AT_ONCE, (read) => orNull(read()));
}

/** The stores tell of what cannot be read. */
async function orNull<T>(read: Promise<T>): Promise<T | null> {
  return read.catch((error: unknown) => {
    if (isUnreadableItem(error)) return null;
    throw error;
  });
}

async function recordsOf(
  chunks: ChunkStore,
  config: Config | null,
  nowMs: number,
): Promise<ReadonlyMap<string, readonly TickRecord[]>> {
  const found = new Map<string, readonly TickRecord[]>();
  const shards = config === null ? SHARDS_MAX : Math.ceil(config.targets.length / TARGETS_PER_SHARD);
  for (let shard = 0; shard < shards; shard += 1) {
    const since = await chunks.since(shard, nowMs - LOOK_BACK_MS, nowMs);
    if (since.size === 0 && config === null) break;
    for (const [id, records] of since) found.set(id, records);
  }
  return found;
}

/** As a cold container of watch would see each target that nothing is wrong with. */
async function adviceFor(
  stores: Place,
  config: Config,
  states: readonly TargetState[],
  nowMs: number,
): Promise<ReadonlyMap<string, readonly Cause[]>> {
  const memory: WatchMemory = new Map();
  const settings = { schema: 1, version: 'status', config, catalogue: [] } as const;
  const clock = { nowMs: () => nowMs, sleep: async () => undefined };
  const open = new Map(states.map((state) => [state.targetId, state]));
  for (let at = 0; at < config.targets.length; at += TARGETS_PER_SHARD) {
    const targets = config.targets.slice(at, at + TARGETS_PER_SHARD);
    await recall(
      { clock, log: NO_LOG, chunks: stores.chunks, memory, settings, stores },
      at / TARGETS_PER_SHARD,
      targets,
      open,
    );
  }
  return new Map(
    config.targets.flatMap((target) => {
      const causes = adviceOf(memoryOf(memory, target.id), deciderOf(settings, target));
      return causes.length === 0 ? [] : [[target.id, causes] as const];
    }),
  );
}
