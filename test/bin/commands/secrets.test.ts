import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Asker } from '../../../bin/commands/common/asker.ts';
import { run } from '../../../bin/commands/secrets.ts';
import type { ConfigInput } from '../../../functions/core/config/config.ts';
import type { RunningDatabase } from '../../../local/database/new-login.ts';
import { openDatabase } from '../../../local/database/open-database.ts';
import { type StagedCall, stackXml, startAwsStage } from '../support/aws-stage.ts';
import { configFile, configWith } from '../support/config-file.ts';
import { localWorkspace } from '../support/local-workspace.ts';
import { RecordingConsole } from '../support/recording-console.ts';

const SLACK_ARN = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:runbell-slack-AbCdEf';
const PASSWORD_ARN = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:orders-db-GhIjKl';

const secrets = new Map<string, string>();
function secretsManager({ name, parameters }: StagedCall) {
  if (name === 'DescribeStacks') return stackXml({ SlackSecretArn: SLACK_ARN });
  const arn = String(parameters['SecretId']);
  if (!secrets.has(arn)) return { refuse: 'ResourceNotFoundException' };
  if (name === 'GetSecretValue') return { SecretString: secrets.get(arn) };
  if (name !== 'PutSecretValue') return null;
  secrets.set(arn, String(parameters['SecretString']));
  return {};
}

let aws: Awaited<ReturnType<typeof startAwsStage>>;
let slack: Awaited<ReturnType<typeof localWorkspace>>;
let db: RunningDatabase;
let dir: string;
beforeAll(async () => {
  aws = await startAwsStage(secretsManager);
  slack = await localWorkspace();
  dir = mkdtempSync(join(tmpdir(), 'runbell-secrets-'));
  db = await openDatabase({ engine: 'embedded', maxConnections: 10, dir });
});
afterAll(async () => {
  await Promise.all([aws.stop(), slack.stop(), db.stop()]);
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  secrets.clear();
  secrets.set(SLACK_ARN, '{"botToken":"","signingSecret":""}');
  secrets.set(PASSWORD_ARN, '{"username":"runbell","password":"before"}');
});

function withSecretTarget(): ConfigInput {
  const credential = { kind: 'secret', arn: PASSWORD_ARN } as const;
  const target = { id: 'orders-db', host: '127.0.0.1', port: db.port, user: db.users.monitor.user, credential };
  return configWith({ targets: [{ ...target, tls: 'off' }] });
}

/** Runs the command and answers with everything that a person or a log could see, errors included. */
async function tried(args: readonly string[], input: string, config: ConfigInput = withSecretTarget(), asker?: Asker) {
  const { file, remove } = configFile(config);
  const io = new RecordingConsole({ ...aws.environment, ...slack.environment }, input);
  try {
    await run([...args, '--config', file], io, asker ?? null);
    return { done: true, seen: io.everything };
  } catch (error) {
    return { done: false, seen: `${io.everything}\n${error instanceof Error ? error.stack : String(error)}` };
  } finally {
    remove();
  }
}

describe('npx runbell secrets set --slack', () => {
  it('stores what Slack accepts in the secret of the stack, and shows none of it', async () => {
    const { botToken, signingSecret } = slack;
    const { done, seen } = await tried(['set', '--slack'], JSON.stringify({ botToken, signingSecret }));
    expect([done, JSON.parse(secrets.get(SLACK_ARN) ?? '')]).toEqual([true, { botToken, signingSecret }]);
    expect(seen).toContain('shop');
    for (const secret of [botToken, signingSecret]) expect(seen).not.toContain(secret);
  });

  it('takes them from a hidden prompt, without the spaces that copying brings along', async () => {
    const answers = [` ${slack.botToken} `, `${slack.signingSecret}\n`];
    const hidden = async () => answers.shift() ?? '';
    const asker: Asker = { hidden, text: async () => null, one: async () => '', many: async () => [] };
    const { done } = await tried(['set', '--slack'], '', withSecretTarget(), asker);
    expect(done).toBe(true);
    expect(JSON.parse(secrets.get(SLACK_ARN) ?? '')).toMatchObject({ botToken: slack.botToken });
  });

  it('stores no token that Slack refuses, and does not quote it', async () => {
    const botToken = `test-${randomBytes(12).toString('hex')}`;
    const { done, seen } = await tried(
      ['set', '--slack'],
      JSON.stringify({
        ...slack,
        botToken,
        signingSecret: slack.signingSecret,
        environment: undefined,
        stop: undefined,
      }),
    );
    expect(done).toBe(false);
    expect(seen).toContain('invalid_auth');
    expect(seen).not.toContain(botToken);
    expect(secrets.get(SLACK_ARN)).toBe('{"botToken":"","signingSecret":""}');
  });

  it('stores no token of another workspace', async () => {
    const { botToken, signingSecret } = slack;
    const elsewhere = configWith({ slack: { channel: 'C0ALARMS01', workspaceId: 'T0ANOTHER1' } });
    const { done, seen } = await tried(['set', '--slack'], JSON.stringify({ botToken, signingSecret }), elsewhere);
    expect([done, seen.includes('T0ANOTHER1')]).toEqual([false, true]);
  });

  it.each([
    ['not JSON', 'give JSON'],
    ['{"botToken":"test-bot-token"}', 'signingSecret'],
    ['{"botToken":"test-bot-token","signingSecret":"UPPER"}', '32 characters'],
  ])('names what is wrong with the shape of %s', async (input, says) => {
    const { done, seen } = await tried(['set', '--slack'], input);
    expect([done, seen.includes(says)]).toEqual([false, true]);
  });
});

describe('npx runbell secrets set --target', () => {
  it('stores a password that the database takes, and keeps what else the secret holds', async () => {
    const { password } = db.users.monitor;
    const { done, seen } = await tried(['set', '--target', 'orders-db'], `${password}\n`);
    expect([done, JSON.parse(secrets.get(PASSWORD_ARN) ?? '')]).toEqual([true, { username: 'runbell', password }]);
    expect(seen).toContain('The database takes it');
    expect(seen).not.toContain(password);
  });

  it('stores no password that the database refuses', async () => {
    const wrong = randomBytes(12).toString('hex');
    const { done, seen } = await tried(['set', '--target', 'orders-db'], wrong);
    expect([done, seen.includes(wrong)]).toEqual([false, false]);
    expect(seen).toContain('refused the login');
    expect(secrets.get(PASSWORD_ARN)).toContain('before');
  });

  it('stores a password unseen where the database cannot be reached from here', async () => {
    const config = withSecretTarget();
    const away = { ...config, targets: config.targets.map((target) => ({ ...target, port: 1 })) };
    const { done, seen } = await tried(['set', '--target', 'orders-db'], 'unseen', away);
    expect([done, seen.includes('could not be tried from here')]).toEqual([true, true]);
  });

  it('says how to make a secret that is not there', async () => {
    secrets.delete(PASSWORD_ARN);
    const { done, seen } = await tried(['set', '--target', 'orders-db'], db.users.monitor.password);
    expect([done, seen.includes('create-secret')]).toEqual([false, true]);
  });
});

it.each([
  [['set', '--target', 'orders-db', 'pa55-word']],
  [['set', '--slack', '--token=pa55-word']],
  [['set', '--slack', '--pa55-word']],
  [['pa55-word']],
])('never repeats what was typed in the wrong place: %j', async (args) => {
  const { done, seen } = await tried(args, '');
  expect([done, seen.includes('pa55-word')]).toEqual([false, false]);
  expect(seen).toContain('history of your shell');
});
