import { type AttributeValue, GetItemCommand } from '@aws-sdk/client-dynamodb';
import type { EntityKind, Versioned, VersionedStore } from '../../core/ports.ts';
import { parseStored, toStoredJson } from '../../core/store/item.ts';
import type { EntityValues } from '../../core/store/markers.ts';
import { StoreError } from '../../core/store/store-error.ts';
import { conditionalPut, type DynamoTable, reading } from './dynamo-call.ts';
import { stateItem, stateKey } from './state-item.ts';

/** One item per entity; every transition is one conditional put of the whole item. */
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
    const guard =
      expected === null
        ? { ConditionExpression: 'attribute_not_exists(pk)' }
        : {
            ConditionExpression: 'revision = :expected',
            ExpressionAttributeValues: { ':expected': { N: String(expected) } },
          };
    const answer = await conditionalPut(this.#table, { Item: item, ...guard });
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
