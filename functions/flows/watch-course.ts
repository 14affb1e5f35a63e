import type { TargetConfig } from '../core/config/config.ts';
import type { ChunkRecords, RollUpKind, TickRecord } from '../core/model/sample-record.ts';
import type { TargetState } from '../core/model/target.ts';
import type { ChunkStore, Clock, Log, Stores } from '../core/ports.ts';
import { BUCKET_MS, PEAK_MS, spanStartMs, toBucket, toPeak } from '../core/sample/roll-up.ts';
import type { Settings } from '../core/settings.ts';
import { apart } from './apart.ts';
import { forEachLimited } from './change-item.ts';
import {
  caughtUp,
  deciderOf,
  distrust,
  isInAlert,
  isOutOfOrder,
  memoryOf,
  recalled,
  type WatchMemory,
} from './watch-memory.ts';

/** The detector looks at half an hour of samples, four hours of buckets and a week of peaks. */
const RAW_MS = 70 * 60_000;

const BUCKETS_MS = 4 * 3_600_000;

const PEAKS_MS = 7 * 24 * 3_600_000;

const READS_MAX = 25;

export interface CourseDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly chunks: ChunkStore;
  readonly memory: WatchMemory;
  readonly settings: Settings;
  readonly stores: Pick<Stores, 'targets'>;
}

/** A chunk lies under the time of its tick, which is begun up to a minute late; looks go on for another one. */
const LATE_MS_MAX = 2 * 60_000;

/** A warm container asks only for what other invocations added; a cold one for the whole course. */
export async function recall(
  deps: CourseDeps,
  shard: number,
  targets: readonly TargetConfig[],
  open: ReadonlyMap<string, TargetState>,
): Promise<void> {
  const nowMs = deps.clock.nowMs();
  const warm = targets.filter(({ id }) => memoryOf(deps.memory, id).isWarm);
  const known = warm.map(({ id }) => memoryOf(deps.memory, id).records.at(-1)?.atMs ?? 0);
  const afterMs = Math.max(nowMs - RAW_MS, Math.min(...known, nowMs) - LATE_MS_MAX);
  const added =
    warm.length === 0 ? new Map<string, readonly TickRecord[]>() : await deps.chunks.since(shard, afterMs, nowMs);
  for (const target of warm) {
    const memory = memoryOf(deps.memory, target.id);
    const stored = added.get(target.id) ?? [];
    if (isOutOfOrder(memory, stored)) distrust(deps.memory, target.id);
    else deps.memory.set(target.id, caughtUp(memory, stored, deciderOf(deps.settings, target)));
  }
  const cold = targets.filter(({ id }) => !memoryOf(deps.memory, id).isWarm);
  if (cold.length > 0) await recallCourse(deps, shard, cold, open);
}

async function recallCourse(
  deps: CourseDeps,
  shard: number,
  cold: readonly TargetConfig[],
  open: ReadonlyMap<string, TargetState>,
): Promise<void> {
  const { chunks, clock, memory, stores } = deps;
  const nowMs = clock.nowMs();
  const ticks = await chunks.since(shard, nowMs - RAW_MS, nowMs);
  const buckets = await chunks.rollUpsSince(shard, 'm4', nowMs - BUCKETS_MS);
  const peaks = await chunks.rollUpsSince(shard, 'h2', nowMs - PEAKS_MS);
  await forEachLimited(cold, READS_MAX, async ({ id }) => {
    const course = { ticks: inOrder(ticks.get(id) ?? []), buckets: buckets.get(id) ?? [], peaks: peaks.get(id) ?? [] };
    // How its last troubles ended makes the next end more careful.
    const read = () => stores.targets.read(id);
    const state = open.get(id) ?? (await apart(deps, `target#${id}`, read))?.value ?? null;
    memory.set(id, recalled(memoryOf(memory, id), course, state));
  });
}

/** As they were taken: a chunk lies where its tick was due, and its samples may be later than looks behind it. */
function inOrder(records: readonly TickRecord[]): readonly TickRecord[] {
  return records.toSorted((a, b) => a.atMs - b.atMs);
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
