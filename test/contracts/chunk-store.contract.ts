import { describe, expect, it } from 'vitest';
import type { BucketRecord, PeakRecord, TickRecord } from '../../functions/core/model/sample-record.ts';
import type { ChunkStore } from '../../functions/core/ports.ts';
import { SAMPLE_NOW_MS } from '../fakes/sample-state.ts';

function reading(atMs: number, connected = 12): TickRecord {
  return {
    kind: 'reading',
    atMs,
    connected,
    running: 2,
    connectionsMax: 151,
    refused: 0,
    ages: [9, 5, 2, 0],
    blind: false,
    uptimeMinutes: 1440,
  };
}

function bucket(startMs: number): BucketRecord {
  return { startMs, connected: 12.25, connectedP80: 14, running: 2, ages: null, uptimeMinutes: 1440, samples: 4 };
}

const TICK_MS = SAMPLE_NOW_MS;

/** Every chunk store must pass this. `create` gives an empty one. */
export function chunkStoreContract(name: string, create: () => Promise<ChunkStore>): void {
  describe(`${name} keeps the ChunkStore contract`, () => {
    it('gives the records of each target oldest first, in whatever order the ticks were written', async () => {
      const chunks = await create();
      const atMs = [0, 15_000, 30_000].map((afterMs) => TICK_MS + afterMs);
      for (const ms of [30_000, 0, 15_000]) {
        const records = new Map([
          ['orders-db', reading(TICK_MS + ms, 10 + ms / 15_000)],
          ['billing-db', reading(TICK_MS + ms + 7)],
        ]);
        expect(await chunks.put(0, TICK_MS + ms, records)).toBe('written');
      }
      const found = await chunks.since(0, TICK_MS - 1, TICK_MS + 60_000);
      expect(found.get('orders-db')).toEqual(atMs.map((ms, at) => reading(ms, 10 + at)));
      expect(found.get('billing-db')).toEqual(atMs.map((ms) => reading(ms + 7)));
    });

    it('keeps the first chunk of a tick and says that it exists', async () => {
      const chunks = await create();
      await chunks.put(0, TICK_MS, new Map([['orders-db', reading(TICK_MS, 1)]]));
      expect(await chunks.put(0, TICK_MS, new Map([['orders-db', reading(TICK_MS, 2)]]))).toBe('exists');
      expect((await chunks.since(0, 0, TICK_MS)).get('orders-db')).toEqual([reading(TICK_MS, 1)]);
    });

    it('gives ticks after the one bound and not later than the other', async () => {
      const chunks = await create();
      for (const at of [1, 2, 3, 4]) await chunks.put(0, TICK_MS + at, new Map([['orders-db', reading(TICK_MS + at)]]));
      const found = await chunks.since(0, TICK_MS + 1, TICK_MS + 3);
      expect(found.get('orders-db')?.map((record) => record.atMs)).toEqual([TICK_MS + 2, TICK_MS + 3]);
      expect(await chunks.since(0, TICK_MS + 3, TICK_MS + 1)).toEqual(new Map());
    });

    it('keeps shards apart', async () => {
      const chunks = await create();
      await chunks.put(1, TICK_MS, new Map([['orders-db', reading(TICK_MS)]]));
      expect(await chunks.since(0, 0, TICK_MS)).toEqual(new Map());
      expect(await chunks.put(0, TICK_MS, new Map([['orders-db', reading(TICK_MS)]]))).toBe('written');
    });

    it('keeps ticks of a hundred targets and ticks of a few of them side by side', async () => {
      const chunks = await create();
      const all = Array.from({ length: 100 }, (_, at) => `db-${at}`);
      await chunks.put(0, TICK_MS, new Map(all.map((id, at) => [id, reading(TICK_MS, at)])));
      await chunks.put(0, TICK_MS + 5000, new Map([['db-7', reading(TICK_MS + 5000, 70)]]));
      const found = await chunks.since(0, 0, TICK_MS + 5000);
      expect(found.size).toBe(100);
      expect(found.get('db-99')).toEqual([reading(TICK_MS, 99)]);
      expect(found.get('db-7')).toEqual([reading(TICK_MS, 7), reading(TICK_MS + 5000, 70)]);
    });

    it('gives what was written before the targets of a shard changed', async () => {
      const chunks = await create();
      const before = Array.from({ length: 12 }, (_, at) => `db-${at}`);
      const after = before.slice(1).concat('db-new');
      await chunks.put(0, TICK_MS, new Map(before.map((id) => [id, reading(TICK_MS, 1)])));
      await chunks.put(0, TICK_MS + 1, new Map(after.map((id) => [id, reading(TICK_MS + 1, 2)])));
      const found = await chunks.since(0, 0, TICK_MS + 1);
      expect(found.get('db-0')?.map((record) => record.atMs)).toEqual([TICK_MS]);
      expect(found.get('db-5')?.map((record) => record.atMs)).toEqual([TICK_MS, TICK_MS + 1]);
      expect(found.get('db-new')?.map((record) => record.atMs)).toEqual([TICK_MS + 1]);
    });

    it('keeps roll-ups of both kinds apart from samples and from each other', async () => {
      const chunks = await create();
      const peak: PeakRecord = { startMs: TICK_MS, connected: 14, running: 3, ages: [9, 5, 2, 0], buckets: 30 };
      await chunks.put(0, TICK_MS, new Map([['orders-db', reading(TICK_MS)]]));
      expect(await chunks.putRollUp(0, 'm4', TICK_MS, new Map([['orders-db', bucket(TICK_MS)]]))).toBe('written');
      expect(await chunks.putRollUp(0, 'h2', TICK_MS, new Map([['orders-db', peak]]))).toBe('written');
      expect(await chunks.putRollUp(0, 'm4', TICK_MS, new Map([['orders-db', bucket(TICK_MS)]]))).toBe('exists');
      expect(await chunks.rollUpsSince(0, 'm4', 0)).toEqual(new Map([['orders-db', [bucket(TICK_MS)]]]));
      expect(await chunks.rollUpsSince(0, 'h2', TICK_MS - 1)).toEqual(new Map([['orders-db', [peak]]]));
      expect(await chunks.rollUpsSince(0, 'h2', TICK_MS)).toEqual(new Map());
      expect(await chunks.since(0, 0, TICK_MS)).toEqual(new Map([['orders-db', [reading(TICK_MS)]]]));
    });

    it('has nothing to write for a tick without records', async () => {
      const chunks = await create();
      expect(await chunks.put(0, TICK_MS, new Map())).toBe('written');
      expect(await chunks.since(0, 0, TICK_MS)).toEqual(new Map());
    });
  });
}
