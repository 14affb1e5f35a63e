import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DynamoDBClient, GetItemCommand, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { LambdaClient, ListEventSourceMappingsCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetDocumentCommand, ListDocumentsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type MotoServer, startMoto } from '../infra/moto/moto-server.ts';
import { describeWith } from '../support/needs.ts';

const MINUTES_MS = 60_000;
const ACCOUNT = '123456789012';
const SECRET_TEXT = '{"botToken":"test-bot-token","signingSecret":"test-signing-secret"}';

/** How each service is asked what it has; of alarms, moto lists none after an update. */
const LISTINGS: readonly {
  readonly service: string;
  readonly path?: string;
  readonly target?: string;
  readonly form?: string;
}[] = [
  { service: 'iam', form: 'Action=ListRoles&Version=2010-05-08' },
  { service: 'sns', form: 'Action=ListTopics&Version=2010-03-31' },
  { service: 'sqs', target: 'AmazonSQS.ListQueues' },
  { service: 'logs', target: 'Logs_20140328.DescribeLogGroups' },
  { service: 'events', target: 'AWSEvents.ListRules' },
  { service: 'secretsmanager', target: 'secretsmanager.ListSecrets' },
  { service: 'scheduler', path: '/schedules' },
];

describeWith('moto', 'a deployment to an emulated AWS', () => {
  let folder: string;
  let moto: MotoServer;
  let clients: ReturnType<typeof clientsOf>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'runbell-deploy-'));
    moto = await startMoto();
    clients = clientsOf(moto);
  }, 2 * MINUTES_MS);

  afterAll(async () => {
    await moto?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the command line as a person would, and fails with everything it said. */
  async function cdk(...arguments_: readonly string[]): Promise<string> {
    const { PATH = '', HOME = '' } = process.env;
    const env = { PATH, HOME, CI: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true', ...moto.environment };
    const options = [
      '--output',
      join(folder, 'cdk.out'),
      '--context',
      `runbell:config=${join(folder, 'runbell.config.ts')}`,
    ];
    return new Promise((done, fail) => {
      const program = resolve('node_modules/.bin/cdk');
      execFile(
        program,
        [...arguments_, ...options, '--no-color'],
        { env, maxBuffer: 1 << 24 },
        (error, stdout, stderr) => {
          if (error === null) done(`${stdout}${stderr}`);
          else fail(new Error(`cdk ${arguments_.join(' ')}\n${stdout}${stderr}\n${moto.log()}`));
        },
      );
    });
  }

  /** Without a VPC, which would have to be there already. */
  function configure(change: string): void {
    const example = JSON.stringify(resolve('runbell.config.ts'));
    const text = `import config from ${example};\nexport default { ...config, network: { kind: 'none' }, ${change} };\n`;
    writeFileSync(join(folder, 'runbell.config.ts'), text);
  }

  async function deploy(...options: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const outputs = join(folder, 'outputs.json');
    // moto has no change sets for updates.
    await cdk('deploy', '--method=direct', '--require-approval=never', '--outputs-file', outputs, ...options);
    return JSON.parse(readFileSync(outputs, 'utf8')).runbell;
  }

  /** Services that still list something of ours. */
  async function leftIn(): Promise<readonly string[]> {
    const found = await Promise.all(
      LISTINGS.map(async ({ service, path = '/', target, form }) => {
        const response = await fetch(`${moto.environment['AWS_ENDPOINT_URL']}${path}`, {
          method: target === undefined && form === undefined ? 'GET' : 'POST',
          headers: {
            authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/${service}/aws4_request, SignedHeaders=host, Signature=test`,
            ...(target === undefined ? {} : { 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.0' }),
            ...(form === undefined ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
          },
          ...(target === undefined && form === undefined ? {} : { body: form ?? '{}' }),
        });
        expect([service, response.status]).toEqual([service, 200]);
        // moto makes log groups of its own for functions, and forgets them.
        const text = (await response.text()).replaceAll(/\/aws\/lambda\/[^"]+/g, '');
        return text.toLowerCase().includes('runbell') ? [service] : [];
      }),
    );
    return found.flat();
  }

  it(
    'bootstraps, deploys, keeps state and secret through an update, and leaves nothing behind but what was asked to stay',
    async () => {
      configure('');
      await cdk('bootstrap', `aws://${ACCOUNT}/eu-central-1`);

      const first = await deploy();
      const { TableName = '', SlackSecretArn = '', DocumentNames = '' } = first;
      expect(first['SlackRequestUrl']).toMatch(/^https:\/\//);
      expect(first['Version']).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
      expect(await environmentsOf(clients.lambda, 'RUNBELL_RUNNER_ROLE_ARN')).toEqual([
        expect.stringMatching(/^arn:aws:iam::\d{12}:role\/runbell-RunbellRunner/),
      ]);
      const names = DocumentNames.split(/,\s*/);
      expect(names.length).toBeGreaterThan(1);
      for (const Name of names) {
        const document = await clients.ssm.send(new GetDocumentCommand({ Name }));
        expect(document.DocumentFormat).toBe('JSON');
        const hash = createHash('sha256')
          .update(document.Content ?? '')
          .digest('hex');
        expect(Name.endsWith(hash.slice(0, 8))).toBe(true);
      }
      expect(await functionNames(clients.lambda)).toHaveLength(5);
      expect(await sourcesOf(clients.lambda)).toHaveLength(2);

      const item = { pk: { S: 'target#orders-db' }, sk: { S: 'STATE' }, revision: { N: '1' } };
      await clients.dynamodb.send(new PutItemCommand({ TableName, Item: item }));
      await clients.secrets.send(new PutSecretValueCommand({ SecretId: SlackSecretArn, SecretString: SECRET_TEXT }));

      configure('sampling: { everySeconds: 15 }, people: []');
      const second = await deploy();
      expect(second).toMatchObject({
        TableName,
        SlackSecretArn,
        DocumentNames,
        SlackRequestUrl: first['SlackRequestUrl'],
      });
      expect(second['RunbookUse']).toContain('suggested and not runnable');
      expect(await sourcesOf(clients.lambda)).toHaveLength(3);
      const { pk, sk } = item;
      expect((await clients.dynamodb.send(new GetItemCommand({ TableName, Key: { pk, sk } }))).Item).toEqual(item);
      const secret = await clients.secrets.send(new GetSecretValueCommand({ SecretId: SlackSecretArn }));
      expect(secret.SecretString).toBe(SECRET_TEXT);

      expect(await leftIn()).toEqual(LISTINGS.map(({ service }) => service));
      await cdk('destroy', '--force');
      expect(await leftIn()).toEqual([]);
      expect((await clients.dynamodb.send(new ListTablesCommand({}))).TableNames).toEqual([]);
      expect(await functionNames(clients.lambda)).toEqual([]);
      const own = new ListDocumentsCommand({ Filters: [{ Key: 'Owner', Values: ['Self'] }] });
      expect((await clients.ssm.send(own)).DocumentIdentifiers).toEqual([]);

      const { TableName: kept = '' } = await deploy('--context', 'runbell:retain=true');
      await cdk('destroy', '--force', '--context', 'runbell:retain=true');
      expect(await leftIn()).toEqual([]);
      expect((await clients.dynamodb.send(new ListTablesCommand({}))).TableNames).toEqual([kept]);
    },
    15 * MINUTES_MS,
  );
});

function clientsOf(moto: MotoServer) {
  const settings = {
    region: 'eu-central-1',
    endpoint: moto.environment['AWS_ENDPOINT_URL'] ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  return {
    dynamodb: new DynamoDBClient(settings),
    lambda: new LambdaClient(settings),
    secrets: new SecretsManagerClient(settings),
    ssm: new SSMClient(settings),
  };
}

async function functionNames(lambda: LambdaClient): Promise<readonly string[]> {
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  return Functions.map(({ FunctionName = '' }) => FunctionName);
}

/** What those functions that have this variable have in it. */
async function environmentsOf(lambda: LambdaClient, name: string): Promise<readonly string[]> {
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  return Functions.flatMap(({ Environment }) => Environment?.Variables?.[name] ?? []);
}

async function sourcesOf(lambda: LambdaClient): Promise<readonly string[]> {
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
  return EventSourceMappings.map(({ EventSourceArn = '' }) => EventSourceArn);
}
