import type { ChunkRecords, RollUpKind, TickRecord } from '../../functions/core/model/sample-record.ts';
import type { ChunkStore, OnSetAside } from '../../functions/core/ports.ts';
import { decodeChunk, type EncodedChunk, encodeChunk } from '../../functions/core/sample/chunk-codec.ts';

/** Keeps chunks encoded, so that a test sees the same rounding as the table gives. Nothing expires. */
export class MemoryChunks implements ChunkStore {
  readonly #chunks = new Map<string, Pick<EncodedChunk, 'ids' | 'data'> & { readonly startMs: number }>();
  readonly #onSetAside: OnSetAside;

  constructor(onSetAside: OnSetAside = () => undefined) {
    this.#onSetAside = onSetAside;
  }

  /** Puts a chunk of samples as whoever may write the table could. */
  async putRaw(shard: number, startMs: number, ids: readonly string[], data: Uint8Array): Promise<void> {
    this.#chunks.set(`${shard}#raw#${startMs}`, { ids, data, startMs });
  }

  put(shard: number, tickMs: number, records: ReadonlyMap<string, TickRecord>) {
    return this.#put(shard, 'raw', tickMs, records);
  }

  since(shard: number, afterMs: number, untilMs: number) {
    return this.#since(shard, 'raw', afterMs, untilMs);
  }

  putRollUp<K extends RollUpKind>(
    shard: number,
    kind: K,
    startMs: number,
    records: ReadonlyMap<string, ChunkRecords[K]>,
  ) {
    return this.#put(shard, kind, startMs, records);
  }

  rollUpsSince<K extends RollUpKind>(shard: number, kind: K, afterMs: number) {
    return this.#since(shard, kind, afterMs, Number.MAX_SAFE_INTEGER);
  }

  async #put<K extends keyof ChunkRecords>(
    shard: number,
    kind: K,
    startMs: number,
    records: ReadonlyMap<string, ChunkRecords[K]>,
  ): Promise<'written' | 'exists'> {
    if (records.size === 0) return 'written';
    const key = `${shard}#${kind}#${startMs}`;
    if (this.#chunks.has(key)) return 'exists';
    this.#chunks.set(key, { ...encodeChunk(kind, records), startMs });
    return 'written';
  }

  async #since<K extends keyof ChunkRecords>(
    shard: number,
    kind: K,
    afterMs: number,
    untilMs: number,
  ): Promise<ReadonlyMap<string, readonly ChunkRecords[K][]>> {
    const found = new Map<string, ChunkRecords[K][]>();
    const wanted = [...this.#chunks]
      .filter(([key, chunk]) => key.startsWith(`${shard}#${kind}#`) && chunk.startMs > afterMs)
      .map(([, chunk]) => chunk)
      .filter((chunk) => chunk.startMs <= untilMs)
      .sort((a, b) => a.startMs - b.startMs);
    for (const { data, ids, startMs } of wanted) {
      const records = decodeChunk(kind, data, ids, startMs);
      if (records === null) {
        this.#onSetAside({ item: `chunk#${shard}/${kind}#${startMs}`, why: 'it is damaged or of another time' });
      }
      for (const [id, record] of records ?? []) found.set(id, [...(found.get(id) ?? []), record]);
    }
    return found;
  }
}
