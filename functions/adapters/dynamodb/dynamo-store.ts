import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import type {
  ChunkStore,
  EntityKind,
  OnSetAside,
  OpenItems,
  OpenTargets,
  Stores,
  Versioned,
  VersionedStore,
} from '../../core/ports.ts';
import { asideOf, idsOf, readEach, readItem, toStoredJson } from '../../core/store/item.ts';
import type { EntityValues } from '../../core/store/markers.ts';
import { conditionalPut, type DynamoTable, queryItems, reading } from './dynamo-call.ts';
import { DynamoChunkStore } from './dynamo-chunk-store.ts';
import { DynamoStartStore } from './dynamo-start-store.ts';
import { DynamoTimeline } from './dynamo-timeline.ts';
import { guardOf, OPEN_INDEX, rawItem, stateItem, stateKey, WAITING_INDEX } from './state-item.ts';

/** One item per entity; every transition but the start of a run is one conditional put of the whole item. */
export class DynamoStore<K extends EntityKind> implements VersionedStore<EntityValues[K]> {
  readonly #table: DynamoTable;
  readonly #entity: K;

  constructor(table: DynamoTable, entity: K) {
    this.#table = table;
    this.#entity = entity;
  }

  async read(id: string): Promise<Versioned<EntityValues[K]> | null> {
    const { client, tableName } = this.#table;
    const command = new GetItemCommand({
      TableName: tableName,
      Key: stateKey(this.#entity, id),
      ConsistentRead: true,
    });
    const { Item: item } = await reading(() => client.send(command));
    if (item === undefined) return null;
    const raw = rawItem(item);
    try {
      return readItem(this.#entity, raw);
    } catch (error) {
      this.#table.onSetAside?.(asideOf(raw.key, error));
      throw error;
    }
  }

  /**
   * Throws a StoreError `unclear` when no attempt got an answer: the write may or may not have happened.
   * The SDK repeats an attempt without an answer, and the repeat then meets our own item as a conflict;
   * it is recognised by its revision and body. When somebody else has already written over it, the answer
   * is `conflict`, so a caller that claims something still looks whether the claim it finds is its own.
   */
  async write(id: string, value: EntityValues[K], expected: number | null): Promise<'written' | 'conflict'> {
    const item = stateItem(this.#entity, id, value, (expected ?? 0) + 1);
    const answer = await conditionalPut(this.#table, { Item: item, ...guardOf(expected) });
    if (answer.kind === 'conflict' && answer.retried) {
      const found = await this.read(id);
      const isOwn =
        found?.revision === (expected ?? 0) + 1 &&
        JSON.stringify(found.value) === toStoredJson(this.#entity, id, value);
      return isOwn ? 'written' : 'conflict';
    }
    return answer.kind;
  }
}

const TARGETS_MAX = 1000;

const DUE_MAX = 200;

/** Queries of the sparse index `open`. It lags a little behind the table, so writers check revisions as ever. */
export class DynamoOpenItems implements OpenItems {
  readonly #table: DynamoTable;
  readonly #onSetAside: OnSetAside;

  constructor(table: DynamoTable) {
    this.#table = table;
    this.#onSetAside = table.onSetAside ?? (() => undefined);
  }

  async openTargets(): Promise<OpenTargets> {
    const found = await queryItems(this.#table, openOf('target'), TARGETS_MAX);
    return readEach('target', found.map(rawItem), this.#onSetAside);
  }

  async dueIds(kind: EntityKind, nowMs: number): Promise<readonly string[]> {
    const { KeyConditionExpression: partition, ...query } = openOf(kind);
    const items = await queryItems(
      this.#table,
      {
        ...query,
        KeyConditionExpression: `${partition} AND dueAtMs <= :now`,
        ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ':now': { N: String(nowMs) } },
        ProjectionExpression: 'pk, sk',
      },
      DUE_MAX,
    );
    return idsOf(kind, items.map(rawItem), this.#onSetAside);
  }
}

function openOf(kind: EntityKind) {
  const index = kind === 'inbox' ? WAITING_INDEX : OPEN_INDEX;
  return {
    IndexName: index,
    KeyConditionExpression: '#open = :kind',
    ExpressionAttributeNames: { '#open': index },
    ExpressionAttributeValues: { ':kind': { S: kind } },
  };
}

/** Everything that is kept, in the one table. */
export function createDynamoStores(table: DynamoTable): Stores & { readonly chunks: ChunkStore } {
  return {
    targets: new DynamoStore(table, 'target'),
    starts: new DynamoStartStore(table),
    applications: new DynamoStore(table, 'application'),
    inbox: new DynamoStore(table, 'inbox'),
    requests: new DynamoStore(table, 'request'),
    runs: new DynamoStore(table, 'run'),
    freezes: new DynamoStore(table, 'freezes'),
    channels: new DynamoStore(table, 'channel'),
    pace: new DynamoStore(table, 'pace'),
    timeline: new DynamoTimeline(table),
    open: new DynamoOpenItems(table),
    chunks: new DynamoChunkStore(table),
  };
}
