import { advanceDetector } from '../core/evaluate/detector/advance-detector.ts';
import { createDetectorState, type DetectorState, type Phase } from '../core/evaluate/detector/detector-state.ts';
import type { Finding } from '../core/evaluate/detector/finding.ts';
import { rebuildDetector, type StoredCourse } from '../core/evaluate/detector/rebuild-detector.ts';
import type { LeakFinding } from '../core/evaluate/evaluate-rules.ts';
import { toLeakFinding } from '../core/evaluate/leak-finding.ts';
import type { Counters, Reading } from '../core/sample/sample.ts';
import type { TickRecord } from '../core/sample/tick-record.ts';

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
  readonly detector: DetectorState;
  readonly finding: Finding;
  /** false until what is stored of the target was read. */
  readonly isWarm: boolean;
}

export type WatchMemory = Map<string, TargetMemory>;

const NOTHING_YET: TargetMemory = {
  records: [],
  counters: null,
  connectionsMax: 0,
  waitTimeoutSeconds: null,
  detector: createDetectorState(),
  finding: { kind: 'calm', why: 'learning' },
  isWarm: false,
};

export function memoryOf(memory: WatchMemory, targetId: string): TargetMemory {
  return memory.get(targetId) ?? NOTHING_YET;
}

/** One sample more; `reading` is what could be read of it. */
export function remembered(memory: TargetMemory, record: TickRecord, reading: Reading | null): TargetMemory {
  const waitTimeoutSeconds = reading?.waitTimeoutSeconds ?? memory.waitTimeoutSeconds;
  const { state, finding } = advanceDetector(memory.detector, record, { waitTimeoutSeconds });
  return {
    ...memory,
    records: mergeRecords(memory.records, [record]),
    counters: reading?.counters ?? memory.counters,
    connectionsMax: reading?.connectionsMax ?? memory.connectionsMax,
    waitTimeoutSeconds,
    detector: state,
    finding,
  };
}

/** What a cold container knows after it read what is stored. */
export function recalled(course: StoredCourse, phase: Phase | null): TargetMemory {
  const records = course.ticks.slice(-RECORDS_MAX);
  return {
    ...NOTHING_YET,
    records,
    connectionsMax: limitOf(records),
    detector: rebuildDetector(course, phase),
    isWarm: true,
  };
}

/** Ticks that other invocations stored meanwhile. */
export function caughtUp(memory: TargetMemory, more: readonly TickRecord[]): TargetMemory {
  const known = memory.records.at(-1)?.atMs ?? 0;
  return more
    .filter((record) => record.atMs > known)
    .reduce((grown, record) => remembered(grown, record, null), memory);
}

/**
 * The detector's alarm as a reason of the verdict. Once the end of a leak is in sight it is no reason any more:
 * from there the incident's own quiet period counts, and a run may be judged.
 */
export function leakOf({ finding, detector }: TargetMemory): LeakFinding | null {
  const isEnding = (detector.phase.alert?.releasedForMs ?? 0) > 0;
  return isEnding ? null : toLeakFinding(finding);
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
