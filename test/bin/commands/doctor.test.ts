import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTable } from '../../../bin/commands/common/open-table.ts';
import { productVersion } from '../../../bin/commands/common/product-version.ts';
import { run } from '../../../bin/commands/doctor.ts';
import type { Finding } from '../../../bin/flows/doctor/finding.ts';
import { nodeDigest } from '../../../functions/adapters/slack/verify-request.ts';
import type { ConfigInput } from '../../../functions/core/config/config.ts';
import { createInteractHandler } from '../../../functions/interact.handler.ts';
import { createLocalAws, type LocalAws } from '../../../local/aws/local-aws.ts';
import type { Login, RunningDatabase } from '../../../local/database/new-login.ts';
import { openDatabase } from '../../../local/database/open-database.ts';
import { createLocalSsm, type LocalSsm } from '../../../local/ssm/create-local-ssm.ts';
import { dropConnections, hold, logIn, realClock } from '../../adapters/mysql/fixture.ts';
import { openFunctionUrl } from '../../support/function-url-server.ts';
import { describeWith } from '../../support/needs.ts';
import { resourcesXml, stackXml, startAwsStage } from '../support/aws-stage.ts';
import { CHANNEL, configFile, configWith, WORKSPACE } from '../support/config-file.ts';
import { localWorkspace } from '../support/local-workspace.ts';
import { RecordingConsole } from '../support/recording-console.ts';

const SLACK_ARN = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:runbell-slack-AbCdEf';
const HOSTS = { good: 'i-00000000000000001', old: 'i-00000000000000002', gone: 'i-00000000000000003' };
const TABLE = 'runbell-table';
const NOWHERE = { AWS_EC2_METADATA_DISABLED: 'true' };

/** Runs the command and reads its JSON. */
async function examined(config: ConfigInput, environment: Readonly<Record<string, string | undefined>>) {
  const { file, remove } = configFile(config);
  const io = new RecordingConsole(environment);
  const exitCode = await run(['--json', '--config', file], io).finally(remove);
  const { findings } = JSON.parse(io.written.join('\n')) as { findings: readonly Finding[] };
  const about = (area: string, subject: string | null = null) =>
    findings.filter((finding) => finding.area === area && (subject === null || finding.subject === subject));
  return { exitCode, findings, about, everything: io.everything };
}

const brief = (findings: readonly Finding[]) => findings.map(({ severity, what }) => `${severity} ${what}`);

describe('npx runbell doctor without AWS credentials', () => {
  it('names every problem of a configuration, and looks no further', async () => {
    const broken = configWith({ slack: { channel: '#alerts', workspaceId: WORKSPACE }, targets: [] });
    const { exitCode, findings } = await examined(broken, NOWHERE);
    expect([exitCode, brief(findings)]).toEqual([
      2,
      ['error slack.channel is not right', 'error targets is not right'],
    ]);
  });

  it('finds stand-ins that init left', async () => {
    const { exitCode, about } = await examined(
      configWith({ slack: { channel: 'C0EXAMPLE01', workspaceId: WORKSPACE } }),
      NOWHERE,
    );
    expect(exitCode).toBe(2);
    expect(brief(about('configuration'))).toContain('error slack.channel is still a stand-in (C0EXAMPLE01)');
  });

  it('goes as far as it can, and says what it could not look at and why', async () => {
    const credential = { kind: 'iam', region: 'eu-central-1', resourceId: 'db-ABCDEFGHIJKL' } as const;
    const config = configWith({
      targets: [{ id: 'orders-db', host: 'orders.example.com', port: 1, user: 'runbell', credential }],
    });
    const { exitCode, about } = await examined(config, NOWHERE);
    expect(exitCode).toBe(0);
    for (const area of ['target', 'slack', 'stack']) {
      expect(about(area), area).toMatchObject([
        { severity: 'note', fix: expect.stringMatching(/AWS_REGION|AWS_PROFILE/) },
      ]);
    }
  });

  it('says whether Runbell keeps copies on the hosts without a click, and of what', async () => {
    const application: NonNullable<ConfigInput['applications']>[number] = {
      ...{ id: 'shop', kind: 'laravel' as const, targets: ['orders-db'], hosts: [HOSTS.good] },
      ...{ directory: '/srv/shop', user: 'shop', pm2: { home: '/home/shop/.pm2', processes: ['web'] } },
    };
    const of = async (change: Partial<ConfigInput>) => {
      const { about } = await examined(configWith({ applications: [application], ...change }), NOWHERE);
      return brief(about('configuration')).find((line) => line.includes('copies'));
    };
    expect(await of({})).toBe(
      'ok without a click, Runbell keeps copies of configuration files (.env too) on the hosts of shop: at first, ' +
        'daily at 03:30 UTC, and after each incident; snapshots: { off: true } switches it off',
    );
    const off = 'ok Runbell keeps no copies of configuration files without a click:';
    expect(await of({ snapshots: { off: true } })).toBe(`${off} snapshots.off is set`);
    expect(await of({ people: [] })).toBe(`${off} shop (nobody may run snapshot-config)`);
    expect(await of({ observe: true })).toBe(`${off} shop (it is observed)`);
    expect(await of({ applications: [{ ...application, hosts: [] }] })).toBe(`${off} shop (it has no hosts)`);
    expect(await of({ applications: [] })).toBeUndefined();
  });

  it('says what is wrong with a configuration that cannot be read', async () => {
    const io = new RecordingConsole(NOWHERE);
    expect(await run(['--config', 'nowhere.config.ts'], io)).toBe(2);
    expect(io.everything).toContain('npx runbell init');
  });
});

describeWith('mariadb', 'the doctor on a real MariaDB', () => {
  let db: RunningDatabase;
  let dir: string;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'runbell-doctor-'));
    db = await openDatabase({ engine: 'server', maxConnections: 10, dir });
  });
  afterAll(async () => {
    dropConnections();
    await db.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  async function examinedAs(login: Login, change: Partial<ConfigInput['targets'][number]> = {}) {
    const credential = { kind: 'environment', variable: 'DB_PASSWORD' } as const;
    const target = {
      id: 'orders-db',
      host: '127.0.0.1',
      port: db.port,
      user: login.user,
      credential,
      tls: 'off',
    } as const;
    const environment = { ...NOWHERE, DB_PASSWORD: login.password };
    return examined(configWith({ targets: [{ ...target, ...change }] }), environment);
  }

  async function account(user: string, grant: string): Promise<Login> {
    const login = { user, password: 'test-password' };
    const admin = await logIn(db, db.users.admin ?? db.users.app);
    await admin.query(`CREATE OR REPLACE USER '${user}'@'127.0.%' IDENTIFIED BY '${login.password}'`);
    await admin.query(`GRANT ${grant} TO '${user}'@'127.0.%'`);
    await admin.end();
    return login;
  }

  it('is content with the account that the documentation asks for', async () => {
    const { exitCode, about } = await examinedAs(db.users.monitor);
    expect(exitCode).toBe(0);
    expect(brief(about('target'))).toEqual([
      `ok reached, and ${db.users.monitor.user} logged in`,
      'ok not encrypted, and does not leave this machine',
      'ok sees every connection (PROCESS)',
      'note a full server will refuse Runbell too: who holds its connections is then not seen',
      expect.stringMatching(/^ok \d of 10 connections in use, at most \d+ since its start$/),
    ]);
  });

  it('gives the very GRANT for a blind account, and running it cures it', async () => {
    const login = await account('blind', 'USAGE ON *.*');
    const held = await hold(db, 2);
    const sick = await examinedAs(login);
    const finding = sick.about('target').find(({ severity }) => severity === 'error');
    expect([sick.exitCode, finding?.fix]).toEqual([2, "GRANT PROCESS ON *.* TO 'blind'@'127.0.%';"]);
    const admin = await logIn(db, db.users.admin ?? db.users.app);
    await admin.query(finding?.fix ?? '');
    await admin.end();
    expect((await examinedAs(login)).exitCode).toBe(0);
    await held.release();
  });

  it('warns of an account that may do more than look, and shows nothing of its password', async () => {
    const login = await account('mighty', 'ALL PRIVILEGES ON *.*');
    const { exitCode, about, everything } = await examinedAs(login);
    expect(exitCode).toBe(1);
    expect(brief(about('target'))).toContain('warning may do more than it needs: ALL PRIVILEGES ON *.*');
    expect(everything).not.toMatch(/test-password|IDENTIFIED|\*[0-9A-F]{40}/);
  });

  it('warns while connections run out', async () => {
    const held = await hold(db, 8);
    const { about } = await examinedAs(db.users.monitor);
    await held.release();
    expect(brief(about('target')).at(-1)).toMatch(/^warning [89] of 10 connections in use/);
  });

  it.each([
    ['a wrong password', { password: 'test-wrong' }, {}, /refused the login/, /Check the password/],
    ['a server without TLS', {}, { tls: 'system' as const }, /offers no TLS/, /Turn TLS on/],
    ['a closed port', {}, { port: 1 }, /Nothing listens/, /which port it uses/],
    [
      'an administrative port that does not answer',
      {},
      { adminPort: 1 },
      /administrative port 1 does not answer/,
      /extra_port/,
    ],
  ])('names %s and what to do', async (_name, login, change, what, fix) => {
    const { exitCode, about } = await examinedAs({ ...db.users.monitor, ...login }, change);
    expect(exitCode).toBe(2);
    const error = about('target').find(({ severity }) => severity === 'error');
    expect(error).toMatchObject({ what: expect.stringMatching(what), fix: expect.stringMatching(fix) });
  });
});

describe('npx runbell doctor with AWS credentials', () => {
  let dir: string;
  let ssm: LocalSsm;
  let local: LocalAws;
  let slack: Awaited<ReturnType<typeof localWorkspace>>;
  let functionUrl: Awaited<ReturnType<typeof serveInteract>>;
  let aws: Awaited<ReturnType<typeof startAwsStage>>;
  let deployedSigningSecret: string;
  let scheduleState = 'ENABLED';
  let concurrency: { own?: unknown; account: object } = { account: { AccountLimit: { ConcurrentExecutions: 1000 } } };
  let deployedVersion = productVersion();
  const alarms = new Map<string, string>();
  const secrets = new Map<string, string>();

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'runbell-doctor-'));
    slack = await localWorkspace({
      channels: [
        { id: CHANNEL, name: 'alarms' },
        { id: 'C0PRIVATE1', name: 'private', hasBot: false },
      ],
    });
    deployedSigningSecret = slack.signingSecret;
    const platform = 'Linux' as const;
    ssm = createLocalSsm({
      documents: [],
      hosts: [
        { id: HOSTS.good, tags: { runbell: 'allowed' }, agentVersion: '3.3.3572.0', platform },
        { id: HOSTS.old, tags: {}, agentVersion: '3.3.1142.0', platform, reach: 'silent' },
      ],
      dir,
      requiredTag: null,
    });
    local = await createLocalAws({ tableName: TABLE, ssm, secrets });
    functionUrl = await serveInteract(() => ({ botToken: slack.botToken, signingSecret: deployedSigningSecret }));
    aws = await startAwsStage(({ name }) => {
      if (name === 'DescribeStackResources') {
        return resourcesXml([
          { type: 'AWS::Scheduler::ScheduleGroup', logicalId: 'Ticks', id: 'runbell-ticks' },
          { type: 'AWS::Lambda::Function', logicalId: 'RunbellInteract', id: 'RunbellInteract-1A2B' },
        ]);
      }
      if (name === '/2019-09-30/functions/RunbellInteract-1A2B/concurrency') {
        return concurrency.own === undefined ? {} : { ReservedConcurrentExecutions: concurrency.own };
      }
      if (name === '/2016-08-19/account-settings') return concurrency.account;
      if (name === '/schedules') return { Schedules: [{ Name: 'shard-0', State: scheduleState }] };
      const outputs = {
        Version: deployedVersion,
        TableName: TABLE,
        SlackSecretArn: SLACK_ARN,
        SlackRequestUrl: `${functionUrl.url}/`,
      };
      if (name === 'DescribeStacks') return stackXml(outputs);
      if (name !== 'DescribeAlarms') return null;
      return {
        MetricAlarms: [...alarms].map(([alarm, state]) => ({ AlarmName: alarm, StateValue: state })),
        CompositeAlarms: [],
      };
    }, local);
  });
  afterAll(async () => {
    await functionUrl.close();
    await Promise.all([aws.stop(), local.close(), ssm.close(), slack.stop()]);
    rmSync(dir, { recursive: true, force: true });
  });

  async function examinedHere(change: Partial<ConfigInput> = {}) {
    secrets.set(SLACK_ARN, JSON.stringify({ botToken: slack.botToken, signingSecret: slack.signingSecret }));
    const applications = [
      {
        id: 'orders',
        kind: 'node',
        targets: ['orders-db'],
        hosts: Object.values(HOSTS),
        directory: '/srv/orders',
        user: 'orders',
        pm2: { home: '/home/orders/.pm2', processes: ['web'] },
      },
    ] as const;
    const config = configWith({
      applications: applications.map((one) => ({
        ...one,
        targets: [...one.targets],
        pm2: { ...one.pm2, processes: [...one.pm2.processes] },
      })),
      ...change,
    });
    return examined(config, { ...aws.environment, ...slack.environment });
  }

  it('says of each host whether it is managed, tagged, online and new enough, with the command that mends it', async () => {
    const { about } = await examinedHere();
    expect(brief(about('host', HOSTS.good))).toEqual(['ok managed, agent 3.3.3572.0', 'ok carries runbell=allowed']);
    expect(about('host', HOSTS.old)).toMatchObject([
      { severity: 'error', what: 'its agent is not there (ConnectionLost)' },
      { severity: 'error', fix: `aws ssm send-command --document-name AWS-UpdateSSMAgent --instance-ids ${HOSTS.old}` },
      { severity: 'error', fix: `aws ec2 create-tags --resources ${HOSTS.old} --tags Key=runbell,Value=allowed` },
    ]);
    expect(about('host', HOSTS.gone)).toMatchObject([{ severity: 'error', what: 'Systems Manager does not know it' }]);
  });

  it('tries the token, the channel and the signature through the deployed address', async () => {
    const { about } = await examinedHere();
    expect(brief(about('slack'))).toEqual([
      `ok the token is shop's (${WORKSPACE})`,
      `ok is in channel ${CHANNEL}`,
      'ok a signed request through the deployed address is accepted',
    ]);
  });

  it('says when the deployed function knows another signing secret', async () => {
    deployedSigningSecret = 'f'.repeat(32);
    const { about } = await examinedHere();
    deployedSigningSecret = slack.signingSecret;
    expect(brief(about('slack')).at(-1)).toBe('error a signed request through the deployed address gets HTTP 401');
  });

  it('says how to get into a channel that the bot is not in', async () => {
    const { about } = await examinedHere({ slack: { channel: 'C0PRIVATE1', workspaceId: WORKSPACE } });
    expect(about('slack')[1]).toMatchObject({ severity: 'error', fix: 'In that channel: /invite @runbell' });
  });

  it('looks at the channel that is to take what the others refuse, as it would be too late then', async () => {
    const slackConfig = { channel: CHANNEL, workspaceId: WORKSPACE, fallbackChannel: 'C0PRIVATE1' };
    const { about } = await examinedHere({ slack: slackConfig });
    expect(about('slack')).toContainEqual(expect.objectContaining({ fix: 'In that channel: /invite @runbell' }));
  });

  it('shows no secret, whatever it finds', async () => {
    const { everything } = await examinedHere();
    for (const secret of [slack.botToken, slack.signingSecret]) expect(everything).not.toContain(secret);
  });

  const FLOODED =
    "note a flood of the public address could use up the account's 1000 concurrent executions, which sampling needs too";

  it.each([
    [{ own: 50, account: { AccountLimit: { ConcurrentExecutions: 1000 } } }, /^ok 50 of the account's 1000/, null],
    [{ account: { AccountLimit: { ConcurrentExecutions: 1000 } } }, /^note a flood/, /interactConcurrency=100 /],
    [{ account: { AccountLimit: { ConcurrentExecutions: 130 } } }, /^note a flood/, /interactConcurrency=30 /],
    [{ account: { AccountLimit: { ConcurrentExecutions: 10 } } }, /^note a flood/, /^Ask for a higher quota/],
    [{ account: { refuse: 'AccessDeniedException' } }, /could not be looked at/, /lambda:GetAccountSettings/],
    [{ own: 'many', account: {} }, /an answer that is not understood/, /lambda:GetFunctionConcurrency/],
  ])('says whether clicks have concurrent executions of their own: %j', async (given, what, fix) => {
    concurrency = given;
    const { about } = await examinedHere().finally(() => {
      concurrency = { account: { AccountLimit: { ConcurrentExecutions: 1000 } } };
    });
    const found = about('stack').find((finding) => /concurrent|at once/.test(finding.what));
    expect(`${found?.severity} ${found?.what}`).toMatch(what);
    if (fix === null) expect(found?.fix).toBeNull();
    else expect(found?.fix).toMatch(fix);
  });

  it('hears of a stack that does not sample and of alarms that ring, and is content once both are well', async () => {
    alarms.clear();
    alarms.set('runbell-WatchSilent', 'ALARM').set('runbell-DeadLetters', 'OK');
    scheduleState = 'DISABLED';
    deployedVersion = '0.0.1';
    const silent = await examinedHere();
    scheduleState = 'ENABLED';
    deployedVersion = productVersion();
    expect(silent.exitCode).toBe(2);
    expect(brief(silent.about('stack'))).toEqual([
      'ok runbell is deployed (CREATE_COMPLETE)',
      `warning version 0.0.1 is deployed, and this is ${productVersion()}`,
      'error schedule shard-0 is DISABLED',
      FLOODED,
      'error no sample in the last hour',
      'error alarm runbell-WatchSilent',
    ]);

    alarms.clear();
    alarms.set('runbell-WatchSilent', 'OK');
    const atMs = Date.now() - 20_000;
    const { chunks } = openTable(TABLE, 'eu-central-1', aws.environment);
    await chunks.put(0, atMs, new Map([['orders-db', { kind: 'unreadable', atMs, cause: 'denied' }]]));
    const { about } = await examinedHere();
    expect(brief(about('stack'))).toEqual([
      'ok runbell is deployed (CREATE_COMPLETE)',
      `ok version ${productVersion()}`,
      'ok 1 schedule on',
      FLOODED,
      expect.stringMatching(/^ok sampling: last tick \d+ s ago$/),
      'ok 1 alarm, none ringing',
    ]);
  });
});

/** The real handler behind an address, as a function URL is. */
async function serveInteract(secret: () => { readonly botToken: string; readonly signingSecret: string }) {
  const handler = createInteractHandler({
    requests: { record: async () => 'written' },
    forms: { open: async () => ({ kind: 'failed', why: 'not asked for' }) },
    slackSecret: async () => secret(),
    digest: nodeDigest,
    clock: realClock,
    log: { info: () => undefined, error: () => undefined },
  });
  return openFunctionUrl(handler);
}
