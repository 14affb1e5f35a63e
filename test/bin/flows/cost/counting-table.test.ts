import {
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { CountingTable } from '../../../../bin/flows/cost/counting-table.ts';
import { createDynamoStores } from '../../../../functions/adapters/dynamodb/dynamo-store.ts';
import { createLocalAws } from '../../../../local/aws/local-aws.ts';
import { chunkStoreContract } from '../../../contracts/chunk-store.contract.ts';
import { openItemsContract } from '../../../contracts/open-items.contract.ts';
import { startStoreContract } from '../../../contracts/start-store.contract.ts';
import { timelineContract } from '../../../contracts/timeline.contract.ts';
import { versionedStoreContract } from '../../../contracts/versioned-store.contract.ts';
import { clientOf } from '../../../support/signed.ts';

const create = async () => createDynamoStores({ client: new CountingTable().client, tableName: 'counted' });
versionedStoreContract('CountingTable', create);
startStoreContract('CountingTable', create);
openItemsContract('CountingTable', create);
timelineContract('CountingTable', async () => (await create()).timeline);
chunkStoreContract('CountingTable', async () => (await create()).chunks);

const TableName = 'runbell-test';
const key = { pk: { S: 'target#a' }, sk: { S: 'STATE' } };
const item = (bytes: number, more: object = {}) => ({ ...key, body: { S: 'x'.repeat(bytes) }, ...more });
const open = (dueAtMs: number) => ({ open: { S: 'target' }, dueAtMs: { N: String(dueAtMs) } });

describe('capacity', () => {
  it('is what a server of DynamoDB counts for the same calls', async () => {
    const local = await createLocalAws({ tableName: TableName });
    const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
    const server = new DynamoDBClient(clientOf(local));
    const table = new CountingTable();
    const ReturnConsumedCapacity = 'TOTAL' as const;
    const counted: [name: string, ours: number, theirs: number | undefined][] = [];
    const puts = [item(100), item(1500), item(900), item(5000)];
    for (const Item of puts) {
      const before = table.units.writes;
      await table.client.send(new PutItemCommand({ TableName, Item }));
      const { ConsumedCapacity } = await server.send(new PutItemCommand({ TableName, Item, ReturnConsumedCapacity }));
      counted.push([`put of ${Item.body.S.length}`, table.units.writes - before, ConsumedCapacity?.CapacityUnits]);
    }
    for (const ConsistentRead of [true, false]) {
      const before = table.units.reads;
      const order = { TableName, Key: key, ConsistentRead };
      await table.client.send(new GetItemCommand(order));
      const { ConsumedCapacity } = await server.send(new GetItemCommand({ ...order, ReturnConsumedCapacity }));
      counted.push([`get ${ConsistentRead}`, table.units.reads - before, ConsumedCapacity?.CapacityUnits]);
    }
    await local.close();
    expect(counted.map(([name, ours]) => [name, ours])).toEqual(counted.map(([name, , theirs]) => [name, theirs]));
  });

  it('counts the index too: in, out, and both where an item moves within it', async () => {
    const table = new CountingTable();
    const units = async (Item: PutItemCommand['input']['Item']) => {
      const before = table.units.writes;
      await table.client.send(new PutItemCommand({ TableName, Item }));
      return table.units.writes - before;
    };
    const counted = [item(100), item(100, open(1)), item(200, open(1)), item(100, open(2)), item(100)];
    const found: number[] = [];
    for (const Item of counted) found.push(await units(Item));
    expect(found).toEqual([1, 2, 2, 3, 2]);
  });

  it('counts each put of a transaction twice, as the service bills it', async () => {
    const table = new CountingTable();
    const put = (pk: string) => ({ Put: { TableName, Item: { ...item(100), pk: { S: pk } } } });
    await table.client.send(new TransactWriteItemsCommand({ TransactItems: [put('a'), put('b'), put('c')] }));
    expect(table.units.writes).toBe(6);
  });

  it('knows what lies there in the end: as much as is written while the oldest is kept', async () => {
    const table = new CountingTable();
    const hourMs = 3_600_000;
    const keptS = 31 * 24 * 3600;
    for (let minute = 0; minute < 60; minute += 1) {
      const expiresAtS = { N: String(minute * 60 + keptS) };
      const Item = { pk: { S: 'chunk#0' }, sk: { S: `raw#${String(minute).padStart(13, '0')}` }, expiresAtS };
      await table.client.send(new PutItemCommand({ TableName, Item }));
    }
    const itemBytes = 100 + 'pk'.length + 'chunk#0'.length + 'sk'.length + 'raw#'.length + 13 + 'expiresAtS'.length + 5;
    expect(table.steadyBytes(0, hourMs) / (itemBytes * 31 * 24 * 60)).toBeCloseTo(1, 1);
  });

  it('guesses nothing: what it does not know is an error', async () => {
    const { client } = new CountingTable();
    const update = new UpdateItemCommand({ TableName, Key: key, UpdateExpression: 'SET a = :a' });
    await expect(client.send(update)).rejects.toThrow('the counting table does not know UpdateItemCommand');
    const guarded = new PutItemCommand({ TableName, Item: item(1), ConditionExpression: 'size(body) > 3' });
    await expect(client.send(guarded)).rejects.toThrow('does not know the condition');
    const all = new QueryCommand({ TableName, ExpressionAttributeValues: {} });
    await expect(client.send(all)).rejects.toThrow('no query without a key');
  });
});
