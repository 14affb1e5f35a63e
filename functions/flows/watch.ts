import type { TargetConfig } from '../core/config/config.ts';
import { rulesOf } from '../core/evaluate/rules/rule.ts';
import type { TargetState } from '../core/incident/target-state.ts';
import type { ChunkStore, Stores } from '../core/ports.ts';
import { isSuspicious } from '../core/sample/is-suspicious.ts';
import { forEachLimited } from './for-each-limited.ts';
import { limitOf, memoryOf, mergeRecords } from './watch-memory.ts';
import { decideOn, newestRecord, takeSample, type WatchTargetDeps } from './watch-target.ts';

/** Shards are slices of the configuration's list. */
export const TARGETS_PER_SHARD = 100;
/** A shard's sockets at one time. */
const SOCKETS_MAX = 25;
/** A calm target's holders are looked at on every fourth tick. */
const HOLDERS_EVERY_TICKS = 4;
/** Under suspicion, and while a run is being judged. */
const CLOSE_LOOK_MS = 5000;
/** After it, a container's memory is filled from the chunks again. */
const REMEMBER_MS = 70 * 60_000;

export interface WatchDeps extends WatchTargetDeps {
  readonly stores: Pick<Stores, 'targets' | 'open'>;
  readonly chunks: ChunkStore;
}

export interface Tick {
  readonly shard: number;
  /** When the tick was due: the chunk's key. */
  readonly tickMs: number;
  /** The next tick's time: a close look ends before it. */
  readonly untilMs: number;
}

export type WatchReport =
  | { readonly kind: 'stale' | 'duplicate' }
  | { readonly kind: 'watched'; readonly targets: number; readonly closeLooks: number };

/** sample -> evaluate -> incident, once for every target of a shard, then closer for those under suspicion. */
export async function watchTick(deps: WatchDeps, tick: Tick): Promise<WatchReport> {
  const { clock, settings } = deps;
  const everyMs = settings.config.sampling.everySeconds * 1000;
  if (clock.nowMs() - tick.tickMs > everyMs) return { kind: 'stale' };
  const targets = settings.config.targets.slice(tick.shard * TARGETS_PER_SHARD, (tick.shard + 1) * TARGETS_PER_SHARD);
  await remember(deps, tick.shard, targets);
  const open = new Map((await deps.stores.open.openTargets()).map((item) => [item.value.targetId, item]));
  const isHoldersTick = Math.round(tick.tickMs / everyMs) % HOLDERS_EVERY_TICKS === 0;

  const taken = await forEachLimited(targets, SOCKETS_MAX, async (target) => {
    const memory = memoryOf(deps.memory, target.id);
    const want = isHoldersTick || open.has(target.id) || isSuspicious(memory.records, rulesOf(settings.config, target));
    return { target, sample: await takeSample(deps, target, want ? 'holders' : 'counts') };
  });
  const records = new Map(taken.map(({ target }) => [target.id, newestRecord(deps, target.id)]));
  // Another invocation of this tick keeps the evidence and decides; ours would say the same.
  if ((await deps.chunks.put(tick.shard, tick.tickMs, records)) === 'exists') return { kind: 'duplicate' };
  await forEachLimited(taken, SOCKETS_MAX, ({ target, sample }) =>
    decideOn(deps, target, sample, open.get(target.id) ?? null),
  );

  const suspects = targets.filter((target) => needsCloseLook(deps, target, open.get(target.id)?.value ?? null));
  const closeLooks = await lookClosely(deps, tick.shard, suspects, tick.untilMs);
  return { kind: 'watched', targets: targets.length, closeLooks };
}

/** Samples some targets now, after a run, and goes on until they are judged or the time is over. */
export async function watchNow(deps: WatchDeps, targetIds: readonly string[], untilMs: number): Promise<WatchReport> {
  const { targets } = deps.settings.config;
  const chosen = targets.filter((target) => targetIds.includes(target.id));
  let closeLooks = 0;
  for (const target of chosen) {
    const shard = Math.floor(targets.indexOf(target) / TARGETS_PER_SHARD);
    await remember(deps, shard, [target]);
    closeLooks += await lookClosely(deps, shard, [target], untilMs);
  }
  return { kind: 'watched', targets: chosen.length, closeLooks };
}

async function lookClosely(
  deps: WatchDeps,
  shard: number,
  suspects: readonly TargetConfig[],
  untilMs: number,
): Promise<number> {
  let looks = 0;
  let left = suspects;
  while (left.length > 0 && deps.clock.nowMs() + CLOSE_LOOK_MS < untilMs) {
    await deps.clock.sleep(CLOSE_LOOK_MS);
    const states = await forEachLimited(left, SOCKETS_MAX, async (target) => {
      const sample = await takeSample(deps, target, 'holders');
      return { target, state: await decideOn(deps, target, sample, await deps.stores.targets.read(target.id)) };
    });
    const records = new Map(left.map((target) => [target.id, newestRecord(deps, target.id)]));
    await deps.chunks.put(shard, deps.clock.nowMs(), records);
    left = states.filter(({ target, state }) => needsCloseLook(deps, target, state)).map(({ target }) => target);
    looks += 1;
  }
  return looks;
}

function needsCloseLook(deps: WatchDeps, target: TargetConfig, state: TargetState | null): boolean {
  if (state?.run?.phase === 'verifying') return true;
  return isSuspicious(memoryOf(deps.memory, target.id).records, rulesOf(deps.settings.config, target));
}

/** A warm container asks only for what other invocations added; a cold one for the last hour. */
async function remember(deps: WatchDeps, shard: number, targets: readonly TargetConfig[]): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const known = targets.map((target) => memoryOf(deps.memory, target.id).records.at(-1)?.atMs ?? 0);
  const afterMs = Math.max(nowMs - REMEMBER_MS, Math.min(...known, nowMs));
  const stored = await deps.chunks.since(shard, afterMs, nowMs);
  for (const target of targets) {
    const memory = memoryOf(deps.memory, target.id);
    const records = mergeRecords(memory.records, stored.get(target.id) ?? []);
    deps.memory.set(target.id, { ...memory, records, connectionsMax: memory.connectionsMax || limitOf(records) });
  }
}
