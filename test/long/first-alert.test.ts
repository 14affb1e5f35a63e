import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { GetFunctionConfigurationCommand, LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { CreateDBInstanceCommand, CreateDBSubnetGroupCommand, RDSClient } from '@aws-sdk/client-rds';
import { ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type Aws, connectAws } from '../../bin/commands/common/aws.ts';
import type { Finding } from '../../bin/flows/doctor/finding.ts';
import { createActHandler } from '../../functions/act.handler.ts';
import { parseConfig } from '../../functions/core/config/parse-config.ts';
import type { Settings } from '../../functions/core/settings.ts';
import { createInteractHandler, interactDeps } from '../../functions/interact.handler.ts';
import { createNotifyHandler } from '../../functions/notify.handler.ts';
import { RUNBOOKS_FOLDER } from '../../lib/read-deployment.ts';
import { catalogueOf, loadCatalogue } from '../../lib/runbook-catalogue.ts';
import { click } from '../../local/slack/click.ts';
import { createLocalSlack } from '../../local/slack/local-slack.ts';
import { type MotoServer, startMoto } from '../infra/moto/moto-server.ts';
import { describeWith } from '../support/needs.ts';

const MINUTES_MS = 60_000;
const ACCOUNT = '123456789012';
const HOST = 'i-00000000000000001';
const [WORKSPACE, CHANNEL, PERSON] = ['T0AAAAAAA1', 'C0ALARMS01', 'U0AAAAAAA1'];

/**
 * What somebody does who has just cloned it, by the commands that the documentation shows, each timed. The emulated
 * AWS runs no function, so the deployed handlers are called here with the environment that they were deployed with.
 */
describeWith('moto', 'from a clone to the first alert', () => {
  const steps: [name: string, seconds: number][] = [];
  const botToken = `test-${randomBytes(12).toString('hex')}`;
  const signingSecret = randomBytes(16).toString('hex');
  const deployed = {
    interact: (_event: unknown): Promise<{ statusCode: number; body: string }> =>
      Promise.reject(new Error('not deployed')),
  };
  const slack = createLocalSlack({
    workspaceId: WORKSPACE,
    workspaceName: 'shop',
    channels: [{ id: CHANNEL, name: 'alarms' }],
    people: [{ id: PERSON, name: 'On call' }],
    bot: { name: 'runbell', userId: 'U0BOT00001', botId: 'B0BOT00001', appId: 'A0APP00001' },
    botToken,
    signingSecret,
    interact: (event) => deployed.interact(event),
  });
  let folder: string;
  let config: string;
  let moto: MotoServer;
  let aws: Aws;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'runbell-first-'));
    config = join(folder, 'runbell.config.ts');
    await slack.listen(0);
    moto = await startMoto();
    const connected = await connectAws(moto.environment);
    if (connected.kind === 'noCredentials') throw new Error(connected.why);
    aws = connected.aws;
    await makeDatabase(aws);
  }, 2 * MINUTES_MS);
  afterAll(async () => {
    await moto?.stop();
    await slack.close();
    rmSync(folder, { recursive: true, force: true });
    process.stdout.write(
      `${steps.map(([name, seconds]) => `  ${seconds.toFixed(1).padStart(6)} s  ${name}`).join('\n')}\n`,
    );
  });

  function type(program: string, args: readonly string[], input = '') {
    const { PATH = '', HOME = '' } = process.env;
    const own = { RUNBELL_SLACK_API_URL: `${slack.url}/api/`, CI: 'true', CDK_DISABLE_CLI_TELEMETRY: 'true' };
    const env = { PATH, HOME, ...own, ...moto.environment };
    const startedMs = performance.now();
    return new Promise<{ readonly code: number; readonly out: string; readonly said: string }>((done) => {
      const child = execFile(program, [...args], { env, maxBuffer: 1 << 24 }, (error, out, said) => {
        steps.push([
          [program.split('/').at(-1), ...args.slice(0, 2)].join(' '),
          (performance.now() - startedMs) / 1000,
        ]);
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 70;
        done({ code, out, said });
      });
      child.stdin?.end(input);
    });
  }
  const runbell = (args: readonly string[], input?: string) =>
    type(process.execPath, [resolve('bin/runbell.mjs'), ...args], input);
  async function cdk(...args: string[]): Promise<void> {
    const options = ['--output', join(folder, 'cdk.out'), '--context', `runbell:config=${config}`, '--no-color'];
    const { code, out, said } = await type(resolve('node_modules/.bin/cdk'), [...args, ...options]);
    if (code !== 0) throw new Error(`cdk ${args[0]}\n${out}${said}\n${moto.log()}`);
  }
  const deploy = () => cdk('deploy', '--method=direct', '--require-approval=never');
  async function doctor(): Promise<readonly string[]> {
    const { out } = await runbell(['doctor', '--json', '--config', config]);
    const { findings } = JSON.parse(out) as { readonly findings: readonly Finding[] };
    return findings.map(({ area, severity, what }) => `${area} ${severity} ${what}`);
  }

  it(
    'goes from init over deploy, secrets and doctor to a practice on the card, an upgrade, and nothing left behind',
    async () => {
      const app = ['--hosts', HOST, '--directory', '/srv/orders', '--user', 'deploy', '--processes', 'web'];
      const who = ['--channel', CHANNEL, '--workspace', WORKSPACE, '--person', PERSON];
      const written = await runbell(['init', '--yes', '--out', config, '--database', 'orders-db', ...who, ...app]);
      expect(written).toMatchObject({ code: 0, out: expect.stringContaining(`Wrote ${config}`) });
      expect(written.said).toMatch(/login with IAM tokens[\s\S]*its own VPC vpc-/);
      expect(readFileSync(config, 'utf8')).not.toContain('FILL IN');
      expect(await doctor()).toContainEqual(expect.stringMatching(/^stack warning not found/));

      await cdk('bootstrap', `aws://${ACCOUNT}/eu-central-1`);
      await deploy();
      const manifest = await runbell(['slack-manifest', '--stack', 'runbell']);
      const { settings } = JSON.parse(manifest.out) as { settings: { interactivity: { request_url: string } } };
      expect(settings.interactivity.request_url).toMatch(/^https:\/\/.*\/slack\/events$/);

      const secret = JSON.stringify({ botToken, signingSecret });
      const stored = await runbell(['secrets', 'set', '--slack', '--config', config], secret);
      expect(stored).toMatchObject({ code: 0, out: expect.stringMatching(/^Stored in arn:aws:secretsmanager/) });
      const found = await doctor();
      expect(found).toContainEqual(expect.stringMatching(/^stack ok runbell is deployed/));
      expect(found).toContainEqual(expect.stringMatching(/^stack ok \d schedules on/));
      expect(found).toContain(`slack ok is in channel ${CHANNEL}`);

      const alert = runbell(['test-alert', '--config', config, '--json']);
      const stage = await deployedHandlers(moto, config, slack.url);
      deployed.interact = stage.interact;
      await vi.waitFor(() => stage.stream(), { timeout: MINUTES_MS, interval: 500 });
      expect(JSON.parse((await alert).out)).toMatchObject({ shown: true, channel: CHANNEL, problem: null });
      const card = slack.workspace.messages.find(({ threadTs }) => threadTs === null);
      expect(JSON.stringify(card?.blocks)).toContain('🧪');
      const pressed = await click(slack.workspace, {
        user: PERSON,
        ts: card?.ts ?? '',
        actionId: 'run:diagnose:main-app',
      });
      expect(pressed?.status).toBe(200);
      await vi.waitFor(
        async () => {
          await stage.stream();
          expect(await stage.commands()).toEqual([[expect.stringMatching(/^runbell-diagnose-[0-9a-f]{8}$/), [HOST]]]);
        },
        { timeout: MINUTES_MS, interval: 500 },
      );
      const running = await runbell(['incidents', '--json', '--stack', 'runbell']);
      expect(JSON.parse(running.out)).toMatchObject([
        { targetId: 'practice--orders-db', isPractice: true, run: { runbook: 'diagnose', phase: 'judged' } },
      ]);

      // The same again, as after git pull: what is stored stays.
      await deploy();
      expect(JSON.parse((await runbell(['status', '--json', '--stack', 'runbell'])).out)).toMatchObject({
        incidents: [{ targetId: 'practice--orders-db' }],
      });
      await cdk('destroy', '--force');
      expect(await doctor()).toContainEqual(expect.stringMatching(/^stack warning not found/));
    },
    12 * MINUTES_MS,
  );
});

/** A MySQL of RDS in the VPC that every account has. */
async function makeDatabase(aws: Aws): Promise<void> {
  const [ec2, rds] = [aws.client('EC2', EC2Client), aws.client('RDS', RDSClient)];
  const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand({}));
  const { SecurityGroups = [] } = await ec2.send(new DescribeSecurityGroupsCommand({}));
  await rds.send(
    new CreateDBSubnetGroupCommand({
      DBSubnetGroupName: 'databases',
      DBSubnetGroupDescription: 'databases',
      SubnetIds: Subnets.flatMap(({ SubnetId }) => SubnetId ?? []),
    }),
  );
  await rds.send(
    new CreateDBInstanceCommand({
      DBInstanceIdentifier: 'orders-db',
      Engine: 'mysql',
      EngineVersion: '8.0.40',
      DBInstanceClass: 'db.t4g.micro',
      AllocatedStorage: 20,
      MasterUsername: 'admin',
      MasterUserPassword: randomBytes(12).toString('hex'),
      EnableIAMDatabaseAuthentication: true,
      DBSubnetGroupName: 'databases',
      VpcSecurityGroupIds: SecurityGroups.slice(0, 1).flatMap(({ GroupId }) => GroupId ?? []),
    }),
  );
}

/** The handlers of this version, with the environment of the functions that were deployed, over the deployed table. */
async function deployedHandlers(moto: MotoServer, config: string, slackUrl: string) {
  const client = {
    region: 'eu-central-1',
    endpoint: moto.environment['AWS_ENDPOINT_URL'] ?? '',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  };
  Object.assign(process.env, moto.environment);
  const lambda = new LambdaClient(client);
  const environment: Record<string, string> = {};
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  for (const { FunctionName } of Functions) {
    const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    Object.assign(environment, Environment?.Variables);
  }
  const module = (await import(pathToFileURL(config).href)) as { readonly default: unknown };
  const parsed = parseConfig(module.default);
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  const catalogue = catalogueOf(loadCatalogue(parsed.config.name, RUNBOOKS_FOLDER));
  const settings: Settings = { schema: 1, version: 'deployed', config: parsed.config, catalogue };
  const log = { info: () => undefined, error: () => undefined };
  const own = { ...moto.environment, ...environment, RUNBELL_SLACK_API_URL: `${slackUrl}/api/` };
  const place = { environment: own, settings, log };
  const [notify, act] = [createNotifyHandler(place), createActHandler(place)];
  const interact = createInteractHandler(interactDeps(own, log));
  const table = new DynamoDBClient(client);
  const ssm = new SSMClient(client);
  return {
    interact: (event: unknown) => interact(event),
    /** What the stream would bring: every item that owes something, to whom its filter names. Throws when there is none. */
    async stream(): Promise<void> {
      const { Items = [] } = await table.send(new ScanCommand({ TableName: environment['RUNBELL_TABLE'] ?? '' }));
      const owing = Items.filter(({ owes }) => owes !== undefined);
      expect(owing).not.toEqual([]);
      for (const item of owing) {
        const { pk = { S: '' }, sk = { S: '' } } = item;
        const record = {
          eventID: '1',
          eventName: 'MODIFY',
          dynamodb: { Keys: { pk, sk }, NewImage: item, SequenceNumber: '1' },
        };
        const isOfNotify = item['owes']?.S === 'notice' || item['owes']?.S === 'answer';
        await (isOfNotify ? notify : act)({ Records: [record] });
      }
    },
    commands: async () => {
      const { Commands = [] } = await ssm.send(new ListCommandsCommand({}));
      return Commands.map(({ DocumentName, InstanceIds }) => [DocumentName, InstanceIds]);
    },
  };
}
