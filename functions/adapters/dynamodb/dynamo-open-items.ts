import type { TargetState } from '../../core/model/target.ts';
import type { EntityKind, OpenItems, Versioned } from '../../core/ports.ts';
import { type DynamoTable, queryItems } from './dynamo-call.ts';
import { versionedFrom } from './dynamo-store.ts';
import { OPEN_INDEX } from './state-item.ts';

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
