import type { IdleAges, Sample, UnreadableCause } from './sample.ts';

export function isSeen(record: TickRecord): record is ReadingRecord {
  return record.kind !== 'unreadable';
}

/** The newest record that saw the target, or null when none did. */
export function newestSeen(records: readonly TickRecord[]): ReadingRecord | null {
  return records.findLast(isSeen) ?? null;
}

/**
 * What a window is made of: one sample of one target, small enough to keep (20 bytes in a chunk).
 * Rules and detector judge records and nothing else, so a warm container and a cold one agree.
 */
export type TickRecord = ReadingRecord | UnreadableRecord;

export interface ReadingRecord {
  readonly kind: 'reading' | 'full';
  readonly atMs: number;
  /** For `full` without detail: at least the limit, as far as it is known. */
  readonly connected: number;
  readonly running: number;
  /** 0 when the server was full from the first sample on and the limit was never read. */
  readonly connectionsMax: number;
  readonly refused: number | null;
  /** null on a calm tick. */
  readonly ages: IdleAges | null;
  readonly blind: boolean;
  readonly uptimeMinutes: number;
}

export interface UnreadableRecord {
  readonly kind: 'unreadable';
  readonly atMs: number;
  readonly cause: UnreadableCause;
}

/** Four minutes of one target: what the leak detector looks back on for four hours. */
export interface BucketRecord {
  /** A multiple of four minutes. */
  readonly startMs: number;
  /** Mean of the samples, and their 80th percentile: a short burst moves neither by much. */
  readonly connected: number;
  readonly connectedP80: number;
  /** Mean of the samples. */
  readonly running: number;
  /** Minimum of each idle age over the samples that looked at holders; null when none did. */
  readonly ages: IdleAges | null;
  /** As last seen in the bucket, so that a restart between two buckets shows; 0 when it was never seen. */
  readonly uptimeMinutes: number;
  /** Readings behind it, at most 255. */
  readonly samples: number;
}

/** Two hours of one target: the healthy peaks that a leak is compared with, kept for a week. */
export interface PeakRecord {
  /** A multiple of two hours. */
  readonly startMs: number;
  /** Largest `connectedP80` of its buckets. */
  readonly connected: number;
  /** Largest mean of its buckets: the load that went with it; 0 in a chunk from before it was kept. */
  readonly running: number;
  /** Largest bucket minimum of each idle age; null when no bucket has ages. */
  readonly ages: IdleAges | null;
  readonly buckets: number;
}

/** The records by the kind of chunk that keeps them. */
export interface ChunkRecords {
  readonly raw: TickRecord;
  readonly m4: BucketRecord;
  readonly h2: PeakRecord;
}

export type RollUpKind = 'm4' | 'h2';

/** The limit last seen, so that a refusal without detail still has one. */
export function toTickRecord(sample: Sample, lastConnectionsMax: number): TickRecord {
  if (sample.kind === 'unreadable') return { kind: 'unreadable', atMs: sample.atMs, cause: sample.cause };
  const reading = sample.kind === 'reading' ? sample : sample.detail;
  if (reading === null) {
    return {
      kind: 'full',
      atMs: sample.atMs,
      connected: lastConnectionsMax,
      running: 0,
      connectionsMax: lastConnectionsMax,
      refused: 1,
      ages: null,
      blind: false,
      uptimeMinutes: 0,
    };
  }
  return {
    kind: sample.kind,
    atMs: sample.atMs,
    connected: reading.connected,
    running: reading.running,
    connectionsMax: reading.connectionsMax,
    refused: sample.kind === 'full' ? Math.max(1, reading.refused ?? 1) : reading.refused,
    ages: reading.holders?.sight === 'whole' ? reading.holders.ages : null,
    blind: reading.holders?.sight === 'blind',
    uptimeMinutes: Math.floor(reading.uptimeSeconds / 60),
  };
}
