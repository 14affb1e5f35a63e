import type { Counters } from '../core/sample/sample.ts';
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
}

export type WatchMemory = Map<string, TargetMemory>;

export function memoryOf(memory: WatchMemory, targetId: string): TargetMemory {
  return memory.get(targetId) ?? { records: [], counters: null, connectionsMax: 0 };
}

/** Both lists in time order; a record of the same instant counts once. */
export function mergeRecords(known: readonly TickRecord[], more: readonly TickRecord[]): readonly TickRecord[] {
  const newest = known.at(-1)?.atMs ?? 0;
  if (more.every((record) => record.atMs > newest)) return [...known, ...more].slice(-RECORDS_MAX);
  const byTime = new Map([...more, ...known].map((record) => [record.atMs, record]));
  return [...byTime.values()].sort((a, b) => a.atMs - b.atMs).slice(-RECORDS_MAX);
}

/** The limit as the records last saw it, for a container that has not read it itself. */
export function limitOf(records: readonly TickRecord[]): number {
  const seen = records.findLast((record) => record.kind === 'reading');
  return seen?.kind === 'reading' ? seen.connectionsMax : 0;
}
