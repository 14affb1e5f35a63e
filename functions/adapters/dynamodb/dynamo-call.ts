import {
  ConditionalCheckFailedException,
  DynamoDBClient,
  type DynamoDBClientConfig,
  DynamoDBServiceException,
  PutItemCommand,
  type PutItemCommandInput,
  QueryCommand,
  type QueryCommandInput,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import * as z from 'zod';
import type { OnSetAside } from '../../core/ports.ts';
import { StoreError } from '../../core/store/store-error.ts';

/** Where the one table is. */
export interface DynamoTable {
  readonly client: DynamoDBClient;
  readonly tableName: string;
  /** Hears of each item that was found and not used. */
  readonly onSetAside?: OnSetAside;
}

const CONNECT_MS_MAX = 1000;

/** For how long a table that does not answer is waited for. */
export interface Patience {
  readonly answerMsMax: number;
  readonly attemptsMax: number;
}

/** A client with limits on every wait; region, credentials and endpoint are the environment's where they are not given. */
export function dynamoClient(
  place: DynamoDBClientConfig = {},
  { answerMsMax = 2000, attemptsMax = 3 }: Partial<Patience> = {},
): DynamoDBClient {
  return new DynamoDBClient({
    ...place,
    maxAttempts: attemptsMax,
    requestHandler: {
      connectionTimeout: CONNECT_MS_MAX,
      requestTimeout: answerMsMax,
      // An answer that has begun can stop as well.
      socketTimeout: answerMsMax,
      // Without it the SDK only warns and goes on waiting.
      throwOnRequestTimeout: true,
    },
  });
}

/** Tells the time of the table: each of its answers carries it, in whole seconds, refusals too. */
export function hearTime(client: DynamoDBClient, hear: (tableMs: number, tookMs: number) => void): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const askedMs = Date.now();
      const answer = await next(args);
      const tableMs = Date.parse(dateOf(answer.response));
      if (!Number.isNaN(tableMs)) hear(tableMs, Date.now() - askedMs);
      return answer;
    },
    // Next to the network, where a refusal is an answer like any other.
    { step: 'deserialize', name: 'hearTime', priority: 'low' },
  );
}

const dated = z.object({ headers: z.object({ date: z.string() }) });

function dateOf(response: unknown): string {
  return dated.safeParse(response).data?.headers.date ?? '';
}

/** `retried`: an earlier attempt of this very call got no answer, so the item in the way may be our own. */
export type PutAnswer = { readonly kind: 'written' } | { readonly kind: 'conflict'; readonly retried: boolean };

/** One conditional put. Throws a StoreError for everything but written and conflict. */
export async function conditionalPut(table: DynamoTable, input: Omit<PutItemCommandInput, 'TableName'>) {
  try {
    await table.client.send(new PutItemCommand({ ...input, TableName: table.tableName }));
    return { kind: 'written' } satisfies PutAnswer;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) {
      return { kind: 'conflict', retried: (error.$metadata.attempts ?? 1) > 1 } satisfies PutAnswer;
    }
    // A run is being started with this very item: who reads it again finds what came of it.
    if (error instanceof TransactionConflictException) return { kind: 'conflict', retried: false } satisfies PutAnswer;
    throw ofPut(error);
  }
}

/** What DynamoDB calls a put for what is in it. */
const UNFIT = ['ValidationException', 'SerializationException'];

const SHOWN_CHARS_MAX = 200;

function ofPut(error: unknown): StoreError {
  if (!(error instanceof DynamoDBServiceException) || !UNFIT.includes(error.name))
    return toStoreError('unclear', error);
  const why = error.message.slice(0, SHOWN_CHARS_MAX);
  return new StoreError('unfitItem', `DynamoDB does not take the item (${error.name}: ${why})`, { cause: error });
}

/** All pages of a query, up to a number of items. */
export async function queryItems(table: DynamoTable, input: Omit<QueryCommandInput, 'TableName'>, itemsMax: number) {
  const items: NonNullable<Awaited<ReturnType<typeof queryPage>>['Items']> = [];
  let from: QueryCommandInput['ExclusiveStartKey'];
  do {
    const page = await queryPage(table, { ...input, ExclusiveStartKey: from, Limit: itemsMax - items.length });
    // DynamoDB always says which items there are: whoever does not is something else, and not an empty table.
    if (page.Items === undefined) throw new StoreError('unavailable', 'DynamoDB gave no items');
    items.push(...page.Items);
    from = page.LastEvaluatedKey;
  } while (from !== undefined && items.length < itemsMax);
  return items;
}

function queryPage(table: DynamoTable, input: Omit<QueryCommandInput, 'TableName'>) {
  return reading(() => table.client.send(new QueryCommand({ ...input, TableName: table.tableName })));
}

/** Runs a read; whatever goes wrong with it, nothing was written. */
export async function reading<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw toStoreError('unavailable', error);
  }
}

/** `withoutAnswer`: what it means when the service did not answer, or answered that it is in trouble itself. */
export function toStoreError(withoutAnswer: 'unclear' | 'unavailable', cause: unknown): StoreError {
  const name = cause instanceof Error ? cause.name : 'unknown';
  if (!(cause instanceof DynamoDBServiceException) || cause.$fault === 'server') {
    return new StoreError(withoutAnswer, `DynamoDB gave no clear answer (${name})`, { cause });
  }
  if (cause.$retryable?.throttling === true || /Throttl|ProvisionedThroughput|RequestLimit/.test(name)) {
    return new StoreError('unavailable', `DynamoDB is throttling (${name})`, { cause });
  }
  return new StoreError('refused', `DynamoDB refused the call (${name})`, { cause });
}
