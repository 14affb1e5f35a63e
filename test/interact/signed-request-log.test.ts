import type { AddressInfo } from 'node:net';
import { CreateTableCommand, DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SignedRequestLog } from '../../functions/adapters/dynamodb/signed-request-log.ts';
import { stateItem } from '../../functions/adapters/dynamodb/state-item.ts';
import { createSignedAwsCall } from '../../functions/adapters/system/signed-aws-call.ts';
import type { RequestRecord } from '../../functions/core/model/decision.ts';
import { inboxIdOf } from '../../functions/core/store/inbox.ts';
import { runRequest, T0 } from '../adapters/slack/support/notices.ts';
import { AwsStub, refuse, stubCredentials } from './aws-stub.ts';

const record: RequestRecord = {
  schema: 1,
  id: 'a'.repeat(64),
  receivedAtMs: T0 + 123,
  by: { userId: 'U0AAAAAAA1', teamId: 'T0AAAAAAA1', kind: 'member' },
  channel: 'C0ALARMS01',
  messageTs: '1773457000.000100',
  request: runRequest,
  decision: null,
  answerOwed: true,
  answerFailures: 0,
};

describe('the request log of the click path', () => {
  let aws: AwsStub;

  beforeEach(async () => {
    aws = await new AwsStub().listen();
  });
  afterEach(() => aws.close());

  const logOf = (problems: string[] = []) =>
    new SignedRequestLog(createSignedAwsCall(aws.environment()), 'runbell', (why) => problems.push(why));

  it('writes exactly the item that the store would write', async () => {
    expect(await logOf().record(record)).toBe('written');
    expect(aws.calls).toMatchObject([
      {
        isSigned: true,
        target: 'DynamoDB_20120810.PutItem',
        body: { TableName: 'runbell', Item: stateItem('inbox', inboxIdOf(record), record, 1) },
      },
    ]);
    expect(aws.calls[0]?.body['ConditionExpression']).toBe('attribute_not_exists(pk)');
  });

  it('writes a request once, however often it is delivered', async () => {
    const log = logOf();
    const answers = await Promise.all(Array.from({ length: 20 }, () => log.record(record)));
    expect(answers.filter((answer) => answer === 'written')).toHaveLength(1);
    expect(answers.filter((answer) => answer === 'exists')).toHaveLength(19);
  });

  it('says that it failed, and tells the log why', async () => {
    const problems: string[] = [];
    aws.instead = (_, response) => refuse(response, 'x#ProvisionedThroughputExceededException', 'slow down');
    expect(await logOf(problems).record(record)).toBe('failed');
    expect(problems).toEqual(['ProvisionedThroughputExceededException: slow down']);
  });

  it('is understood by a real table', async () => {
    const server = dynalite({ createTableMs: 0 });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    const credentials = { accessKeyId: 'test-key-id', secretAccessKey: 'test-key' };
    const client = new DynamoDBClient({ endpoint, region: 'eu-central-1', credentials });
    await client.send(
      new CreateTableCommand({
        TableName: 'runbell',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: ['pk', 'sk'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' as const })),
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
    const call = createSignedAwsCall({ ...stubCredentials, AWS_ENDPOINT_URL_DYNAMODB: endpoint });
    const log = new SignedRequestLog(call, 'runbell', () => {});
    const answers = [await log.record(record), await log.record(record)];
    const Key = { pk: { S: `inbox#${inboxIdOf(record)}` }, sk: { S: 'STATE' } };
    const { Item } = await client.send(new GetItemCommand({ TableName: 'runbell', Key }));
    client.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    expect(answers).toEqual(['written', 'exists']);
    expect(JSON.parse(Item?.['body']?.S ?? 'null')).toEqual(record);
  });
});
