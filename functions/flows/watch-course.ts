import type { TargetConfig } from '../core/config/config.ts';
import type { ChunkRecords, RollUpKind } from '../core/model/sample-record.ts';
import type { TargetState } from '../core/model/target.ts';
import type { ChunkStore, Clock, Stores } from '../core/ports.ts';
import { BUCKET_MS, PEAK_MS, spanStartMs, toBucket, toPeak } from '../core/sample/roll-up.ts';
import type { Settings } from '../core/settings.ts';
import { forEachLimited } from './for-each-limited.ts';
import { caughtUp, deciderOf, isInAlert, memoryOf, recalled, type WatchMemory } from './watch-memory.ts';

/** The detector looks at half an hour of samples, four hours of buckets and a week of peaks. */
const RAW_MS = 70 * 60_000;
const BUCKETS_MS = 4 * 3_600_000;
const PEAKS_MS = 7 * 24 * 3_600_000;
const READS_MAX = 25;

export interface CourseDeps {
  readonly clock: Clock;
  readonly chunks: ChunkStore;
  readonly memory: WatchMemory;
  readonly settings: Settings;
  readonly stores: Pick<Stores, 'targets'>;
}

/** A warm container asks only for what other invocations added; a cold one for the whole course. */
export async function recall(
  deps: CourseDeps,
  shard: number,
  targets: readonly TargetConfig[],
  open: ReadonlyMap<string, TargetState>,
): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const isCold = targets.some((target) => !memoryOf(deps.memory, target.id).isWarm);
  const known = targets.map((target) => memoryOf(deps.memory, target.id).records.at(-1)?.atMs ?? 0);
  const afterMs = isCold ? nowMs - RAW_MS : Math.max(nowMs - RAW_MS, Math.min(...known, nowMs));
  const ticks = await deps.chunks.since(shard, afterMs, nowMs);
  const buckets = isCold ? await deps.chunks.rollUpsSince(shard, 'm4', nowMs - BUCKETS_MS) : null;
  const peaks = isCold ? await deps.chunks.rollUpsSince(shard, 'h2', nowMs - PEAKS_MS) : null;
  await forEachLimited(targets, READS_MAX, async (target) => {
    const { id } = target;
    const memory = memoryOf(deps.memory, id);
    const stored = ticks.get(id) ?? [];
    if (memory.isWarm) {
      deps.memory.set(id, caughtUp(memory, stored, deciderOf(deps.settings, target)));
      return;
    }
    const course = { ticks: stored, buckets: buckets?.get(id) ?? [], peaks: peaks?.get(id) ?? [] };
    // How its last troubles ended makes the next end more careful.
    const state = open.get(id) ?? (await deps.stores.targets.read(id))?.value ?? null;
    deps.memory.set(id, recalled(course, state));
  });
}

/** Rolls up the span of four minutes, and of two hours, that ended with this tick. Stored once, by whoever is first. */
export async function rollUp(
  deps: CourseDeps,
  shard: number,
  targets: readonly TargetConfig[],
  tickMs: number,
  everyMs: number,
): Promise<void> {
  const ended = (spanMs: number) => {
    const startMs = spanStartMs(tickMs, spanMs);
    return startMs === spanStartMs(tickMs - everyMs, spanMs) ? null : startMs - spanMs;
  };
  const bucketMs = ended(BUCKET_MS);
  if (bucketMs === null) return;
  await putAll(deps, shard, 'm4', bucketMs, targets, (id) => toBucket(memoryOf(deps.memory, id).records, bucketMs));
  const peakMs = ended(PEAK_MS);
  if (peakMs === null) return;
  const buckets = await deps.chunks.rollUpsSince(shard, 'm4', peakMs - 1);
  await putAll(deps, shard, 'h2', peakMs, targets, (id) => {
    return isInAlert(memoryOf(deps.memory, id)) ? null : toPeak(buckets.get(id) ?? [], peakMs);
  });
}

async function putAll<K extends RollUpKind>(
  { chunks }: CourseDeps,
  shard: number,
  kind: K,
  startMs: number,
  targets: readonly TargetConfig[],
  recordOf: (targetId: string) => ChunkRecords[K] | null,
): Promise<void> {
  const records = targets.flatMap(({ id }) => {
    const record = recordOf(id);
    return record === null ? [] : [[id, record] as const];
  });
  if (records.length > 0) await chunks.putRollUp(shard, kind, startMs, new Map(records));
}
