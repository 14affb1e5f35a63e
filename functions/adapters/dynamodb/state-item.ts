import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { EntityKind } from '../../core/ports.ts';
import { keyOf, type RawItem, toStoredJson } from '../../core/store/item.ts';
import { type EntityValues, markersOf } from '../../core/store/markers.ts';

/** The sort key of the one item that holds the state of an entity. */
export const STATE_SORT_KEY = 'STATE';

/** The sparse index of items with something left to do: partition `open`, sort `dueAtMs`. */
export const OPEN_INDEX = 'open';

/** Likewise of what waits in an inbox: partition `waiting`. */
export const WAITING_INDEX = 'waiting';

/** An attribute in DynamoDB's own JSON, so that a caller without the SDK can send it too. */
export type PlainAttribute = { readonly S: string } | { readonly N: string };
export type PlainItem = Readonly<Record<string, PlainAttribute>>;

export function stateKey(entity: EntityKind, id: string): PlainItem {
  return { pk: { S: keyOf(entity, id) }, sk: { S: STATE_SORT_KEY } };
}

/** An item under another sort key stands under another key, and so it is none of ours. */
export function rawItem({ pk, sk, revision, body }: Readonly<Record<string, AttributeValue>>): RawItem {
  const key = sk?.S === STATE_SORT_KEY ? (pk?.S ?? '') : `${pk?.S}/${sk?.S}`;
  return { key, revision: revision?.N === undefined ? null : Number(revision.N), body: body?.S ?? null };
}

/** The whole item: key, revision, body, and the markers that this body asks for. */
export function stateItem<K extends EntityKind>(
  entity: K,
  id: string,
  value: EntityValues[K],
  revision: number,
): PlainItem {
  const { open, waiting, dueAtMs, owes, expiresAtMs } = markersOf(entity, value);
  return {
    ...stateKey(entity, id),
    entity: { S: entity },
    id: { S: id },
    revision: { N: String(revision) },
    body: { S: toStoredJson(entity, id, value) },
    ...(open === undefined ? {} : { open: { S: open } }),
    ...(waiting === undefined ? {} : { waiting: { S: waiting } }),
    ...(dueAtMs === undefined ? {} : { dueAtMs: { N: String(dueAtMs) } }),
    ...(owes === undefined ? {} : { owes: { S: owes } }),
    ...(expiresAtMs === undefined ? {} : { expiresAtS: { N: String(Math.ceil(expiresAtMs / 1000)) } }),
  };
}

/** The condition of a write: the revision that was read; null: there is no such item yet. */
export function guardOf(expected: number | null) {
  return expected === null
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : {
        ConditionExpression: 'revision = :expected',
        ExpressionAttributeValues: { ':expected': { N: String(expected) } },
      };
}
