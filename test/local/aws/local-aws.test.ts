import { connect } from 'node:net';
import { DeleteItemCommand, DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { signRequest } from '../../../functions/adapters/system/sign-request.ts';
import type { StreamRecord } from '../../../local/aws/dynamo-engine.ts';
import { createLocalAws, type LocalAws, type LocalAwsOptions } from '../../../local/aws/local-aws.ts';
import { clientOf, passOn } from '../../support/signed.ts';
import { SOON } from '../../support/soon.ts';

const tableName = 'runbell-test';
const started: LocalAws[] = [];

async function start(options: Partial<LocalAwsOptions> = {}) {
  const aws = await createLocalAws({ tableName, ...options });
  started.push(aws);
  return { aws, client: { ...clientOf(aws), maxAttempts: 1 } };
}

afterEach(async () => {
  await Promise.all(started.splice(0).map((aws) => aws.close()));
});

/** What the stream delivers; a deployed handler parses it. */
function recordsOf(event: unknown): readonly StreamRecord[] {
  return (event as { readonly Records: readonly StreamRecord[] }).Records;
}

const key = { pk: { S: 'target#orders-db' }, sk: { S: 'STATE' } };

describe('the local table', () => {
  it('streams inserts, changes and removals with both images, to every function that reads it', async () => {
    const { aws, client } = await start();
    const [all, owing]: StreamRecord[][] = [[], []];
    aws.functions.register('all', (event) => void all?.push(...recordsOf(event)), { stream: {} });
    aws.functions.register('owing', (event) => void owing?.push(...recordsOf(event)), {
      stream: { filters: [{ dynamodb: { NewImage: { owes: { S: ['notice'] } } } }] },
    });
    const dynamo = new DynamoDBClient(client);
    const change = {
      TableName: tableName,
      Key: key,
      UpdateExpression: 'SET owes = :notice',
      ExpressionAttributeValues: { ':notice': { S: 'notice' } },
    };
    await dynamo.send(new PutItemCommand({ TableName: tableName, Item: key }));
    await dynamo.send(new UpdateItemCommand(change));
    await dynamo.send(new UpdateItemCommand(change));
    await dynamo.send(new DeleteItemCommand({ TableName: tableName, Key: key }));
    await aws.functions.settled();
    expect(all?.map((record) => record.eventName)).toEqual(['INSERT', 'MODIFY', 'REMOVE']);
    expect(all?.[1]?.dynamodb).toMatchObject({ OldImage: key, NewImage: { ...key, owes: { S: 'notice' } } });
    expect(owing?.map((record) => record.eventName)).toEqual(['MODIFY']);
  });

  it('streams nothing for a write whose condition failed', async () => {
    const { aws, client } = await start();
    const seen: string[] = [];
    aws.functions.register('all', (event) => void seen.push(...recordsOf(event).map((r) => r.eventName)), {
      stream: {},
    });
    const put = { TableName: tableName, Item: key, ConditionExpression: 'attribute_not_exists(pk)' };
    const dynamo = new DynamoDBClient(client);
    await dynamo.send(new PutItemCommand(put));
    const again = dynamo.send(new PutItemCommand(put));
    await expect(again).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    await aws.functions.settled();
    expect(seen).toEqual(['INSERT']);
  });

  it('streams simultaneous writes of one item as one chain, each image following from the one before', async () => {
    const { aws, client } = await start();
    const records: StreamRecord[] = [];
    aws.functions.register('all', (event) => void records.push(...recordsOf(event)), { stream: {} });
    const dynamo = new DynamoDBClient(client);
    await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        dynamo.send(new PutItemCommand({ TableName: tableName, Item: { ...key, at: { N: String(at) } } })),
      ),
    );
    await aws.functions.settled();
    expect(records).toHaveLength(10);
    for (const [at, record] of records.entries()) {
      expect(record.dynamodb.OldImage).toEqual(records[at - 1]?.dynamodb.NewImage);
    }
  });

  it('streams a write whose client died before the answer', async () => {
    const { aws } = await start();
    const seen: string[] = [];
    aws.functions.register('all', (event) => void seen.push(...recordsOf(event).map((r) => r.eventName)), {
      stream: {},
    });
    const body = JSON.stringify({ TableName: tableName, Item: key });
    const url = new URL(aws.url);
    const headers = { 'x-amz-target': 'DynamoDB_20120810.PutItem', 'content-length': `${body.length}` };
    const unsigned = { service: 'dynamodb', region: aws.region, url, headers, body };
    const signed = signRequest(unsigned, { ...aws.credentials, sessionToken: undefined }, Date.now());
    const head = ['POST / HTTP/1.1', ...Object.entries(signed).map((pair) => pair.join(': '))].join('\r\n');
    const socket = connect(Number(url.port), '127.0.0.1', () => {
      socket.write(`${head}\r\n\r\n${body}`, () => socket.destroy());
    });
    await vi.waitFor(() => expect(seen).toEqual(['INSERT']), SOON);
  });
});

describe('the local functions', () => {
  it('are called by the Lambda client, with and without waiting for the result', async () => {
    const log = vi.fn();
    const { aws, client } = await start({ log });
    const events: unknown[] = [];
    aws.functions.register('track', async (event) => {
      const { n } = event as { readonly n: number };
      events.push(event);
      if (n > 1) throw new TypeError('too many');
      return { doubled: n * 2 };
    });
    const lambda = new LambdaClient(client);
    const invoke = (n: number, type: 'Event' | 'RequestResponse') =>
      lambda.send(
        new InvokeCommand({ FunctionName: 'track', InvocationType: type, Payload: Buffer.from(JSON.stringify({ n })) }),
      );
    const answered = await invoke(1, 'RequestResponse');
    expect(JSON.parse(answered.Payload?.transformToString() ?? '')).toEqual({ doubled: 2 });
    expect(await invoke(2, 'RequestResponse')).toMatchObject({ StatusCode: 200, FunctionError: 'Unhandled' });
    expect(await invoke(3, 'Event')).toMatchObject({ StatusCode: 202 });
    await aws.functions.settled();
    expect(events).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
    expect(log.mock.calls).toEqual([['invocationFailed', { name: 'track', problem: 'too many' }]]);
    const unknown = lambda.send(new InvokeCommand({ FunctionName: 'nobody' }));
    await expect(unknown).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('get a copy of the event, as if it had travelled', async () => {
    const { aws } = await start();
    const event = { at: new Date(0), nothing: undefined };
    aws.functions.register('echo', (received: unknown) => received);
    expect(await aws.functions.invoke('echo', event)).toEqual({ at: '1970-01-01T00:00:00.000Z' });
  });

  it('fail an invocation that runs past its time, and tell it beforehand how much is left', async () => {
    const { aws } = await start();
    const left: number[] = [];
    aws.functions.register(
      'slow',
      (_: unknown, context) => {
        left.push(context.getRemainingTimeInMillis());
        return new Promise(() => undefined);
      },
      { timeoutMs: 20 },
    );
    await expect(aws.functions.invoke('slow', {})).rejects.toThrow('timed out after 20 ms');
    expect(left[0]).toBeLessThanOrEqual(20);
  });

  it('leave a tick out while the one before it still runs, and go on afterwards', async () => {
    const log = vi.fn();
    const { aws } = await start({ log });
    let running = 0;
    let most = 0;
    let calls = 0;
    let release: () => void = () => undefined;
    aws.functions.register('watch', async () => {
      calls += 1;
      running += 1;
      most = Math.max(most, running);
      if (calls === 1) {
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      }
      running -= 1;
    });
    aws.functions.every(5, 'watch', (nowMs) => ({ nowMs }));
    await vi.waitFor(() => expect(log).toHaveBeenCalledWith('tickLeftOut', { name: 'watch' }), SOON);
    expect(calls).toBe(1);
    release();
    await vi.waitFor(() => expect(calls).toBeGreaterThan(2), SOON);
    expect(most).toBe(1);
  });

  it('call nothing any more once a schedule is stopped or the endpoint closed', async () => {
    const { aws } = await start();
    let calls = 0;
    aws.functions.register('watch', () => {
      calls += 1;
    });
    const stop = aws.functions.every(1, 'watch', () => ({}));
    await vi.waitFor(() => expect(calls).toBeGreaterThan(0), SOON);
    stop();
    await aws.functions.settled();
    const before = calls;
    aws.functions.every(1, 'watch', () => ({}));
    await aws.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(calls).toBe(before);
  });
});

describe('the other local services', () => {
  it('give a secret, and refuse an unknown one as the service does', async () => {
    const secrets = new Map([['slack', '{"signingSecret":"test"}']]);
    const { client } = await start({ secrets });
    const manager = new SecretsManagerClient(client);
    expect(await manager.send(new GetSecretValueCommand({ SecretId: 'slack' }))).toMatchObject({
      SecretString: '{"signingSecret":"test"}',
    });
    const unknown = manager.send(new GetSecretValueCommand({ SecretId: 'other' }));
    await expect(unknown).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it('hand a published page to the callback, and fail when the callback does', async () => {
    const pages: unknown[] = [];
    const { client } = await start({
      onPublish: (page) => {
        pages.push(page);
        if (pages.length > 1) throw new Error('down');
      },
    });
    const sns = new SNSClient(client);
    const page = {
      TopicArn: 'arn:aws:sns:us-east-1:000000000000:page',
      Subject: 'orders-db',
      Message: 'full & refusing',
    };
    expect((await sns.send(new PublishCommand(page))).MessageId).toMatch(/^[0-9a-f-]{36}$/);
    expect(pages).toEqual([{ topicArn: page.TopicArn, subject: page.Subject, message: page.Message }]);
    await expect(sns.send(new PublishCommand(page))).rejects.toMatchObject({ $metadata: { httpStatusCode: 500 } });
  });

  it('pass SSM calls on with their answer, be it an error', async () => {
    const calls: unknown[] = [];
    const { client } = await start({
      ssm: {
        handle: async (target, body) => {
          calls.push([target, body]);
          return calls.length === 1
            ? { status: 200, body: { Commands: [] } }
            : { status: 400, body: { __type: 'InvalidCommandId' } };
        },
      },
    });
    const ssm = new SSMClient(client);
    expect((await ssm.send(new ListCommandsCommand({ MaxResults: 5 }))).Commands).toEqual([]);
    expect(calls).toEqual([['AmazonSSM.ListCommands', { MaxResults: 5 }]]);
    await expect(ssm.send(new ListCommandsCommand({}))).rejects.toMatchObject({ name: 'InvalidCommandId' });
  });

  it('say what they do not emulate', async () => {
    const { aws } = await start();
    const answer = await passOn(aws, '/', { 'x-amz-target': 'AmazonSQS.SendMessage' }, '{}');
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('AmazonSQS.SendMessage')]);
  });
});
