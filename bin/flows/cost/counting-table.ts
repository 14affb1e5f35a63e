import {
  type AttributeValue,
  ConditionalCheckFailedException,
  DynamoDBClient,
  TransactionCanceledException,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';

type Item = Record<string, AttributeValue>;

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
/** Every stored item weighs so much more than it holds. */
const ITEM_OVERHEAD_BYTES = 100;

const item = z.record(
  z.string(),
  z.custom<AttributeValue>((value) => typeof value === 'object' && value !== null),
);
const put = z.object({
  Item: item,
  ConditionExpression: z.string().optional(),
  ExpressionAttributeValues: item.default({}),
});
const call = z.object({
  Item: item.optional(),
  TransactItems: z.array(z.object({ Put: put })).optional(),
  Key: item.optional(),
  IndexName: z.string().optional(),
  Limit: z.number().optional(),
  ConsistentRead: z.boolean().optional(),
  ConditionExpression: z.string().optional(),
  KeyConditionExpression: z.string().optional(),
  ExpressionAttributeValues: item.default({}),
});
type Call = z.output<typeof call>;
type Put = Pick<Call, 'Item' | 'ConditionExpression' | 'ExpressionAttributeValues'>;

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
    const credentials = { accessKeyId: 'counting', secretAccessKey: 'counting' };
    this.client = new DynamoDBClient({ region: 'us-east-1', credentials, maxAttempts: 1 });
    // Answers before anything is serialized or sent.
    this.client.middlewareStack.add(
      (_next, { commandName }) =>
        async ({ input }) => ({
          output: { ...this.#answer(String(commandName), call.parse(input)), $metadata: {} },
          response: {},
        }),
      { step: 'initialize' },
    );
  }

  /** What lies in the table once as much expires as is written, if things went on as between these two instants. */
  steadyBytes(fromMs: number, untilMs: number): number {
    const middleMs = (fromMs + untilMs) / 2;
    return [...this.#items.values()].reduce((sum, one) => {
      const bytes = bytesOf(one) + ITEM_OVERHEAD_BYTES;
      const expiresAtS = one['expiresAtS']?.N;
      const livesMs = expiresAtS === undefined ? untilMs - fromMs : Number(expiresAtS) * 1000 - middleMs;
      return sum + (bytes * livesMs) / (untilMs - fromMs);
    }, 0);
  }

  #answer(command: string, asked: Call): { readonly Item?: Item; readonly Items?: Item[] } {
    if (command === 'PutItemCommand') return this.#put(asked);
    if (command === 'TransactWriteItemsCommand') return this.#transact(asked);
    if (command === 'GetItemCommand') return this.#get(asked);
    if (command === 'QueryCommand') return this.#query(asked);
    throw new Error(`the counting table does not know ${command}`);
  }

  #put({ Item: put = {}, ConditionExpression: condition, ExpressionAttributeValues: values }: Put) {
    const key = keyOf(put);
    const before = this.#items.get(key);
    this.units.writes += unitsOf(Math.max(bytesOf(put), bytesOf(before ?? {})), WRITE_UNIT_BYTES);
    if (!holds(condition, before, values)) throw new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
    this.units.writes += indexWrites(before, put);
    this.#items.set(key, put);
    this.#onWrite({ entity: textOf(put['entity']), id: textOf(put['id']), owes: textOf(put['owes']) });
    return {};
  }

  /** All or none, and each put at twice its price. */
  #transact({ TransactItems: items = [] }: Call) {
    const codes = items.map(
      ({ Put: { Item: put, ConditionExpression: condition, ExpressionAttributeValues: values } }) =>
        holds(condition, this.#items.get(keyOf(put)), values) ? 'None' : 'ConditionalCheckFailed',
    );
    if (codes.some((code) => code !== 'None')) {
      const CancellationReasons = codes.map((Code) => ({ Code }));
      throw new TransactionCanceledException({ message: 'no', CancellationReasons, $metadata: {} });
    }
    const before = this.units.writes;
    for (const { Put: put } of items) this.#put(put);
    this.units.writes += this.units.writes - before;
    return {};
  }

  #get({ Key: key = {}, ConsistentRead: isConsistent = false }: Call) {
    const found = this.#items.get(keyOf(key));
    this.#read(bytesOf(found ?? {}), isConsistent);
    return found === undefined ? {} : { Item: found };
  }

  #query({
    IndexName: index,
    Limit: most,
    KeyConditionExpression: condition,
    ExpressionAttributeValues: values,
    ConsistentRead,
  }: Call) {
    const found = [...this.#items.values()]
      .filter((one) => (index === undefined ? inRange(one, values) : isOpen(one, index, values)))
      .sort((a, b) => (sortKey(a, index) < sortKey(b, index) ? -1 : 1))
      .slice(0, most);
    if (condition === undefined) throw new Error('the counting table knows no query without a key');
    this.#read(
      found.reduce((sum, one) => sum + bytesOf(one), 0),
      ConsistentRead ?? false,
    );
    return { Items: found };
  }

  #read(bytes: number, isConsistent: boolean): void {
    this.units.reads += unitsOf(bytes, READ_UNIT_BYTES) * (isConsistent ? 1 : 0.5);
  }
}

function keyOf({ pk, sk }: Item): string {
  return `${textOf(pk)}\n${textOf(sk)}`;
}

function textOf(value: AttributeValue | undefined): string {
  return value?.S ?? value?.N ?? '';
}

/** At least one, also for nothing. */
function unitsOf(bytes: number, unitBytes: number): number {
  return Math.max(1, Math.ceil(bytes / unitBytes));
}

/** Names and values, as the service weighs them. */
function bytesOf(one: Item): number {
  return Object.entries(one).reduce((sum, [name, { S: text = '', N: number, B: binary }]) => {
    const numberBytes = number === undefined ? 0 : Math.ceil(number.length / 2) + 1;
    return sum + Buffer.byteLength(name) + Buffer.byteLength(text) + numberBytes + (binary?.length ?? 0);
  }, 0);
}

/** The sparse index `open` holds whole items, `waiting` their keys: one that moves within it is taken out and put in again. */
function indexWrites(before: Item | undefined, after: Item): number {
  return ['open', 'waiting'].reduce((units, index) => units + writesOf(index, before, after), 0);
}

function writesOf(index: string, before: Item | undefined, after: Item): number {
  const [was, is] = [before?.[index], after[index]];
  const place = (one: Item | undefined) => `${textOf(one?.[index])}#${textOf(one?.['dueAtMs'])}`;
  const unitsIn = (one: Item) => (index === 'open' ? unitsOf(bytesOf(one), WRITE_UNIT_BYTES) : 1);
  const put = is === undefined ? 0 : unitsIn(after);
  if (was === undefined) return put;
  return place(before) === place(after) ? put : put + unitsIn(before ?? {});
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

function isOpen(one: Item, index: string, values: Item): boolean {
  const now = values[':now'];
  const isDue = now === undefined || Number(textOf(one['dueAtMs'])) <= Number(textOf(now));
  return textOf(one[index]) === textOf(values[':kind']) && isDue;
}

function sortKey(one: Item, index: string | undefined): string {
  return index === undefined ? textOf(one['sk']) : textOf(one['dueAtMs']).padStart(16, '0');
}
