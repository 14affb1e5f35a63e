import { type AttributeValue, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { ChunkRecords, RollUpKind, TickRecord } from '../../core/model/sample-record.ts';
import type { ChunkStore } from '../../core/ports.ts';
import { decodeChunk, encodeChunk, listHashOf } from '../../core/sample/chunk-codec.ts';
import { conditionalPut, type DynamoTable, queryItems, reading } from './dynamo-call.ts';
import { rawItem } from './state-item.ts';

const HOUR_MS = 3_600_000;
/** The watch function looks back on an hour of samples; the rest is for replaying a month. */
export const SAMPLES_KEPT_DAYS = 31;
/** Longer than anybody looks back: four hours of buckets, a week of peaks. */
const KEPT_MS: { readonly [K in keyof ChunkRecords]: number } = {
  raw: SAMPLES_KEPT_DAYS * 24 * HOUR_MS,
  m4: 12 * HOUR_MS,
  h2: 216 * HOUR_MS,
};
const CHUNKS_MAX = 5000;
const LAST_MS = 9_999_999_999_999;

/** Up to so many ids ride in the chunk itself: it stays within the one write unit that it costs anyway. */
const IDS_IN_CHUNK_MAX = 8;
/** Lists are written again once a day, so that none expires before the chunks that need it. */
const LIST_RENEWED_MS = 24 * HOUR_MS;
const LIST_KEPT_MS = (SAMPLES_KEPT_DAYS + 2) * 24 * HOUR_MS;
const LISTS_CACHED_MAX = 100;

const NO_LIST = 'the list of its targets is not there';
const NO_CHUNK = 'it is damaged, of another version or of another time';

/**
 * Items `chunk#<shard>` / `<kind>#<13-digit start>`. A chunk of many targets names them by the hash of their
 * list; the list is an item of its own, `ids#<hash>`, written before the first chunk that needs it.
 */
export class DynamoChunkStore implements ChunkStore {
  readonly #table: DynamoTable;
  /** By partition and hash: when this container last wrote the list, and what it says. */
  readonly #listWrittenMs = new Map<string, number>();
  readonly #lists = new Map<string, readonly string[]>();

  constructor(table: DynamoTable) {
    this.#table = table;
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
    return this.#put<K>(shard, kind, startMs, records);
  }

  rollUpsSince<K extends RollUpKind>(shard: number, kind: K, afterMs: number) {
    return this.#since<K>(shard, kind, afterMs, LAST_MS);
  }

  async #put<K extends keyof ChunkRecords>(
    shard: number,
    kind: K,
    startMs: number,
    records: ReadonlyMap<string, ChunkRecords[K]>,
  ): Promise<'written' | 'exists'> {
    if (records.size === 0) return 'written';
    const { ids, listHash, data } = encodeChunk(kind, records);
    const ridesAlong = ids.length <= IDS_IN_CHUNK_MAX;
    if (!ridesAlong) await this.#writeList(shard, listHash, ids, startMs);
    const answer = await conditionalPut(this.#table, {
      Item: {
        ...chunkKey(shard, `${kind}#${digits(startMs)}`),
        data: { B: data },
        ...(ridesAlong ? { ids: { S: ids.join(',') } } : {}),
        ...expires(startMs + KEPT_MS[kind]),
      },
      ConditionExpression: 'attribute_not_exists(pk)',
    });
    // After a repeat it is probably our own; taking it for ours costs one more look at the tick, no more.
    return answer.kind === 'written' || answer.retried ? 'written' : 'exists';
  }

  async #writeList(shard: number, listHash: number, ids: readonly string[], nowMs: number): Promise<void> {
    const key = `${shard}#${listHash}`;
    if (nowMs - (this.#listWrittenMs.get(key) ?? 0) < LIST_RENEWED_MS) return;
    await conditionalPut(this.#table, {
      Item: { ...listKey(shard, listHash), ids: { S: ids.join(',') }, ...expires(nowMs + LIST_KEPT_MS) },
    });
    if (this.#listWrittenMs.size >= LISTS_CACHED_MAX) this.#listWrittenMs.clear();
    this.#listWrittenMs.set(key, nowMs);
  }

  async #since<K extends keyof ChunkRecords>(
    shard: number,
    kind: K,
    afterMs: number,
    untilMs: number,
  ): Promise<ReadonlyMap<string, readonly ChunkRecords[K][]>> {
    const found = new Map<string, ChunkRecords[K][]>();
    const [from, to] = [digits(afterMs + 1), digits(untilMs)];
    if (from > to) return found;
    const items = await queryItems(
      this.#table,
      {
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
        ExpressionAttributeValues: {
          ':pk': { S: `chunk#${shard}` },
          ':from': { S: `${kind}#${from}` },
          ':to': { S: `${kind}#${to}` },
        },
        ConsistentRead: true,
      },
      CHUNKS_MAX,
    );
    for (const item of items) {
      for (const [id, record] of (await this.#decode(shard, kind, item)) ?? []) {
        const ofTarget = found.get(id);
        if (ofTarget === undefined) found.set(id, [record]);
        else ofTarget.push(record);
      }
    }
    return found;
  }

  /** null for a chunk that cannot be read any more: told, and evidence lost, like a tick that was missed. */
  async #decode<K extends keyof ChunkRecords>(shard: number, kind: K, item: Readonly<Record<string, AttributeValue>>) {
    const data = item['data']?.B ?? new Uint8Array();
    const ids = item['ids']?.S?.split(',') ?? (await this.#readList(shard, listHashOf(data)));
    const records = decodeChunk(kind, data, ids ?? [], Number(item['sk']?.S?.split('#')[1]));
    if (records === null) {
      this.#table.onSetAside?.({ item: rawItem(item).key, why: ids === null ? NO_LIST : NO_CHUNK });
    }
    return records;
  }

  async #readList(shard: number, listHash: number | null): Promise<readonly string[] | null> {
    if (listHash === null) return null;
    const key = `${shard}#${listHash}`;
    const cached = this.#lists.get(key);
    if (cached !== undefined) return cached;
    const { client, tableName } = this.#table;
    const command = new GetItemCommand({ TableName: tableName, Key: listKey(shard, listHash), ConsistentRead: true });
    const { Item: item } = await reading(() => client.send(command));
    const ids = item?.['ids']?.S?.split(',') ?? null;
    if (this.#lists.size >= LISTS_CACHED_MAX) this.#lists.clear();
    if (ids !== null) this.#lists.set(key, ids);
    return ids;
  }
}

function chunkKey(shard: number, sortKey: string) {
  return { pk: { S: `chunk#${shard}` }, sk: { S: sortKey } };
}

function listKey(shard: number, listHash: number) {
  return chunkKey(shard, `ids#${listHash.toString(16).padStart(8, '0')}`);
}

function expires(atMs: number) {
  return { expiresAtS: { N: String(Math.ceil(atMs / 1000)) } };
}

/** As wide as epoch milliseconds are until the year 2286, so that text sorts like time. */
function digits(atMs: number): string {
  return String(Math.min(LAST_MS, Math.max(0, Math.ceil(atMs)))).padStart(13, '0');
}
