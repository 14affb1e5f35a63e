import { Readable } from 'node:stream';
import { isDeepStrictEqual } from 'node:util';
import dynalite from 'dynalite';
import { DynamoTransactions, type EngineAnswer, type Image } from './dynamo-transactions.ts';

/** One change, as a stream with new and old images tells it. */
export interface StreamRecord {
  readonly eventID: string;
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly eventSource: 'aws:dynamodb';
  readonly dynamodb: {
    readonly Keys: Image;
    readonly NewImage?: Image;
    readonly OldImage?: Image;
    readonly SequenceNumber: string;
    readonly ApproximateCreationDateTime: number;
    readonly StreamViewType: 'NEW_AND_OLD_IMAGES';
  };
}

const SINGLE_WRITES = ['PutItem', 'UpdateItem', 'DeleteItem'];
const TABLE = {
  BillingMode: 'PAY_PER_REQUEST',
  KeySchema: keySchema('pk', 'sk'),
  AttributeDefinitions: Object.entries({ pk: 'S', sk: 'S', open: 'S', waiting: 'S', dueAtMs: 'N' }).map(
    ([name, type]) => ({
      AttributeName: name,
      AttributeType: type,
    }),
  ),
  GlobalSecondaryIndexes: [
    { IndexName: 'open', KeySchema: keySchema('open', 'dueAtMs'), Projection: { ProjectionType: 'ALL' } },
    { IndexName: 'waiting', KeySchema: keySchema('waiting', 'dueAtMs'), Projection: { ProjectionType: 'KEYS_ONLY' } },
  ],
};

/**
 * An embedded DynamoDB that also has a stream, which dynalite lacks: every write of one item is put between
 * two reads of it, and a difference becomes a record. That happens here and not in the client, so a client
 * that dies after its write still streams. Writes to the same key wait for each other.
 */
export class DynamoEngine {
  readonly #server = dynalite({ createTableMs: 0 });
  readonly #onRecord: (record: StreamRecord) => void;
  readonly #lastWrite = new Map<string, Promise<unknown>>();
  readonly #transactions = new DynamoTransactions({
    call: (operation, body) => this.#call(operation, body),
    image: (tableName, item) => this.#image(tableName, keyOf(item)),
    changed: (item, before) => this.#onRecord(this.#record(keyOf(item), before, item)),
    keyOf,
  });
  #transaction: Promise<unknown> = Promise.resolve();
  #sequence = 0;

  constructor(onRecord: (record: StreamRecord) => void) {
    this.#onRecord = onRecord;
  }

  /** The table of the stack: pk, sk and the sparse indexes `open` and `waiting`. */
  async createTable(tableName: string): Promise<void> {
    const answer = await this.#call('CreateTable', { ...TABLE, TableName: tableName });
    if (answer.status !== 200) throw new Error(`the local table could not be made: ${answer.body}`);
  }

  async handle(operation: string, body: Readonly<Record<string, unknown>>): Promise<EngineAnswer> {
    if (operation === 'BatchWriteItem') {
      return { status: 400, body: errorBody('ValidationException', 'the local table streams single writes only') };
    }
    if (operation === 'TransactWriteItems') return this.#transact(body);
    if (!SINGLE_WRITES.includes(operation)) return this.#transaction.then(() => this.#call(operation, body));
    const key = keyOf((operation === 'PutItem' ? body['Item'] : body['Key']) as Image | undefined);
    const lane = JSON.stringify([body['TableName'], key]);
    const former = Promise.all([this.#lastWrite.get(lane), this.#transaction]);
    const write = former.then(() => this.#streamed(operation, body, key));
    this.#lastWrite.set(lane, write);
    const forget = () => {
      if (this.#lastWrite.get(lane) === write) this.#lastWrite.delete(lane);
    };
    write.then(forget, forget);
    return write;
  }

  /** Waits for every write that has begun, and everybody else waits for it: nobody sees the half of it. */
  #transact(body: Readonly<Record<string, unknown>>): Promise<EngineAnswer> {
    const former = Promise.allSettled([this.#transaction, ...this.#lastWrite.values()]);
    const written = former.then(() => this.#transactions.write(body));
    this.#transaction = written.catch(() => undefined);
    return written;
  }

  async #streamed(operation: string, body: Readonly<Record<string, unknown>>, key: Image): Promise<EngineAnswer> {
    const before = await this.#image(body['TableName'], key);
    const answer = await this.#call(operation, body);
    if (answer.status !== 200) return answer;
    const after = await this.#image(body['TableName'], key);
    if (!isDeepStrictEqual(before, after)) this.#onRecord(this.#record(key, before, after));
    return answer;
  }

  async #image(tableName: unknown, key: Image): Promise<Image | undefined> {
    const answer = await this.#call('GetItem', { TableName: tableName, Key: key, ConsistentRead: true });
    return answer.status === 200 ? (JSON.parse(answer.body) as { Item?: Image }).Item : undefined;
  }

  #record(key: Image, before: Image | undefined, after: Image | undefined): StreamRecord {
    this.#sequence += 1;
    return {
      eventID: `local-${this.#sequence}`,
      eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
      eventSource: 'aws:dynamodb',
      dynamodb: {
        Keys: key,
        ...(after === undefined ? {} : { NewImage: after }),
        ...(before === undefined ? {} : { OldImage: before }),
        SequenceNumber: String(this.#sequence).padStart(21, '0'),
        ApproximateCreationDateTime: Math.floor(Date.now() / 1000),
        StreamViewType: 'NEW_AND_OLD_IMAGES',
      },
    };
  }

  /** dynalite's own request listener, called without a socket. */
  #call(operation: string, body: Readonly<Record<string, unknown>>): Promise<EngineAnswer> {
    const request = Object.assign(Readable.from([Buffer.from(JSON.stringify(body))]), {
      method: 'POST',
      url: '/',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDB_20120810.${operation}`,
        'x-amz-date': '20260101T000000Z',
        authorization: 'AWS4-HMAC-SHA256 Credential=local, SignedHeaders=host, Signature=local',
      },
    });
    return new Promise((resolve) => {
      const response = {
        statusCode: 200,
        setHeader: () => undefined,
        end: (text: string) => resolve({ status: response.statusCode, body: text }),
      };
      this.#server.emit('request', request, response);
    });
  }
}

export function errorBody(type: string, message: string): string {
  return JSON.stringify({ __type: type, message });
}

function keySchema(partition: string, sort: string) {
  return [
    { AttributeName: partition, KeyType: 'HASH' },
    { AttributeName: sort, KeyType: 'RANGE' },
  ];
}

function keyOf(image: Image | undefined): Image {
  return { pk: image?.['pk'] ?? {}, sk: image?.['sk'] ?? {} };
}
