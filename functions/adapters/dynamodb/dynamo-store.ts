import { type AttributeValue, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { TargetState } from '../../core/model/target.ts';
import type { ChunkStore, EntityKind, OpenItems, Stores, Versioned, VersionedStore } from '../../core/ports.ts';
import { parseStored, toStoredJson } from '../../core/store/item.ts';
import type { EntityValues } from '../../core/store/markers.ts';
import { StoreError } from '../../core/store/store-error.ts';
import { conditionalPut, type DynamoTable, queryItems, reading } from './dynamo-call.ts';
import { DynamoChunkStore } from './dynamo-chunk-store.ts';
import { DynamoStartStore } from './dynamo-start-store.ts';
import { DynamoTimeline } from './dynamo-timeline.ts';
import { guardOf, OPEN_INDEX, stateItem, stateKey } from './state-item.ts';

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
    return item === undefined ? null : versionedFrom(this.#entity, item);
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

/** Reads an item of the table or of its index back. */
export function versionedFrom<K extends EntityKind>(
  entity: K,
  item: Readonly<Record<string, AttributeValue>>,
): Versioned<EntityValues[K]> {
  const id = item['id']?.S ?? '';
  const revision = Number(item['revision']?.N);
  if (!Number.isInteger(revision)) {
    throw new StoreError('unreadableItem', `the stored ${entity} ${id} has no revision`);
  }
  return { value: parseStored(entity, id, item['body']?.S ?? ''), revision };
}

const TARGETS_MAX = 1000;

const DUE_MAX = 200;

/** Queries of the sparse index `open`. It lags a little behind the table, so writers check revisions as ever. */
export class DynamoOpenItems implements OpenItems {
  readonly #table: DynamoTable;

  constructor(table: DynamoTable) {
    this.#table = table;
  }

  async openTargets(): Promise<readonly Versioned<TargetState>[]> {
    const items = await queryItems(this.#table, openOf('target'), TARGETS_MAX);
    return items.map((item) => versionedFrom('target', item));
  }

  async dueIds(kind: EntityKind, nowMs: number): Promise<readonly string[]> {
    const { KeyConditionExpression: partition, ...query } = openOf(kind);
    const items = await queryItems(
      this.#table,
      {
        ...query,
        KeyConditionExpression: `${partition} AND dueAtMs <= :now`,
        ExpressionAttributeValues: { ...query.ExpressionAttributeValues, ':now': { N: String(nowMs) } },
        ProjectionExpression: 'id',
      },
      DUE_MAX,
    );
    return items.map((item) => item['id']?.S ?? '');
  }
}

function openOf(kind: EntityKind) {
  return {
    IndexName: OPEN_INDEX,
    KeyConditionExpression: '#open = :kind',
    ExpressionAttributeNames: { '#open': 'open' },
    ExpressionAttributeValues: { ':kind': { S: kind } },
  };
}

/** Everything that is kept, in the one table. */
export function createDynamoStores(table: DynamoTable): Stores & { readonly chunks: ChunkStore } {
  return {
    targets: new DynamoStore(table, 'target'),
    starts: new DynamoStartStore(table),
    applications: new DynamoStore(table, 'application'),
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
