import type { TargetConfig } from '../core/config/config.ts';
import { rulesOf } from '../core/config/people.ts';
import {
  type Decision,
  type DecisionOptions,
  decideSample,
  rebuildDecision,
  type StoredPhase,
} from '../core/evaluate/decide-sample.ts';
import { createDecisionState, isAhead } from '../core/evaluate/decision-state.ts';
import type { StoredCourse } from '../core/evaluate/detector/rebuild-detector.ts';
import { type Explanation, explain, NOTHING_EXPLAINED } from '../core/evaluate/explain.ts';
import type { Counters, Reading } from '../core/model/sample.ts';
import type { TickRecord } from '../core/model/sample-record.ts';
import type { TargetState } from '../core/model/target.ts';
import type { Settings } from '../core/settings.ts';

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
  /** Since when what is known could be told nobody: no table, or an item that cannot be read. null: it is told. */
  readonly untoldSinceMs: number | null;
  /** What a cold container found stored; judged with the first sample, which says what `wait_timeout` is. */
  readonly cold: { readonly course: StoredCourse; readonly phase: StoredPhase } | null;
  /** false until what is stored of the target was read, and when something else may be stored than what is known. */
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
  untoldSinceMs: null,
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
    records: mergeRecords(
      memory.records.filter(({ atMs }) => !isAhead(atMs, record.atMs)),
      [record],
    ),
    counters: reading?.counters ?? memory.counters,
    connectionsMax: reading?.connectionsMax ?? memory.connectionsMax,
    waitTimeoutSeconds,
    decision,
    explanation: reading === null ? memory.explanation : explain(memory.explanation, decision, reading, elapsedSeconds),
    cold: null,
  };
}

/** What a container knows after it read what is stored; of its own it keeps only what is stored nowhere. */
export function recalled(former: TargetMemory, course: StoredCourse, state: TargetState | null): TargetMemory {
  const records = course.ticks.slice(-RECORDS_MAX);
  const phase = { detector: state?.detectorPhase ?? null, decision: state?.decisionPhase ?? null };
  return { ...former, records, connectionsMax: limitOf(records), cold: { course, phase }, isWarm: true };
}

/** What is stored is read anew before the next sample: this container has a sample that was not stored. */
export function distrust(memory: WatchMemory, targetId: string): void {
  memory.set(targetId, { ...memoryOf(memory, targetId), isWarm: false });
}

/** Whether something was stored that lies between samples which this container has judged already. */
export function isOutOfOrder({ records }: TargetMemory, stored: readonly TickRecord[]): boolean {
  const known = new Set(records.map(({ atMs }) => atMs));
  const [oldestMs, newestMs] = [records.at(0)?.atMs ?? 0, records.at(-1)?.atMs ?? 0];
  return stored.some(({ atMs }) => atMs > oldestMs && atMs < newestMs && !known.has(atMs));
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
