import { Readable } from 'node:stream';
import { DynamoDBClient, type DynamoDBClientConfig } from '@aws-sdk/client-dynamodb';
import * as z from 'zod';

type Attribute = Readonly<Record<string, unknown>>;
type Item = Readonly<Record<string, Attribute>>;

/** What the stream's filters see of a write; empty where an item has no such thing. */
export interface WrittenItem {
  readonly entity: string;
  readonly id: string;
  readonly owes: string;
}

/** What the table would put on the bill. */
export interface TableUnits {
  writes: number;
  reads: number;
}

const WRITE_UNIT_BYTES = 1024;
const READ_UNIT_BYTES = 4096;

const attribute = z.record(z.string(), z.unknown());
const item = z.record(z.string(), attribute);
const call = z.object({
  Item: item.optional(),
  Key: item.optional(),
  IndexName: z.string().optional(),
  Limit: z.number().optional(),
  ConsistentRead: z.boolean().optional(),
  ConditionExpression: z.string().optional(),
  KeyConditionExpression: z.string().optional(),
  ExpressionAttributeValues: item.default({}),
});
type Call = z.output<typeof call>;

/**
 * The table as far as the adapter asks of it, in memory: conditional puts, reads by key, and the queries of samples
 * and of the index of open items. It counts capacity units as the service bills them, so that a month can be computed
 * from what the functions really do. An expression that it does not know is an error, never a guess.
 */
export class CountingTable {
  readonly units: TableUnits = { writes: 0, reads: 0 };
  readonly client: DynamoDBClient;
  readonly #items = new Map<string, Item>();
  readonly #onWrite: (item: WrittenItem) => void;

  constructor(onWrite: (item: WrittenItem) => void = () => undefined) {
    this.#onWrite = onWrite;
    const handle = async ({ headers, body }: { headers: Record<string, string>; body?: unknown }) => {
      const answer = this.#answer(
        headers['x-amz-target']?.split('.')[1] ?? '',
        call.parse(JSON.parse(textOfBody(body))),
      );
      const headersOut = { 'content-type': 'application/x-amz-json-1.0' };
      return { response: { ...answer, headers: headersOut, body: Readable.from([Buffer.from(answer.text)]) } };
    };
    const requestHandler = { handle } as unknown as NonNullable<DynamoDBClientConfig['requestHandler']>;
    const credentials = { accessKeyId: 'counting', secretAccessKey: 'counting' };
    this.client = new DynamoDBClient({ region: 'us-east-1', credentials, requestHandler, maxAttempts: 1 });
  }

  #answer(operation: string, asked: Call): { readonly statusCode: number; readonly text: string } {
    if (operation === 'PutItem') return this.#put(asked);
    if (operation === 'GetItem') return this.#get(asked);
    if (operation === 'Query') return this.#query(asked);
    throw new Error(`the counting table does not know ${operation}`);
  }

  #put({ Item: put = {}, ConditionExpression: condition, ExpressionAttributeValues: values }: Call) {
    const key = keyOf(put);
    const before = this.#items.get(key);
    this.units.writes += unitsOf(Math.max(bytesOf(put), bytesOf(before ?? {})), WRITE_UNIT_BYTES);
    if (!holds(condition, before, values)) {
      return { statusCode: 400, text: JSON.stringify({ __type: 'ConditionalCheckFailedException', message: 'no' }) };
    }
    this.units.writes += indexWrites(before, put);
    this.#items.set(key, put);
    this.#onWrite({ entity: textOf(put['entity']), id: textOf(put['id']), owes: textOf(put['owes']) });
    return { statusCode: 200, text: '{}' };
  }

  #get({ Key: key = {}, ConsistentRead: isConsistent = false }: Call) {
    const found = this.#items.get(keyOf(key));
    this.#read(bytesOf(found ?? {}), isConsistent);
    return { statusCode: 200, text: JSON.stringify(found === undefined ? {} : { Item: found }) };
  }

  #query({
    IndexName: index,
    Limit: most,
    KeyConditionExpression: condition,
    ExpressionAttributeValues: values,
    ConsistentRead,
  }: Call) {
    const found = [...this.#items.values()]
      .filter((one) => (index === undefined ? inRange(one, values) : isOpen(one, values)))
      .sort((a, b) => (sortKey(a, index) < sortKey(b, index) ? -1 : 1))
      .slice(0, most);
    if (condition === undefined) throw new Error('the counting table knows no query without a key');
    this.#read(
      found.reduce((sum, one) => sum + bytesOf(one), 0),
      ConsistentRead ?? false,
    );
    return { statusCode: 200, text: JSON.stringify({ Items: found }) };
  }

  #read(bytes: number, isConsistent: boolean): void {
    this.units.reads += unitsOf(bytes, READ_UNIT_BYTES) * (isConsistent ? 1 : 0.5);
  }
}

function textOfBody(body: unknown): string {
  return body instanceof Uint8Array ? new TextDecoder().decode(body) : String(body);
}

function keyOf({ pk, sk }: Item): string {
  return `${textOf(pk)}\n${textOf(sk)}`;
}

function textOf(value: Attribute | undefined): string {
  return String(value?.['S'] ?? value?.['N'] ?? '');
}

/** At least one, also for nothing. */
function unitsOf(bytes: number, unitBytes: number): number {
  return Math.max(1, Math.ceil(bytes / unitBytes));
}

/** Names and values; binary counts as what it is, not as its base64. */
function bytesOf(one: Item): number {
  return Object.entries(one).reduce((sum, [name, value]) => {
    const [type = '', content] = Object.entries(value)[0] ?? [];
    const text = String(content);
    const length =
      type === 'B'
        ? Buffer.byteLength(text, 'base64')
        : type === 'N'
          ? Math.ceil(text.length / 2) + 1
          : Buffer.byteLength(text);
    return sum + Buffer.byteLength(name) + length;
  }, 0);
}

/** The sparse index holds whole items: one that moves within it is taken out and put in again. */
function indexWrites(before: Item | undefined, after: Item): number {
  const [was, is] = [before?.['open'], after['open']];
  const place = (one: Item | undefined) => `${textOf(one?.['open'])}#${textOf(one?.['dueAtMs'])}`;
  const put = is === undefined ? 0 : unitsOf(bytesOf(after), WRITE_UNIT_BYTES);
  if (was === undefined) return put;
  return place(before) === place(after) ? put : put + unitsOf(bytesOf(before ?? {}), WRITE_UNIT_BYTES);
}

function holds(condition: string | undefined, before: Item | undefined, values: Item): boolean {
  switch (condition) {
    case undefined:
      return true;
    case 'attribute_not_exists(pk)':
      return before === undefined;
    case 'revision = :expected':
      return textOf(before?.['revision']) === textOf(values[':expected']);
    case 'attribute_not_exists(pk) OR seq < :seq':
      return before === undefined || Number(textOf(before['seq'])) < Number(textOf(values[':seq']));
    default:
      throw new Error(`the counting table does not know the condition ${condition}`);
  }
}

function inRange(one: Item, values: Item): boolean {
  const sk = textOf(one['sk']);
  return textOf(one['pk']) === textOf(values[':pk']) && sk >= textOf(values[':from']) && sk <= textOf(values[':to']);
}

function isOpen(one: Item, values: Item): boolean {
  const now = values[':now'];
  const isDue = now === undefined || Number(textOf(one['dueAtMs'])) <= Number(textOf(now));
  return textOf(one['open']) === textOf(values[':kind']) && isDue;
}

function sortKey(one: Item, index: string | undefined): string {
  return index === undefined ? textOf(one['sk']) : textOf(one['dueAtMs']).padStart(16, '0');
}
