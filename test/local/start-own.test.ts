import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run as testAlert } from '../../bin/commands/test-alert.ts';
import { practiceIdOf } from '../../functions/core/config/target-id.ts';
import { LOCAL_HOST } from '../../local/loop.ts';
import { click } from '../../local/slack/click.ts';
import { command } from '../../local/slack/deliver.ts';
import { createLocalSlack } from '../../local/slack/local-slack.ts';
import { startOwn } from '../../local/start-own.ts';
import { CHANNEL, configFile, configWith, WORKSPACE } from '../bin/support/config-file.ts';
import { RecordingConsole } from '../bin/support/recording-console.ts';
import { ConfigHost } from '../runbooks/support/config-host.ts';
import { SOON } from '../support/soon.ts';
import { socketServer } from './slack/support/socket-server.ts';

const ON_CALL = 'U0AAAAAAA1';
const botToken = `test-${randomBytes(12).toString('hex')}`;
const appToken = `test-app-${randomBytes(12).toString('hex')}`;
const socket = await socketServer(appToken, () => slack.url);
const slack = createLocalSlack({
  workspaceId: WORKSPACE,
  workspaceName: 'shop',
  channels: [{ id: CHANNEL, name: 'alarms' }],
  people: [{ id: ON_CALL, name: 'On call' }],
  bot: { name: 'runbell', userId: 'U0BOT00001', botId: 'B0BOT00001', appId: 'A0APP00001' },
  botToken,
  signingSecret: randomBytes(16).toString('hex'),
  interact: socket.interact,
});
const host = new ConfigHost();
const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:monitoring-AbCdEf';
const config = configFile(
  configWith({
    targets: [
      { id: 'shop-db', host: '127.0.0.1', port: 1, user: 'runbell', credential: { kind: 'secret', arn }, tls: 'off' },
    ],
    applications: [host.configured({ hosts: [LOCAL_HOST] })],
    snapshots: { off: true },
  }),
);
const environment = {
  SLACK_APP_TOKEN: appToken,
  SLACK_BOT_TOKEN: botToken,
  RUNBELL_SLACK_API_URL: socket.apiUrl,
  RUNBELL_PASSWORD_SHOP_DB: randomBytes(6).toString('hex'),
};
const said: string[] = [];
const start = (change: object = {}) =>
  startOwn(config.file, 0, (line) => said.push(line), 'workspace', { ...environment, ...change });

beforeAll(async () => void (await slack.listen(0)));
afterAll(async () => {
  await slack.close();
  await socket.stop();
  config.remove();
  host.close();
});

describe('npm start -- --slack', () => {
  it('brings cards, clicks and commands of a real workspace through Socket Mode, also after Slack has moved the connection', async () => {
    const own = await start();
    try {
      const io = new RecordingConsole({});
      const { endpoint } = own.loop.aws;
      expect(await testAlert(['--target', 'shop-db', '--endpoint', endpoint], io)).toBe(0);
      const [card] = slack.workspace.messages.filter(({ threadTs }) => threadTs === null);
      const press = (actionId: string) => click(slack.workspace, { user: ON_CALL, ts: card?.ts ?? '', actionId });
      const state = async () => (await own.loop.stores.targets.read(practiceIdOf('shop-db')))?.value;
      expect(await press('run:diagnose:shop')).toMatchObject({ status: 200 });
      await vi.waitFor(async () => expect((await state())?.run?.phase).toBe('judged'), SOON);

      socket.disconnect();
      await vi.waitFor(() => expect([socket.connections(), socket.isConnected()]).toEqual([2, true]), SOON);
      expect(await press('acknowledge')).toMatchObject({ status: 200 });
      await vi.waitFor(async () => expect((await state())?.acknowledgement?.userId).toBe(ON_CALL), SOON);
      expect(await command(slack.workspace, ON_CALL, CHANNEL, '/runbell nonsense')).toMatchObject({
        status: 200,
        body: expect.stringContaining('What `/runbell` understands'),
      });
      expect(said.join('\n')).not.toContain(environment.RUNBELL_PASSWORD_SHOP_DB);
      expect(said).toContain('Runbell keeps no copies of configuration files without a click: snapshots.off is set.');
    } finally {
      await own.stop();
    }
    await expect.poll(() => socket.isConnected(), SOON).toBe(false);
  }, 60_000);

  it.each([
    [
      { SLACK_APP_TOKEN: 'test-wrong' },
      /^Slack does not take the app token \(invalid_auth\)\. .*slack-manifest --socket/,
    ],
    [
      { SLACK_BOT_TOKEN: 'test-wrong' },
      /^Slack does not take the bot token \(invalid_auth\): it is the "Bot User OAuth/,
    ],
    [
      { SLACK_APP_TOKEN: undefined },
      /^The app-level token.* is missing and nobody is here to be asked: export SLACK_APP_TOKEN/,
    ],
    [{ RUNBELL_PASSWORD_SHOP_DB: '' }, /export RUNBELL_PASSWORD_SHOP_DB\. Nothing was started\.$/],
  ])('starts nothing without what it needs, and says what that is (%#)', async (change, message) => {
    await expect(start(change)).rejects.toThrow(message);
  });
});
