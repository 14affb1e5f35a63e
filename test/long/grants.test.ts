import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../functions/core/config/config.ts';
import { actionsOf, wordsOf } from '../../local/drill/channel.ts';
import { until } from '../../local/drill/until.ts';
import { type Call, isAllowed, type Statement, unused } from '../infra/deployed/access.ts';
import { type DeployedStack, startDeployed } from '../infra/deployed/deployed-stack.ts';
import { serviceCalls } from '../infra/deployed/service-calls.ts';
import type { DeployedTemplate } from '../infra/deployed/template.ts';
import { unreadable } from '../support/builders.ts';

const ON_CALL = 'U0EXAMPLE01';
const PASSWORD_SECRET = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:shop-db-AbCdEf';
const RESOURCE_ID = 'db-EXAMPLEEXAMPLE0000000000000';
const VISITOR = 'U0EXAMPLE09';
const SECOND_MS = 1000;

/** Waits until it may end, so that somebody can look, cancel or die in the meantime. */
const MANIFEST = {
  id: 'wait',
  title: 'Wait',
  says: 'Waits and changes nothing.',
  risk: 'read',
  kinds: ['node'],
  parameters: [
    { name: 'RunId', from: 'run.id', description: 'The run', pattern: '^[a-z0-9-]{1,64}$' },
    { name: 'DryRun', from: 'run.dryRun', description: 'yes or no', pattern: '^(yes|no)$' },
    { name: 'ApplicationId', from: 'application.id', description: 'The application', pattern: '^[a-z-]{1,40}$' },
  ],
  timeoutSeconds: 60,
  cooldownSeconds: 0,
  undo: null,
  hazards: [],
  success: 'It has waited.',
  fits: ['unreadable'],
};
const SCRIPT = `#!/bin/bash
set -euo pipefail
: "$SSM_RunId $SSM_DryRun $SSM_ApplicationId"
for _ in {1..600}; do [ -e "$GATE" ] && break; sleep 0.05; done
echo '{"ending":"done","reason":"","lines":[]}'
`;

function configFor(port: number): ConfigInput {
  const target = { host: '127.0.0.1', port, user: 'runbell' };
  return {
    sampling: { everySeconds: 15 },
    slack: { channel: 'C0EXAMPLE01', workspaceId: 'T0EXAMPLE01' },
    people: [{ slackUserId: ON_CALL, name: 'On call' }],
    page: { topicArn: 'arn:aws:sns:eu-central-1:000000000000:on-call' },
    targets: [
      { ...target, id: 'shop-db', credential: { kind: 'secret', arn: PASSWORD_SECRET }, tls: 'off' },
      {
        ...target,
        id: 'orders-db',
        credential: { kind: 'iam', region: 'eu-central-1', resourceId: RESOURCE_ID },
      },
    ],
    applications: [
      {
        id: 'shop',
        kind: 'node',
        targets: ['shop-db'],
        hosts: ['i-00000000000000001', 'mi-00000000000000001'],
        directory: '/srv/shop',
        user: 'shop',
        pm2: { home: '/home/shop/.pm2', processes: ['shop'] },
      },
    ],
    network: {
      kind: 'vpc',
      vpcId: 'vpc-00000000000000001',
      subnetIds: ['subnet-00000000000000001'],
      availabilityZones: ['eu-central-1a'],
      securityGroupId: 'sg-00000000000000001',
      secretsEndpoint: 'existing',
    },
  };
}

describe('the deployed stack, before an endpoint that allows what the synthesized roles allow', () => {
  let dir: string;
  let gate: string;
  let deployed: DeployedStack;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'runbell-grants-'));
    gate = join(dir, 'gate');
    mkdirSync(join(dir, 'runbooks/lib'), { recursive: true });
    mkdirSync(join(dir, 'runbooks/wait'));
    writeFileSync(join(dir, 'runbooks/lib/guard.sh'), 'guard() { :; }\n');
    writeFileSync(join(dir, 'runbooks/wait/runbook.json'), JSON.stringify(MANIFEST));
    writeFileSync(join(dir, 'runbooks/wait/run.sh'), SCRIPT);
    deployed = await startDeployed({
      config: configFor(await freePort()),
      runbooksFolder: join(dir, 'runbooks'),
      passwords: { [PASSWORD_SECRET]: '{"password":"test-password"}' },
      hostEnvironment: { GATE: gate },
      visitors: [VISITOR],
    });
    await work();
  }, 240_000);
  afterAll(async () => {
    await deployed?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  let forwardedMs = 0;
  function forward(seconds: number): void {
    forwardedMs += seconds * SECOND_MS;
    deployed.forward(seconds * SECOND_MS);
  }

  async function tick(): Promise<void> {
    forward(15);
    const scheduledTime = new Date(Date.now() + forwardedMs).toISOString();
    await deployed.invoke('RunbellWatch', { kind: 'tick', shard: 0, scheduledTime, delaySeconds: 0 });
  }

  /** Looks again until there is something, and otherwise fails with what is known. */
  async function eventually<T>(what: string, look: () => Promise<T | null>): Promise<T> {
    const found = await until(30 * SECOND_MS, look);
    if (found !== null) return found;
    const cards = (await deployed.channel.messages()).map(wordsOf);
    throw new Error(
      `${what} did not come: ${JSON.stringify({ cards, denied: denied(), problems: deployed.problems })}`,
    );
  }

  const denied = () => deployed.guarded.calls.filter((one) => !one.isAllowed);
  const card = () =>
    eventually(
      'a card',
      async () => (await deployed.channel.messages()).find(({ text }) => text.includes('shop-db')) ?? null,
    );

  /** As soon as the card has it. */
  async function press(actionStart: string): Promise<void> {
    await eventually(actionStart, async () => {
      const found = actionsOf(await card()).find(({ actionId }) => actionId.startsWith(actionStart));
      if (found === undefined) return null;
      return (await deployed.channel.press(ON_CALL, await card(), found.actionId)).status === 200 ? true : null;
    });
  }
  const sent = (count: number) =>
    eventually(`command ${count}`, async () => ((await deployed.comments()).length >= count ? true : null));
  const ends = async () => (await card()).replies.filter(({ text }) => /^m?i-\w+: /.test(text)).map(({ text }) => text);
  const ended = (count: number) =>
    eventually(`end ${count}`, async () => ((await ends()).length >= count ? true : null));
  const calls = (role: string, action: string) =>
    deployed.guarded.calls.filter((one) => one.action === action && one.roleArn.includes(`role/${role}`)).length;
  const called = (role: string, action: string) =>
    eventually(`${action} by ${role}`, async () => (calls(role, action) > 0 ? true : null));

  /** It tells, runs on both hosts, cancels, answers, and finds again what was lost. */
  async function work(): Promise<void> {
    // So many targets that their names lie beside their samples, as of a shard that has shrunk since.
    const atMs = Date.now() - 60 * SECOND_MS;
    const former = Array.from({ length: 12 }, (_, at) => [`former-${at}`, unreadable(atMs)] as const);
    await deployed.chunks.put(0, atMs, new Map(former));
    for (let ticks = 0; ticks < 4; ticks += 1) await tick();
    await deployed.channel.type(VISITOR, '/runbell silence shop-db 10m nothing to see');
    await deployed.channel.type(ON_CALL, '/runbell status');
    await called('RunbellAct', 'secretsmanager:GetSecretValue');

    // Nobody waits: act sees the first end itself, or track hears of it.
    writeFileSync(gate, '');
    await press('run:wait');
    await ended(2);
    rmSync(gate);

    await press('run:wait');
    await sent(3);
    // Nobody is looking any more, so the end is heard of by track.
    await deployed.settled();
    await press('cancel');
    await ended(3);

    // The command arrives, its answer does not: whoever looks first finds it by its comment.
    writeFileSync(gate, '');
    deployed.guarded.spoilNextSend('lost');
    await press('run:wait');
    await sent(4);
    await deployed.settled();
    forward(16);
    const { name, event } = deployed.delivered.findLast((one) => one.name.startsWith('RunbellAct')) ?? {
      name: '',
      event: null,
    };
    deployed.guarded.spoilNextSend('lost');
    await deployed.invoke(name, event);
    await sent(5);
    await deployed.settled();
    forward(16);
    await deployed.invoke('RunbellTrack', { kind: 'sweep' });
    await ended(5);

    // What the service refuses ends there and then, and act itself asks for a look at the database.
    deployed.guarded.spoilNextSend('refused');
    await press('run:wait');
    await ended(6);
    await deployed.settled();
  }

  it('tells, runs on both hosts, cancels, and finds again what was lost', async () => {
    expect(await ends()).toEqual([
      'i-00000000000000001: done',
      'mi-00000000000000001: done',
      expect.stringContaining('cancelled'),
      'i-00000000000000001: done',
      'mi-00000000000000001: done',
      expect.stringContaining('failed'),
    ]);
    expect(deployed.pages).toHaveLength(2);
    expect(deployed.problems).toEqual([]);
  });

  it('was never denied anything', () => {
    expect(denied()).toEqual([]);
    expect(deployed.guarded.calls.length).toBeGreaterThan(100);
  });

  it('sent every command in a session that carries the id of its run, as its comment does', async () => {
    const sessions = deployed.guarded.calls.flatMap((one) =>
      one.action === 'sts:AssumeRole' ? (one.context['sts:RoleSessionName'] ?? []) : [],
    );
    // The last one was refused, so there is no command of it.
    expect(sessions.slice(0, -1).map((name) => `runbell ${name}`)).toEqual(await deployed.comments());
    const senders = deployed.guarded.calls
      .filter(({ action }) => action === 'ssm:SendCommand')
      .map(({ roleArn }) => roleArn);
    expect([...new Set(senders)]).toEqual([expect.stringContaining('role/RunbellRunner')]);
  });

  it('is granted nothing that it does not use', () => {
    expect(
      grants().flatMap(({ roleArn, statements }) =>
        unused(statements, callsBy(roleArn)).map((what) => `${roleArn} ${what}`),
      ),
    ).toEqual([]);
  });

  it('is granted each statement for a reason: without it something that happened would be denied', () => {
    const needless = grants().flatMap(({ roleArn, statements }) =>
      statements.flatMap((statement, at) => {
        const left = statements.filter((_one, index) => index !== at);
        const isNeeded = statement.effect === 'Deny' || callsBy(roleArn).some((call) => !isAllowed(left, call));
        return isNeeded ? [] : [`${roleArn} ${statement.actions.join()}`];
      }),
    );
    expect(needless).toEqual([]);
  });

  it('would be found out: a grant too many is named, and a call too many is denied', () => {
    const [act] = grants().filter(({ roleArn }) => roleArn.includes('RunbellAct'));
    const extra: Statement = {
      effect: 'Allow',
      actions: ['dynamodb:GetItem', 'dynamodb:DeleteItem'],
      resources: ['*'],
      conditions: {},
    };
    expect(unused([...(act?.statements ?? []), extra], callsBy(act?.roleArn ?? ''))).toEqual([
      'dynamodb:DeleteItem on *',
    ]);
    const [watch] = grants().filter(({ roleArn }) => roleArn.includes('RunbellWatch'));
    const eni = callsBy(watch?.roleArn ?? '').find(({ action }) => action === 'ec2:CreateNetworkInterface');
    if (eni === undefined || watch === undefined) throw new Error('watch is in a VPC');
    expect(isAllowed(watch.statements, eni)).toBe(true);
    // The same by the function's own code.
    expect(isAllowed(watch.statements, { ...eni, context: { 'lambda:SourceFunctionArn': ['arn'] } })).toBe(false);
    const [runner] = grants().filter(({ roleArn }) => roleArn.includes('RunbellRunner'));
    const host = {
      action: 'ssm:SendCommand',
      resource: 'arn:aws:ec2:eu-central-1:000000000000:instance/i-1',
      context: {},
    };
    expect(isAllowed(runner?.statements ?? [], host)).toBe(false);
    expect(isAllowed(runner?.statements ?? [], { ...host, context: { 'ssm:resourceTag/runbell': ['allowed'] } })).toBe(
      true,
    );
  });

  const grants = () =>
    deployed.template.roleArns().map((roleArn) => ({ roleArn, statements: deployed.template.statementsOf(roleArn) }));
  const callsBy = (roleArn: string): readonly Call[] =>
    [...deployed.guarded.calls, ...serviceCalls(deployed.template), ...logins(deployed.template)].filter(
      (one) => one.roleArn === roleArn,
    );
});

/** A token is signed without any call; the database asks IAM when it is used. */
function logins(template: DeployedTemplate) {
  const roleArn = template.functions().find(({ name }) => name.startsWith('RunbellWatch'))?.roleArn ?? '';
  const resource = `arn:aws:rds-db:eu-central-1:000000000000:dbuser:${RESOURCE_ID}/runbell`;
  return [{ roleArn, action: 'rds-db:connect', resource, context: {} }];
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
