import type { Config } from '../../../functions/core/config/config.ts';
import { TARGETS_PER_SHARD } from '../../../functions/core/config/people.ts';
import type { TickRecord } from '../../../functions/core/model/sample-record.ts';
import type { TargetState } from '../../../functions/core/model/target.ts';
import type { Cause } from '../../../functions/core/model/verdict.ts';
import type { ChunkStore, Stores } from '../../../functions/core/ports.ts';
import { forEachLimited, readFreezes } from '../../../functions/flows/change-item.ts';
import { recall } from '../../../functions/flows/watch-course.ts';
import { deciderOf, memoryOf, type WatchMemory } from '../../../functions/flows/watch-memory.ts';
import { adviceOf } from './advice-of.ts';
import type { StatusInput } from './status-view.ts';

const LOOK_BACK_MS = 15 * 60_000;
const SHARDS_MAX = 10;
const READS_AT_ONCE = 10;

type Place = Pick<Stores, 'open' | 'freezes' | 'channels' | 'targets'> & { readonly chunks: ChunkStore };

/** Reads everything that a glance needs, and changes nothing. */
export async function lookAtState(stores: Place, config: Config | null, nowMs: number): Promise<StatusInput> {
  const [open, freezes, undecided, records] = await Promise.all([
    stores.open.openTargets(),
    readFreezes(stores),
    stores.open.dueIds('request', nowMs),
    recordsOf(stores.chunks, config, nowMs),
  ]);
  const states = open.map(({ value }) => value);
  const names = new Set([
    ...(config === null ? [] : [config.slack.channel, ...config.targets.flatMap(({ channel }) => channel ?? [])]),
    ...states.flatMap(({ foldedInto, notice }) => foldedInto ?? notice.message?.channel ?? []),
  ]);
  const channels = await forEachLimited(
    [...names],
    READS_AT_ONCE,
    async (name) => (await stores.channels.read(name))?.value,
  );
  return {
    states,
    freezes,
    channels: channels.filter((one) => one !== undefined),
    config,
    records,
    advice: config === null ? new Map() : await adviceFor(stores, config, states, nowMs),
    undecided: undecided.length,
    nowMs,
  };
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
    await recall({ clock, chunks: stores.chunks, memory, settings, stores }, at / TARGETS_PER_SHARD, targets, open);
  }
  return new Map(
    config.targets.flatMap((target) => {
      const causes = adviceOf(memoryOf(memory, target.id), deciderOf(settings, target));
      return causes.length === 0 ? [] : [[target.id, causes] as const];
    }),
  );
}
