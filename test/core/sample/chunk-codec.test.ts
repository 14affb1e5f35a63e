import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type IdleAges, UNREADABLE_CAUSES } from '../../../functions/core/model/sample.ts';
import type {
  BucketRecord,
  PeakRecord,
  ReadingRecord,
  TickRecord,
} from '../../../functions/core/model/sample-record.ts';
import { asStored, decodeChunk, encodeChunk, listHashOf } from '../../../functions/core/sample/chunk-codec.ts';

const BASE_MS = 1_795_410_300_000;
const count = (max: number) => fc.nat({ max });
const ages = (max: number) =>
  fc
    .array(count(max), { minLength: 4, maxLength: 4 })
    .map((values): IdleAges => values.sort((a, b) => b - a) as unknown as IdleAges);

/** Connections and limits up to 100,000, the most that a server can be set to; other counts up to a bound. */
const tickRecord = (countMax: number): fc.Arbitrary<TickRecord> =>
  fc.oneof(
    fc.record({
      kind: fc.constantFrom('reading' as const, 'full' as const),
      atMs: count(60_000).map((ms) => BASE_MS + ms),
      connected: count(100_000),
      running: count(countMax),
      connectionsMax: count(100_000),
      refused: fc.option(count(countMax)),
      ages: fc.option(ages(countMax)),
      blind: fc.boolean(),
      uptimeMinutes: count(65_535),
    }),
    fc.record({
      kind: fc.constant('unreadable' as const),
      atMs: count(60_000).map((ms) => BASE_MS + ms),
      cause: fc.constantFrom(...UNREADABLE_CAUSES),
    }),
  );
const ids = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,39}$/), { minLength: 1, maxLength: 100 });
const tick = (countMax: number) =>
  ids.chain((names) =>
    fc
      .array(tickRecord(countMax), { minLength: names.length, maxLength: names.length })
      .map((records) => new Map(names.map((id, at) => [id, records[at] as TickRecord]))),
  );

const reading: ReadingRecord = {
  kind: 'reading',
  atMs: BASE_MS,
  connected: 100_000,
  running: 17,
  connectionsMax: 100_000,
  refused: null,
  ages: [2047, 300, 20, 1],
  blind: false,
  uptimeMinutes: 1440,
};

describe('the chunk codec', () => {
  it('gives every tick back exactly while counts are below 2,048', () => {
    fc.assert(
      fc.property(tick(2047), (records) => {
        const { ids: list, data } = encodeChunk('raw', records);
        expect(decodeChunk('raw', data, list)).toEqual(records);
      }),
      { numRuns: 200 },
    );
  });

  it('loses at most 0.4 % of a larger count, and never its order', () => {
    fc.assert(
      fc.property(count(100_000), count(100_000), (one, other) => {
        const [more, less] = [Math.max(one, other), Math.min(one, other)];
        const stored = asStored('raw', { ...reading, running: more, ages: [more, more, less, less] });
        if (stored.kind === 'unreadable' || stored.ages === null) throw new Error('a reading stays a reading');
        expect(Math.abs(stored.running - more)).toBeLessThanOrEqual(more * 0.004);
        expect(stored.ages[0]).toBe(stored.running);
        expect(stored.ages[2]).toBeLessThanOrEqual(stored.ages[0]);
      }),
      { numRuns: 1000 },
    );
  });

  it('changes a record no more once it has been stored', () => {
    fc.assert(
      fc.property(tickRecord(200_000), (record) => {
        const stored = asStored('raw', record);
        expect(asStored('raw', stored)).toEqual(stored);
      }),
    );
  });

  it('keeps to 20 bytes a target, and to 2 KB for a hundred', () => {
    const hundred = new Map(Array.from({ length: 100 }, (_, at) => [`db-${at}`, reading]));
    const { data } = encodeChunk('raw', hundred);
    expect(data.length).toBeLessThanOrEqual(2000);
    expect(data.length - encodeChunk('raw', new Map([...hundred].slice(1))).data.length).toBeLessThanOrEqual(20);
  });

  it('cuts what does not fit instead of letting it run into its neighbour', () => {
    const huge = { ...reading, connected: 5e6, connectionsMax: 5e6, refused: 1e12, uptimeMinutes: 1e6, atMs: BASE_MS };
    const late = { ...reading, atMs: BASE_MS + 3_600_000 };
    const { ids: list, data } = encodeChunk(
      'raw',
      new Map([
        ['a', huge],
        ['b', late],
        ['c', reading],
      ]),
    );
    const decoded = decodeChunk('raw', data, list);
    expect(decoded?.get('a')).toMatchObject({ connected: 1_048_575, connectionsMax: 1_048_575, uptimeMinutes: 65_535 });
    expect(decoded?.get('b')).toMatchObject({ connected: 100_000, atMs: BASE_MS + 65_535 });
    expect(decoded?.get('c')).toEqual(reading);
    expect(asStored('raw', { ...reading, connected: -1, running: -1 })).toMatchObject({ connected: 0, running: 0 });
  });

  it('does not read a chunk for another list, of another length or of another version', () => {
    const { data, listHash } = encodeChunk(
      'raw',
      new Map([
        ['a', reading],
        ['b', reading],
      ]),
    );
    expect(listHashOf(data)).toBe(listHash);
    expect(decodeChunk('raw', data, ['a', 'b'])?.size).toBe(2);
    expect(decodeChunk('raw', data, ['a', 'c'])).toBeNull();
    expect(decodeChunk('raw', data, ['ab'])).toBeNull();
    expect(decodeChunk('raw', data.slice(0, -1), ['a', 'b'])).toBeNull();
    const newer = Uint8Array.from(data);
    newer[0] = 2;
    expect(decodeChunk('raw', newer, ['a', 'b'])).toBeNull();
  });

  it('reads a view into a larger buffer, as the SDK gives it', () => {
    const { data } = encodeChunk('raw', new Map([['a', reading]]));
    const larger = new Uint8Array(data.length + 5);
    larger.set(data, 5);
    expect(decodeChunk('raw', larger.subarray(5), ['a'])?.get('a')).toEqual(reading);
  });

  it('still reads what the first version wrote', () => {
    const first = { ...reading, atMs: BASE_MS + 13, connectionsMax: 151 };
    const raw =
      '01d5eb74f701a206cb0c6008000d186a00009705a00110007ff12c0140010200000500000000000000000000000000000015' +
      '000d186a00009705a001189c000000000000';
    expect(decodeChunk('raw', Buffer.from(raw, 'hex'), ['a', 'b', 'c'])).toEqual(
      new Map<string, TickRecord>([
        ['a', first],
        ['b', { kind: 'unreadable', atMs: BASE_MS, cause: 'quota' }],
        ['c', { ...first, kind: 'full', refused: 4992, ages: null, blind: true }],
      ]),
    );
    const m4 = Buffer.from('01e40c292c01a206cb0c60080000c40000e000002805a004009005002000', 'hex');
    expect(decodeChunk('m4', m4, ['a'])?.get('a')).toEqual({
      startMs: BASE_MS,
      connected: 12.25,
      connectedP80: 14,
      running: 2.5,
      ages: [9, 5, 2, 0],
      uptimeMinutes: 1440,
      samples: 4,
    });
    const h2 = Buffer.from('01e40c292c01a206cb0c60080000e01e009005002000', 'hex');
    expect(decodeChunk('h2', h2, ['a'])?.get('a')).toEqual({
      startMs: BASE_MS,
      connected: 14,
      // Kept before peaks had a load.
      running: 0,
      ages: [9, 5, 2, 0],
      buckets: 30,
    });
  });

  it('gives buckets back to a sixteenth, and peaks', () => {
    const mean = fc.double({ min: 0, max: 100_000, noNaN: true });
    const bucket: fc.Arbitrary<BucketRecord> = fc.record({
      startMs: fc.constant(BASE_MS),
      connected: mean,
      connectedP80: mean,
      running: mean,
      ages: fc.option(ages(2047)),
      uptimeMinutes: count(65_535),
      samples: count(255),
    });
    fc.assert(
      fc.property(bucket, (record) => {
        const stored = asStored('m4', record);
        for (const name of ['connected', 'connectedP80', 'running'] as const) {
          expect(Math.abs(stored[name] - record[name])).toBeLessThanOrEqual(1 / 32);
        }
        const { connected, connectedP80, running } = stored;
        expect(stored).toEqual({ ...record, connected, connectedP80, running });
        const peak: PeakRecord = { startMs: BASE_MS, connected, running, ages: record.ages, buckets: 30 };
        expect(asStored('h2', peak)).toEqual(peak);
      }),
    );
  });
});
