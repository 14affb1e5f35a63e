import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AttributeValue,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { dynamoClient, hearTime } from '../../../functions/adapters/dynamodb/dynamo-call.ts';
import { createDynamoStores } from '../../../functions/adapters/dynamodb/dynamo-store.ts';
import { sha256 } from '../../../functions/adapters/dynamodb/dynamo-timeline.ts';
import type { TickRecord } from '../../../functions/core/model/sample-record.ts';
import type { SetAside } from '../../../functions/core/ports.ts';
import { checkChain } from '../../../functions/core/timeline/chain.ts';
import { createLocalAws, type LocalAws } from '../../../local/aws/local-aws.ts';
import { chunkStoreContract } from '../../contracts/chunk-store.contract.ts';
import { openItemsContract } from '../../contracts/open-items.contract.ts';
import { setAsideContract } from '../../contracts/set-aside.contract.ts';
import { startStoreContract } from '../../contracts/start-store.contract.ts';
import { aDraft, timelineContract } from '../../contracts/timeline.contract.ts';
import { versionedStoreContract } from '../../contracts/versioned-store.contract.ts';
import { anApplication, anIncident, aRequest, aRun, aTarget, SAMPLE_NOW_MS } from '../../fakes/sample-state.ts';
import { clientOf, passOn } from '../../support/signed.ts';

const tableName = 'runbell-test';
const started: LocalAws[] = [];

async function startTable(): Promise<DynamoDBClient> {
  const aws = await createLocalAws({ tableName });
  started.push(aws);
  return new DynamoDBClient({ ...clientOf(aws), maxAttempts: 3 });
}

const create = async () => createDynamoStores({ client: await startTable(), tableName });

afterEach(async () => {
  await Promise.all(started.splice(0).map((aws) => aws.close()));
});

versionedStoreContract('DynamoStore', create);
startStoreContract('DynamoStartStore', create);
openItemsContract('DynamoOpenItems', create);
timelineContract('DynamoTimeline', async () => (await create()).timeline);
chunkStoreContract('DynamoChunkStore', async () => (await create()).chunks);
setAsideContract('DynamoStores', async () => {
  const client = await startTable();
  const setAside: SetAside[] = [];
  const stores = createDynamoStores({ client, tableName, onSetAside: (aside) => setAside.push(aside) });
  const put = (item: Record<string, AttributeValue>) =>
    client.send(new PutItemCommand({ TableName: tableName, Item: item }));
  return {
    stores,
    setAside,
    putRaw: ({ key, revision, body }, { open, waiting, dueAtMs }) =>
      put({
        pk: { S: key },
        sk: { S: 'STATE' },
        // What an attribute says is believed of nothing.
        entity: { S: open ?? 'target' },
        id: { S: 'shop-db' },
        ...(revision === null ? {} : { revision: { N: String(revision) } }),
        ...(body === null ? {} : { body: { S: body } }),
        ...(open === undefined ? {} : { open: { S: open } }),
        ...(waiting === undefined ? {} : { waiting: { S: waiting } }),
        ...(dueAtMs === undefined ? {} : { dueAtMs: { N: String(dueAtMs) } }),
      }),
    putRawChunk: (shard, tickMs, ids, data) =>
      put({
        pk: { S: `chunk#${shard}` },
        sk: { S: `raw#${tickMs}` },
        ids: { S: ids.join(',') },
        data: { B: data },
      }),
  };
});

describe('an item under another sort key than that of a state', () => {
  it('is no item of the index, whatever its key and its body make of it together', async () => {
    const client = await startTable();
    const setAside: SetAside[] = [];
    const { open } = createDynamoStores({ client, tableName, onSetAside: (aside) => setAside.push(aside) });
    const body = JSON.stringify(aTarget({ targetId: 'orders-db/EVIL', incident: anIncident() }));
    const marks = { revision: { N: '1' }, open: { S: 'target' }, dueAtMs: { N: '1' } };
    const Item = { pk: { S: 'target#orders-db' }, sk: { S: 'EVIL' }, body: { S: body }, ...marks };
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
    expect((await open.openTargets()).items).toEqual([]);
    // Nobody could read it by this id, and it would be due for ever.
    expect(await open.dueIds('target', SAMPLE_NOW_MS)).toEqual([]);
    expect(setAside).toMatchObject([{ item: 'target#orders-db/EVIL' }, { item: 'target#orders-db/EVIL' }]);
  });
});

describe('an item that the table does not take', () => {
  it.each([
    ['a number beyond those of the table', { receivedAtMs: -1e308 }],
    ['more than an item can hold', { channel: 'x'.repeat(420_000) }],
  ])('is told as the matter of that item, and not of the table: %s', async (_, change) => {
    const { requests, starts, targets } = await create();
    await targets.write('orders-db', aTarget(), null);
    const request = aRequest({ id: 'req-1', ...change });
    await expect(requests.write('req-1', request, null)).rejects.toMatchObject({ code: 'unfitItem', retryable: false });
    const run = aRun({ permittedAtMs: -1e308, phase: 'ended' });
    const start = { run, application: { value: anApplication(), revision: null } };
    await expect(starts.start({ ...start, target: { value: aTarget(), revision: 1 } })).rejects.toMatchObject({
      code: 'unfitItem',
    });
  });

  it('is another matter than a table that is not there', async () => {
    const { requests } = createDynamoStores({ client: await startTable(), tableName: 'another-table' });
    await expect(requests.write('req-1', aRequest({ id: 'req-1' }), null)).rejects.toMatchObject({ code: 'refused' });
  });
});

describe('DynamoTimeline', () => {
  it('moves on from an entry whose writer died before it moved the head', async () => {
    const client = await startTable();
    const { timeline } = createDynamoStores({ client, tableName });
    await timeline.append('all', aDraft('a'));
    const head = { pk: { S: 'timeline#all' }, sk: { S: 'HEAD' } };
    const { Item: before } = await client.send(new GetItemCommand({ TableName: tableName, Key: head }));
    await timeline.append('all', aDraft('b'));
    await client.send(new PutItemCommand({ TableName: tableName, Item: before }));
    expect((await timeline.read('all', 10)).entries.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(await timeline.append('all', aDraft('b'))).toBe('exists');
    expect(await timeline.append('all', aDraft('c'))).toBe('written');
    expect((await timeline.read('all', 10)).head).toMatchObject({ seq: 3, ids: ['a', 'b', 'c'] });
  });

  it.each(['nonsense', 'null', '{"seq":2}'])('goes on behind a head that is damaged: %s', async (body) => {
    const client = await startTable();
    const setAside: SetAside[] = [];
    const { timeline } = createDynamoStores({ client, tableName, onSetAside: (aside) => setAside.push(aside) });
    for (const id of ['a', 'b']) await timeline.append('all', aDraft(id));
    const Item = { pk: { S: 'timeline#all' }, sk: { S: 'HEAD' }, seq: { N: '2' }, body: { S: body } };
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
    const damaged = await timeline.read('all', 10);
    expect(damaged.entries.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(checkChain(damaged, SAMPLE_NOW_MS, sha256).kind).toBe('broken');
    expect(setAside).toMatchObject([{ item: 'timeline#all/HEAD' }]);
    expect(await timeline.append('all', aDraft('b'))).toBe('exists');
    expect(await timeline.append('all', aDraft('c'))).toBe('written');
    expect(checkChain(await timeline.read('all', 10), SAMPLE_NOW_MS, sha256)).toMatchObject({ kind: 'whole' });
  });

  it('goes on behind an entry that is damaged and has no head yet', async () => {
    const client = await startTable();
    const { timeline } = createDynamoStores({ client, tableName });
    const Item = { pk: { S: 'timeline#all' }, sk: { S: 'E#000000001' }, body: { S: 'null' } };
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
    expect(await timeline.append('all', aDraft('a'))).toBe('written');
    expect((await timeline.read('all', 10)).head).toMatchObject({ seq: 2 });
  });

  it('shows an entry that was damaged instead of failing over it', async () => {
    const client = await startTable();
    const { timeline } = createDynamoStores({ client, tableName });
    await timeline.append('all', aDraft('a'));
    const Item = { pk: { S: 'timeline#all' }, sk: { S: 'E#000000001' }, body: { S: '{"id":"a",' } };
    await client.send(new PutItemCommand({ TableName: tableName, Item }));
    expect((await timeline.read('all', 10)).entries).toMatchObject([{ id: '', hash: '' }]);
  });
});

const key = { pk: { S: 'target#orders-db' }, sk: { S: 'STATE' } };

describe('DynamoStore', () => {
  it('writes the markers beside the body and takes them away again', async () => {
    const client = await startTable();
    const { targets } = createDynamoStores({ client, tableName });
    const owing = aTarget({ incident: anIncident(), notice: { ...aTarget().notice, owedVersion: 1 } });
    await targets.write('orders-db', owing, null);
    const { Item: open } = await client.send(new GetItemCommand({ TableName: tableName, Key: key }));
    expect(open).toMatchObject({ entity: { S: 'target' }, open: { S: 'target' }, owes: { S: 'notice' } });
    await targets.write('orders-db', aTarget(), 1);
    const { Item: calm } = await client.send(new GetItemCommand({ TableName: tableName, Key: key }));
    expect(Object.keys(calm ?? {}).sort()).toEqual(['body', 'entity', 'id', 'pk', 'revision', 'sk']);
  });

  it('lets a request expire after thirty days', async () => {
    const client = await startTable();
    await createDynamoStores({ client, tableName }).requests.write('req-1', aRequest(), null);
    const { Item: item } = await client.send(
      new GetItemCommand({ TableName: tableName, Key: { ...key, pk: { S: 'request#req-1' } } }),
    );
    expect(item?.['expiresAtS']).toEqual({ N: String(SAMPLE_NOW_MS / 1000 + 30 * 86_400) });
  });

  it.each([
    ['a schema that it does not know', JSON.stringify({ ...aTarget(), schema: 7 }), 'schema'],
    ['a body without what it needs', JSON.stringify({ schema: 1, targetId: 'orders-db' }), 'notice'],
    ['a body that is no JSON', 'not json', '(body)'],
  ])('refuses to read %s, and says so', async (_, body, named) => {
    const client = await startTable();
    const item = { ...key, id: { S: 'orders-db' }, revision: { N: '1' }, body: { S: body } };
    await client.send(new PutItemCommand({ TableName: tableName, Item: item }));
    const read = createDynamoStores({ client, tableName }).targets.read('orders-db');
    await expect(read).rejects.toMatchObject({ name: 'StoreError', code: 'unreadableItem', retryable: false });
    await expect(read).rejects.toThrow(named);
  });

  it('says that the service refused when the table is not there', async () => {
    const stores = createDynamoStores({ client: await startTable(), tableName: 'no-such-table' });
    const refused = { name: 'StoreError', code: 'refused', retryable: false };
    await expect(stores.targets.read('orders-db')).rejects.toMatchObject(refused);
    await expect(stores.targets.write('orders-db', aTarget(), null)).rejects.toMatchObject(refused);
  });
});

/** Stands before the table and loses answers: the request goes through, the connection is cut. */
describe('DynamoStore behind a network that loses answers', () => {
  let aws: LocalAws;
  let proxy: Server;
  let answersToLose = 0;
  const lost: string[] = [];

  beforeAll(async () => {
    aws = await createLocalAws({ tableName });
    proxy = createServer(async (request, response) => {
      const parts: Buffer[] = [];
      for await (const part of request as AsyncIterable<Buffer>) parts.push(part);
      const passed = await passOn(aws, '/', request.headers, Buffer.concat(parts).toString('utf8'));
      const text = await passed.text();
      if (answersToLose > 0) {
        answersToLose -= 1;
        lost.push(String(request.headers['x-amz-target']));
        response.destroy();
        return;
      }
      response.writeHead(passed.status, { 'content-type': 'application/x-amz-json-1.0' }).end(text);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  });

  afterAll(async () => {
    proxy.closeAllConnections();
    await new Promise((resolve) => proxy.close(resolve));
    await aws.close();
  });

  const storesThrough = (maxAttempts: number) => {
    const { port } = proxy.address() as AddressInfo;
    const place = { ...clientOf(aws), endpoint: `http://127.0.0.1:${port}` };
    return createDynamoStores({ client: new DynamoDBClient({ ...place, maxAttempts }), tableName });
  };

  it('takes the conflict with its own repeated write for what it is: written', async () => {
    const { targets } = storesThrough(3);
    answersToLose = 1;
    expect(await targets.write('one-db', aTarget({ targetId: 'one-db' }), null)).toBe('written');
    expect(lost.at(-1)).toBe('DynamoDB_20120810.PutItem');
    expect(await targets.read('one-db')).toMatchObject({ revision: 1 });
  });

  it('still says conflict when the repeat meets the write of somebody else', async () => {
    const { targets } = storesThrough(3);
    await targets.write('two-db', aTarget({ targetId: 'two-db', offerVersion: 5 }), null);
    answersToLose = 1;
    expect(await targets.write('two-db', aTarget({ targetId: 'two-db' }), null)).toBe('conflict');
    expect(await targets.read('two-db')).toMatchObject({ revision: 1, value: { offerVersion: 5 } });
  });

  it('throws a retryable error for a write without any answer, which may have happened', async () => {
    const { targets } = storesThrough(1);
    answersToLose = 1;
    const write = targets.write('three-db', aTarget({ targetId: 'three-db' }), null);
    await expect(write).rejects.toMatchObject({ name: 'StoreError', code: 'unclear', retryable: true });
    expect(await targets.read('three-db')).toMatchObject({ revision: 1 });
  });

  it('takes the repeat of its own start for the same start', async () => {
    const { targets, runs, starts } = storesThrough(3);
    await targets.write('five-db', aTarget({ targetId: 'five-db' }), null);
    answersToLose = 1;
    const target = { value: aTarget({ targetId: 'five-db', offerVersion: 1 }), revision: 1 };
    const application = { value: anApplication({ applicationId: 'five' }), revision: null };
    expect(await starts.start({ run: aRun({ runId: 'run-five' }), target, application })).toBe('written');
    expect(lost.at(-1)).toBe('DynamoDB_20120810.TransactWriteItems');
    expect(await runs.read('run-five')).toMatchObject({ revision: 1 });
    expect(await targets.read('five-db')).toMatchObject({ revision: 2 });
  });

  it('throws a retryable error for a start without any answer, which may have happened', async () => {
    const { targets, runs, starts } = storesThrough(1);
    await targets.write('six-db', aTarget({ targetId: 'six-db' }), null);
    answersToLose = 1;
    const target = { value: aTarget({ targetId: 'six-db' }), revision: 1 };
    const application = { value: anApplication({ applicationId: 'six' }), revision: null };
    const start = starts.start({ run: aRun({ runId: 'run-six' }), target, application });
    await expect(start).rejects.toMatchObject({ name: 'StoreError', code: 'unclear', retryable: true });
    expect(await runs.read('run-six')).toMatchObject({ revision: 1 });
  });

  it('throws a retryable error for a read without any answer', async () => {
    const { targets } = storesThrough(1);
    answersToLose = 1;
    await expect(targets.read('four-db')).rejects.toMatchObject({ code: 'unavailable', retryable: true });
  });

  it('takes the repeat of its own chunk for written', async () => {
    const { chunks } = storesThrough(3);
    const unreadable: TickRecord = { kind: 'unreadable', atMs: SAMPLE_NOW_MS, cause: 'frozen' };
    answersToLose = 1;
    expect(await chunks.put(0, SAMPLE_NOW_MS, new Map([['orders-db', unreadable]]))).toBe('written');
  });
});

describe('the time of the table', () => {
  it('comes with each of its answers, with refusals too', async () => {
    const client = await startTable();
    const heard: number[] = [];
    hearTime(client, (tableMs) => heard.push(tableMs));
    const { targets } = createDynamoStores({ client, tableName });
    await targets.read('orders-db');
    await targets.write('orders-db', aTarget(), null);
    expect(await targets.write('orders-db', aTarget(), null)).toBe('conflict');
    expect(heard).toHaveLength(3);
    for (const tableMs of heard) expect(Math.abs(Date.now() - tableMs)).toBeLessThan(60_000);
  });
});

/** What may stand where the table should be, what comes of a read and of a write, and in how many tries of the read. */
const PEERS: readonly (readonly [string, RequestListener, string, string, number])[] = [
  ['never answers', () => undefined, 'unavailable', 'unclear', 3],
  [
    'begins an answer and stops',
    (_, response) => void response.writeHead(200).write('{"It'),
    'unavailable',
    'unclear',
    3,
  ],
  ['hangs up', (request) => void request.socket.destroy(), 'unavailable', 'unclear', 3],
  ['is in trouble itself', refusing(500, 'InternalServerError'), 'unavailable', 'unclear', 3],
  ['is throttling', refusing(400, 'ThrottlingException'), 'unavailable', 'unavailable', 3],
  ['has no capacity left', refusing(400, 'ProvisionedThroughputExceededException'), 'unavailable', 'unavailable', 3],
  ['denies access', refusing(400, 'AccessDeniedException'), 'refused', 'refused', 1],
  ['is another table', refusing(400, 'ResourceNotFoundException'), 'refused', 'refused', 1],
];

function refusing(status: number, name: string): RequestListener {
  return (_, response) => {
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: 'no' }));
  };
}

describe('the client of the functions, before a table that', () => {
  it.each(PEERS)(
    '%s: gives up in time, and says whether anything may have been written',
    async (_, answer, onRead, onWrite, tries) => {
      let requests = 0;
      const peer = createServer((request, response) => {
        requests += 1;
        answer(request, response);
      });
      await new Promise<void>((resolve) => peer.listen(0, '127.0.0.1', resolve));
      const endpoint = `http://127.0.0.1:${(peer.address() as AddressInfo).port}`;
      const place = { endpoint, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
      const client = dynamoClient(place, { answerMsMax: 50 });
      const { targets, open } = createDynamoStores({ client, tableName });
      await expect(targets.read('orders-db')).rejects.toMatchObject({ code: onRead });
      expect(requests).toBe(tries);
      await expect(open.openTargets()).rejects.toMatchObject({ code: onRead });
      await expect(targets.write('orders-db', aTarget(), null)).rejects.toMatchObject({ code: onWrite });
      peer.closeAllConnections();
      await new Promise((resolve) => peer.close(resolve));
    },
  );

  it('is not there at all: gives up at once', async () => {
    const place = {
      endpoint: 'http://127.0.0.1:1',
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    };
    const { targets } = createDynamoStores({ client: dynamoClient(place), tableName });
    await expect(targets.read('orders-db')).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('DynamoChunkStore', () => {
  const records = (ids: readonly string[]) =>
    new Map(ids.map((id): [string, TickRecord] => [id, { kind: 'unreadable', atMs: SAMPLE_NOW_MS, cause: 'frozen' }]));
  const hundred = Array.from({ length: 100 }, (_, at) => `db-${at}`);

  async function itemsOf(client: DynamoDBClient) {
    const { Items: items } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: 'chunk#0' } },
      }),
    );
    return items ?? [];
  }

  it('keeps a tick of a hundred targets within two write units, names left out', async () => {
    const client = await startTable();
    await createDynamoStores({ client, tableName }).chunks.put(0, SAMPLE_NOW_MS, records(hundred));
    const chunk = (await itemsOf(client)).find((item) => item['sk']?.S === `raw#${SAMPLE_NOW_MS}`);
    const bytes = Object.entries(chunk ?? {}).reduce(
      (sum, [name, value]) => sum + name.length + (value.B?.length ?? value.S?.length ?? 7),
      0,
    );
    expect(bytes).toBeLessThanOrEqual(2048);
    expect(Object.keys(chunk ?? {}).sort()).toEqual(['data', 'expiresAtS', 'pk', 'sk']);
  });

  it('writes the list of names once, not with every tick', async () => {
    const client = await startTable();
    const { chunks } = createDynamoStores({ client, tableName });
    for (const at of [0, 1, 2]) await chunks.put(0, SAMPLE_NOW_MS + at, records(hundred));
    const kinds = (await itemsOf(client)).map((item) => item['sk']?.S?.split('#')[0]);
    expect(kinds.sort()).toEqual(['ids', 'raw', 'raw', 'raw']);
  });

  it('writes the list again after a day, so that it outlives its chunks', async () => {
    const client = await startTable();
    const { chunks } = createDynamoStores({ client, tableName });
    const listExpires = async () => (await itemsOf(client)).find((item) => item['sk']?.S?.startsWith('ids#'));
    await chunks.put(0, SAMPLE_NOW_MS, records(hundred));
    const first = await listExpires();
    await chunks.put(0, SAMPLE_NOW_MS + 86_400_000, records(hundred));
    const second = await listExpires();
    expect(Number(second?.['expiresAtS']?.N) - Number(first?.['expiresAtS']?.N)).toBe(86_400);
  });

  it('gives a tick to a reader that never saw its list', async () => {
    const client = await startTable();
    await createDynamoStores({ client, tableName }).chunks.put(0, SAMPLE_NOW_MS, records(hundred));
    const found = await createDynamoStores({ client, tableName }).chunks.since(0, 0, SAMPLE_NOW_MS);
    expect([...found.keys()].sort()).toEqual([...hundred].sort());
  });

  it('passes over a chunk that it cannot read and gives the others', async () => {
    const client = await startTable();
    const { chunks } = createDynamoStores({ client, tableName });
    await chunks.put(0, SAMPLE_NOW_MS, records(['orders-db']));
    const damaged = { pk: { S: 'chunk#0' }, sk: { S: `raw#${SAMPLE_NOW_MS + 1}` }, ids: { S: 'orders-db' } };
    const data = { B: new Uint8Array(30) };
    await client.send(new PutItemCommand({ TableName: tableName, Item: { ...damaged, data } }));
    expect((await chunks.since(0, 0, SAMPLE_NOW_MS + 1)).get('orders-db')).toHaveLength(1);
  });
});
