import type { TargetConfig } from '../core/config/config.ts';
import { rulesOf } from '../core/config/people.ts';
import {
  createDecisionState,
  type Decision,
  type DecisionOptions,
  decideSample,
  rebuildDecision,
  type StoredPhase,
} from '../core/evaluate/decide-sample.ts';
import type { StoredCourse } from '../core/evaluate/detector/rebuild-detector.ts';
import { type Explanation, explain, NOTHING_EXPLAINED } from '../core/evaluate/explain.ts';
import type { Counters, Reading } from '../core/model/sample.ts';
import type { ChunkRecords, RollUpKind, TickRecord } from '../core/model/sample-record.ts';
import type { TargetState } from '../core/model/target.ts';
import type { ChunkStore, Clock, Stores } from '../core/ports.ts';
import { BUCKET_MS, PEAK_MS, spanStartMs, toBucket, toPeak } from '../core/sample/roll-up.ts';
import type { Settings } from '../core/settings.ts';
import { forEachLimited } from './change-item.ts';

/** At one sample a minute, four hours. */
const RECORDS_MAX = 240;

/** What a warm container knows of one target. Only a copy: the chunks and the target item are the truth. */
export interface TargetMemory {
  /** Oldest first. */
  readonly records: readonly TickRecord[];
  readonly counters: Counters | null;
  /** The limit last read, for samples that were refused. */
  readonly connectionsMax: number;
  readonly waitTimeoutSeconds: number | null;
  readonly decision: Decision;
  readonly explanation: Explanation;
  /** What the log was last told about pools, where nothing is wrong. */
  readonly advised: string;
  /** What a cold container found stored; judged with the first sample, which says what `wait_timeout` is. */
  readonly cold: { readonly course: StoredCourse; readonly phase: StoredPhase } | null;
  /** false until what is stored of the target was read. */
  readonly isWarm: boolean;
}

export type WatchMemory = Map<string, TargetMemory>;

export type Decider = Pick<DecisionOptions, 'rules' | 'quietMs'>;

const NOTHING_YET: TargetMemory = {
  records: [],
  counters: null,
  connectionsMax: 0,
  waitTimeoutSeconds: null,
  decision: {
    state: createDecisionState(),
    verdict: { kind: 'unknown', why: 'tooFewSamples' },
    finding: { kind: 'calm', why: 'learning' },
  },
  explanation: NOTHING_EXPLAINED,
  advised: '',
  cold: null,
  isWarm: false,
};

export function memoryOf(memory: WatchMemory, targetId: string): TargetMemory {
  return memory.get(targetId) ?? NOTHING_YET;
}

/** One sample more; `reading` is what could be read of it. */
export function remembered(
  memory: TargetMemory,
  record: TickRecord,
  reading: Reading | null,
  using: Decider,
): TargetMemory {
  const waitTimeoutSeconds = reading?.waitTimeoutSeconds ?? memory.waitTimeoutSeconds;
  const options = { ...using, waitTimeoutSeconds };
  const { cold } = memory;
  const state = cold === null ? memory.decision.state : rebuildDecision(cold.course, cold.phase, options);
  const decision = decideSample(state, record, options);
  const former = memory.records.findLast(({ atMs, kind }) => kind === 'reading' && atMs < record.atMs);
  const elapsedSeconds = former === undefined ? null : (record.atMs - former.atMs) / 1000;
  return {
    ...memory,
    records: mergeRecords(memory.records, [record]),
    counters: reading?.counters ?? memory.counters,
    connectionsMax: reading?.connectionsMax ?? memory.connectionsMax,
    waitTimeoutSeconds,
    decision,
    explanation: reading === null ? memory.explanation : explain(memory.explanation, decision, reading, elapsedSeconds),
    cold: null,
  };
}

/** What a cold container knows after it read what is stored. */
export function recalled(course: StoredCourse, state: TargetState | null): TargetMemory {
  const records = course.ticks.slice(-RECORDS_MAX);
  const phase = { detector: state?.detectorPhase ?? null, decision: state?.decisionPhase ?? null };
  return { ...NOTHING_YET, records, connectionsMax: limitOf(records), cold: { course, phase }, isWarm: true };
}

/** What is decided by for this target. */
export function deciderOf({ config }: Settings, target: TargetConfig): Decider {
  return { rules: rulesOf(config, target), quietMs: config.quietSeconds * 1000 };
}

/** What a cold container cannot have from samples. */
export function phasesOf({ decision, records }: TargetMemory): Pick<TargetState, 'detectorPhase' | 'decisionPhase'> {
  const { detector, phase } = decision.state;
  return { detectorPhase: detector.phase, decisionPhase: { ...phase, atMs: records.at(-1)?.atMs ?? 0 } };
}

/** What happens during a leak must not become normal. */
export function isInAlert({ cold, decision }: TargetMemory): boolean {
  const phase = cold === null ? decision.state.detector.phase : cold.phase.detector;
  return phase !== null && phase.alert !== null;
}

/** Ticks that other invocations stored meanwhile. */
export function caughtUp(memory: TargetMemory, more: readonly TickRecord[], using: Decider): TargetMemory {
  const known = memory.records.at(-1)?.atMs ?? 0;
  return more
    .filter((record) => record.atMs > known)
    .reduce((grown, record) => remembered(grown, record, null, using), memory);
}

/** Both lists in time order; a record of the same instant counts once. */
function mergeRecords(known: readonly TickRecord[], more: readonly TickRecord[]): readonly TickRecord[] {
  const newest = known.at(-1)?.atMs ?? 0;
  if (more.every((record) => record.atMs > newest)) return [...known, ...more].slice(-RECORDS_MAX);
  const byTime = new Map([...known, ...more].map((record) => [record.atMs, record]));
  return [...byTime.values()].sort((a, b) => a.atMs - b.atMs).slice(-RECORDS_MAX);
}

/** The limit as the records last saw it, for a container that has not read it itself. */
function limitOf(records: readonly TickRecord[]): number {
  const seen = records.findLast((record) => record.kind === 'reading');
  return seen?.kind === 'reading' ? seen.connectionsMax : 0;
}

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
