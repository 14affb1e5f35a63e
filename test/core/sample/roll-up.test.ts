import { describe, expect, it } from 'vitest';
import type { IdleAges } from '../../../functions/core/model/sample.ts';
import type { BucketRecord, ReadingRecord, TickRecord } from '../../../functions/core/model/sample-record.ts';
import { BUCKET_MS, PEAK_MS, spanStartMs, toBucket, toPeak } from '../../../functions/core/sample/roll-up.ts';

const START_MS = spanStartMs(1_795_410_300_000, PEAK_MS);

function reading(afterMs: number, connected: number, change: Partial<ReadingRecord> = {}): ReadingRecord {
  return {
    kind: 'reading',
    atMs: START_MS + afterMs,
    connected,
    running: 2,
    connectionsMax: 151,
    refused: 0,
    ages: null,
    blind: false,
    uptimeMinutes: 1440,
    ...change,
  };
}

function bucket(at: number, connectedP80: number, ages: IdleAges | null = null): BucketRecord {
  const startMs = START_MS + at * BUCKET_MS;
  return { startMs, connected: 1, connectedP80, running: 1, ages, uptimeMinutes: 1440, samples: 4 };
}

describe('toBucket', () => {
  it('takes the mean of connections and of running statements', () => {
    const records = [
      reading(0, 10, { running: 1 }),
      reading(60_000, 20, { running: 2 }),
      reading(120_000, 60, { running: 6 }),
    ];
    expect(toBucket(records, START_MS)).toMatchObject({ startMs: START_MS, connected: 30, running: 3, samples: 3 });
  });

  it('takes the minimum of each idle age on its own, over the samples that looked', () => {
    const records = [
      reading(0, 10, { ages: [9, 5, 4, 0] }),
      reading(60_000, 10),
      reading(120_000, 10, { ages: [7, 6, 2, 1] }),
    ];
    expect(toBucket(records, START_MS)?.ages).toEqual([7, 5, 2, 0]);
    expect(toBucket([reading(0, 10)], START_MS)?.ages).toBeNull();
  });

  it('takes the 80th percentile between the ranks, so that one burst in four samples does not become the peak', () => {
    const records = [10, 10, 12, 100].map((connected, at) => reading(at * 60_000, connected));
    expect(toBucket(records, START_MS)?.connectedP80).toBeCloseTo(12 + 0.4 * 88);
    expect(toBucket([reading(0, 7)], START_MS)?.connectedP80).toBe(7);
    const many = Array.from({ length: 16 }, (_, at) => reading(at * 15_000, at));
    expect(toBucket(many, START_MS)?.connectedP80).toBe(12);
  });

  it('counts only its own four minutes', () => {
    const records = [reading(-1, 100), reading(0, 10), reading(BUCKET_MS - 1, 20), reading(BUCKET_MS, 100)];
    expect(toBucket(records, START_MS)).toMatchObject({ connected: 15, samples: 2 });
  });

  it('counts a refusal as a reading at the limit, and never as a restart', () => {
    const full = reading(60_000, 151, { kind: 'full', refused: 1, uptimeMinutes: 0 });
    expect(toBucket([reading(0, 149), full], START_MS)).toMatchObject({ connected: 150, uptimeMinutes: 1440 });
    expect(toBucket([full], START_MS)?.uptimeMinutes).toBe(0);
  });

  it('is nothing when nothing could be read', () => {
    const unreadable: TickRecord = { kind: 'unreadable', atMs: START_MS, cause: 'frozen' };
    expect(toBucket([unreadable], START_MS)).toBeNull();
    expect(toBucket([], START_MS)).toBeNull();
    expect(toBucket([unreadable, reading(1, 10)], START_MS)?.samples).toBe(1);
  });
});

describe('toPeak', () => {
  it('takes the largest 80th percentile, load and bucket minimum of each idle age', () => {
    const buckets = [bucket(0, 40, [9, 1, 0, 0]), { ...bucket(1, 55, null), running: 7 }, bucket(29, 30, [4, 3, 2, 0])];
    expect(toPeak(buckets, START_MS)).toEqual({
      startMs: START_MS,
      connected: 55,
      running: 7,
      ages: [9, 3, 2, 0],
      buckets: 3,
    });
  });

  it('counts only its own two hours, and is nothing without a bucket', () => {
    expect(toPeak([bucket(-1, 90), bucket(0, 40), bucket(30, 90)], START_MS)).toMatchObject({
      connected: 40,
      buckets: 1,
    });
    expect(toPeak([bucket(30, 90)], START_MS)).toBeNull();
  });
});
