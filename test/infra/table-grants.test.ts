import {
  DeleteItemCommand,
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  ScanCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';

import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import rdsWithIam from '../../docs/examples/rds-with-iam.config.ts';
import { createDynamoStores } from '../../functions/adapters/dynamodb/dynamo-store.ts';
import { SignedRequestLog } from '../../functions/adapters/dynamodb/signed-request-log.ts';
import { createSignedAwsCall } from '../../functions/adapters/system/signed-aws-call.ts';
import { RunbellStack } from '../../lib/runbell-stack.ts';
import { createLocalAws, type LocalAws } from '../../local/aws/local-aws.ts';
import { anApplication, aRequest, aRun, aTarget } from '../fakes/sample-state.ts';
import { clientOf } from '../support/signed.ts';
import { type GuardedEndpoint, guard, type Principal } from './deployed/guarded-endpoint.ts';
import { DeployedTemplate, REGION } from './deployed/template.ts';
import { INDEXES, KINDS, type Kind, MAY, OPERATOR } from './role-needs.ts';
import { testApp } from './synthesize.ts';

let aws: LocalAws;
let guarded: GuardedEndpoint;
let template: DeployedTemplate;
let table: string;

beforeAll(async () => {
  const app = testApp();
  const stack = new RunbellStack(app, 'runbell', { config: rdsWithIam });
  const assumedBy = new AccountPrincipal('000000000000');
  stack.runbell.grantRead(new Role(stack, 'Reader', { assumedBy }));
  stack.runbell.grantRequest(new Role(stack, 'Asker', { assumedBy }));
  const assembly = app.synth();
  template = new DeployedTemplate(assembly.getStackByName('runbell').template, assembly.directory);
  table = template.text(stack.resolve(stack.runbell.state.table.tableName));
  aws = await createLocalAws({ tableName: table });
  const principals = Object.keys(MAY).map((name): [string, Principal] => [
    name,
    { roleArn: roleArnOf(name), session: null, functionArn: null, userId: OPERATOR },
  ]);
  guarded = await guard(aws, template, {}, new Map(principals));
}, 240_000);
afterAll(async () => {
  await guarded?.close();
  await aws?.close();
});

function roleArnOf(name: string): string {
  const found = template.roleArns().filter((arn) => new RegExp(`role/(Runbell)?${name}`).test(arn));
  if (found.length !== 1) throw new Error(`${found.length} roles are called ${name}`);
  return found[0] ?? '';
}

const asRole = (role: string) =>
  new DynamoDBClient({
    endpoint: guarded.url,
    region: REGION,
    credentials: { accessKeyId: role, secretAccessKey: 'test' },
    maxAttempts: 1,
  });

async function isAllowed(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (error instanceof DynamoDBServiceException && error.name === 'AccessDeniedException') return false;
    throw error;
  }
}

const key = (pk: string) => ({ pk: { S: pk }, sk: { S: 'STATE' } });

/** What a role can really do with one kind of item, before an endpoint that allows what its policy allows. */
async function tried(role: string, kind: Kind): Promise<string> {
  const client = asRole(role);
  const pk = KINDS[kind];
  const query = {
    TableName: table,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: pk } },
  };
  const tries = {
    g: client.send(new GetItemCommand({ TableName: table, Key: key(pk) })),
    p: client.send(new PutItemCommand({ TableName: table, Item: { ...key(pk), body: { S: '{}' } } })),
    q: client.send(new QueryCommand(query)),
    d: client.send(new DeleteItemCommand({ TableName: table, Key: key(pk) })),
    u: client.send(
      new UpdateItemCommand({
        TableName: table,
        Key: key(pk),
        UpdateExpression: 'SET x = :x',
        ExpressionAttributeValues: { ':x': { S: 'x' } },
      }),
    ),
    s: client.send(new ScanCommand({ TableName: table })),
  };
  const done = await Promise.all(
    Object.entries(tries).map(async ([name, call]) => ((await isAllowed(call)) ? name : '')),
  );
  return done.join('');
}

describe('each role, with each kind of item in the table', () => {
  it.each(Object.keys(MAY))('%s does what it has to, and nothing more', async (role) => {
    const kinds = Object.keys(KINDS) as Kind[];
    const found = await Promise.all(kinds.map(async (kind) => [kind, await tried(role, kind)] as const));
    const may = MAY[role] ?? {};
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(kinds.map((kind) => [kind, may[kind] ?? ''])));
  });

  it.each(Object.keys(MAY))('%s queries the indexes that it has to', async (role) => {
    const asked = ['open', 'waiting'].map(async (IndexName) => {
      const names = { '#open': IndexName };
      const query = {
        TableName: table,
        IndexName,
        KeyConditionExpression: '#open = :kind',
        ExpressionAttributeNames: names,
      };
      const call = asRole(role).send(
        new QueryCommand({ ...query, ExpressionAttributeValues: { ':kind': { S: 'target' } } }),
      );
      return (await isAllowed(call)) ? [IndexName] : [];
    });
    expect((await Promise.all(asked)).flat()).toEqual(INDEXES[role] ?? []);
  });
});

describe('the public function, taken over', () => {
  const put = (item: Record<string, { S: string } | { N: string }>) =>
    isAllowed(asRole('Interact').send(new PutItemCommand({ TableName: table, Item: item })));

  it('cannot place anything among the open items of any kind, whose state would be believed', async () => {
    for (const pk of ['request#evil', 'inbox#slack#evil']) {
      expect(await put({ ...key(pk), open: { S: 'target' }, dueAtMs: { N: '1' }, id: { S: 'shop-db' } }), pk).toBe(
        false,
      );
    }
  });

  it('cannot write over a request, a decision or a run that there is', async () => {
    const stores = createDynamoStores({ client: new DynamoDBClient(clientOf(aws)), tableName: table });
    const request = aRequest({ id: 'a'.repeat(64) });
    await stores.requests.write(request.id, request, null);
    await stores.runs.write(aRun().runId, aRun(), null);
    await stores.applications.write('orders', anApplication(), null);
    await stores.targets.write('orders-db', aTarget(), null);
    for (const pk of [`request#${request.id}`, `run#${aRun().runId}`, 'application#orders', 'target#orders-db']) {
      expect(await put({ ...key(pk), body: { S: '{}' } }), pk).toBe(false);
    }
    expect((await stores.requests.read(request.id))?.value).toEqual(request);
  });

  it('writes a click as it always does', async () => {
    const call = createSignedAwsCall({
      AWS_ENDPOINT_URL: guarded.url,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'Interact',
      AWS_SECRET_ACCESS_KEY: 'test',
    });
    const problems: string[] = [];
    const log = new SignedRequestLog(call, table, (why) => problems.push(why));
    expect([await log.record(aRequest({ id: 'b'.repeat(64) })), problems]).toEqual(['written', []]);
    expect(await log.record(aRequest({ id: 'b'.repeat(64) }))).toBe('exists');
  });
});
