import { verifySlackRequest } from '@slack/bolt';
import { afterEach, describe, expect, it } from 'vitest';
import { actions, button, confirm, section } from './support/blocks.ts';
import { postCard, press } from './support/press.ts';
import {
  BOT,
  CHANNEL,
  closeStages,
  FOREIGN,
  handClock,
  ON_CALL,
  SECOND,
  SIGNING_SECRET,
  type SlackStage,
  slackStage,
} from './support/slack-stage.ts';

afterEach(closeStages);

describe('a click', () => {
  it("reaches the handler as a function URL event that Slack's own check accepts", async () => {
    const stage = await slackStage();
    expect(await press(stage, await postCard(stage))).toMatchObject({ status: 200, body: { status: 200, body: '' } });
    const { event } = stage.delivered[0] as SlackStage['delivered'][0];
    expect(event).toMatchObject({
      version: '2.0',
      isBase64Encoded: true,
      requestContext: { http: { method: 'POST' } },
    });
    expect(Object.keys(event.headers).every((name) => name === name.toLowerCase())).toBe(true);
    const body = Buffer.from(event.body ?? '', 'base64').toString('utf8');
    const headers = {
      'x-slack-signature': event.headers['x-slack-signature'] ?? '',
      'x-slack-request-timestamp': Number(event.headers['x-slack-request-timestamp']),
    };
    const check = (signingSecret: string) => verifySlackRequest({ signingSecret, body, headers });
    expect(() => check(SIGNING_SECRET)).not.toThrow();
    expect(() => check('another-secret')).toThrow();
  });

  it('says who pressed what and where', async () => {
    const stage = await slackStage();
    const ts = await postCard(stage);
    await press(stage, ts);
    expect(stage.delivered[0]?.payload).toMatchObject({
      type: 'block_actions',
      user: { id: ON_CALL, username: 'on-call', team_id: 'T0LOCAL001' },
      team: { id: 'T0LOCAL001', domain: expect.any(String) },
      api_app_id: BOT.appId,
      is_enterprise_install: false,
      channel: { id: CHANNEL, name: 'db-alerts' },
      container: { type: 'message', message_ts: ts, channel_id: CHANNEL, is_ephemeral: false },
      message: { ts, text: 'card', blocks: [{ block_id: 'row' }, {}, {}] },
      trigger_id: expect.any(String),
      response_url: expect.stringContaining(`${stage.slack.url}/response/`),
      actions: [
        {
          type: 'button',
          action_id: 'run',
          block_id: 'row',
          value: 'value of run',
          style: 'primary',
          confirm,
          action_ts: expect.stringMatching(/^\d+\.\d{6}$/),
        },
      ],
    });
  });

  it('names the thread, and the workspace of a foreigner', async () => {
    const stage = await slackStage();
    const parent = await postCard(stage);
    await press(stage, await postCard(stage, parent), { user: FOREIGN });
    expect(stage.delivered[0]?.payload).toMatchObject({
      user: { team_id: 'T0LOCAL001X' },
      team: { id: 'T0LOCAL001' },
      container: { thread_ts: parent },
    });
  });

  it('can carry a forged value', async () => {
    const stage = await slackStage();
    await press(stage, await postCard(stage), { value: 'forged' });
    expect(stage.delivered[0]?.payload.actions[0].value).toBe('forged');
  });

  it.each([['menu'], ['select']])('chooses from a %s', async (actionId) => {
    const stage = await slackStage();
    const ts = await postCard(stage);
    await press(stage, ts, { actionId, value: '2' });
    await press(stage, ts, { actionId, value: 'forged' });
    const chosen = stage.delivered.map(({ payload }) => payload.actions[0].selected_option);
    expect(chosen).toMatchObject([{ text: { text: 'Two' }, value: '2' }, { value: 'forged' }]);
  });

  it('on a private note carries no copy of it', async () => {
    const stage = await slackStage();
    const blocks = [actions(button('run'))];
    const note = { channel: CHANNEL, user: ON_CALL, text: 'note', blocks };
    const { message_ts: ts = '' } = await stage.client.chat.postEphemeral(note);
    await press(stage, ts);
    expect(stage.delivered[0]?.payload).toMatchObject({ container: { is_ephemeral: true } });
    expect(stage.delivered[0]?.payload).not.toHaveProperty('message');
  });

  it('on nothing is refused', async () => {
    const stage = await slackStage();
    const ts = await postCard(stage);
    expect(await press(stage, ts, { actionId: 'nothing' })).toMatchObject({ status: 404 });
    expect(await press(stage, '1.000000')).toMatchObject({ status: 404 });
    expect(await stage.post('/api/click', { user: ON_CALL })).toMatchObject({ status: 400 });
    expect(stage.delivered).toEqual([]);
  });
});

describe('a handler that fails', () => {
  const page = async ({ slack: { url, pageHeaders: headers } }: SlackStage, user = ON_CALL) =>
    (await fetch(`${url}/?user=${user}`, { headers })).text();

  it.each<[string, () => Promise<{ statusCode: number }>, number]>([
    ['answers 500', async () => ({ statusCode: 500 }), 500],
    ['throws', () => Promise.reject(new Error('crash')), 502],
  ])('is told to the person who clicked: %s', async (_, handler, status) => {
    const stage = await slackStage();
    stage.handle(handler);
    expect(await press(stage, await postCard(stage))).toMatchObject({ body: { status } });
    expect(await page(stage)).toContain(`Runbell responded with status ${status}`);
    expect(await page(stage, SECOND)).not.toContain('responded with status');
  });

  it('is not waited for longer than Slack does, and the next good click clears the warning', async () => {
    const stage = await slackStage({ ackMsMax: 20 });
    const ts = await postCard(stage);
    stage.handle(() => new Promise(() => {}));
    expect(await press(stage, ts)).toMatchObject({ body: { status: null } });
    expect(await page(stage)).toContain('Runbell did not answer within');
    stage.handle(async () => ({ statusCode: 200 }));
    await press(stage, ts);
    expect(await page(stage)).not.toContain('did not answer');
  });
});

describe('a response URL', () => {
  async function urlOf(stage: SlackStage): Promise<{ readonly path: string; readonly ts: string }> {
    const ts = await postCard(stage);
    await press(stage, ts);
    return { path: new URL(stage.delivered[0]?.payload.response_url).pathname, ts };
  }

  it('whispers to the person who clicked unless told otherwise', async () => {
    const stage = await slackStage();
    const { path } = await urlOf(stage);
    await stage.post(path, { text: 'for you' });
    await stage.post(path, { text: 'for all', response_type: 'in_channel' });
    const [, first, second] = stage.slack.workspace.messages;
    expect(first).toMatchObject({ text: 'for you', ephemeralFor: ON_CALL });
    expect(second).toMatchObject({ text: 'for all', ephemeralFor: null });
  });

  it('replaces or deletes what was clicked', async () => {
    const stage = await slackStage();
    const { path, ts } = await urlOf(stage);
    await stage.post(path, { replace_original: true, text: 'new', blocks: [section('new')] });
    expect(stage.slack.workspace.message(CHANNEL, ts)).toMatchObject({ text: 'new', blocks: [{ type: 'section' }] });
    await stage.post(path, { delete_original: true });
    expect(stage.slack.workspace.messages).toEqual([]);
  });

  it('works five times within half an hour', async () => {
    const clock = handClock();
    const stage = await slackStage({ nowMs: clock.nowMs });
    const { path } = await urlOf(stage);
    for (let count = 0; count < 5; count += 1) {
      expect(await stage.post(path, { text: 'x' })).toMatchObject({ status: 200, body: 'ok' });
    }
    expect(await stage.post(path, { text: 'x' })).toMatchObject({ status: 404, body: { error: 'used_url' } });
    const other = await urlOf(stage);
    clock.advance(31 * 60_000);
    await press(stage, other.ts);
    expect(await stage.post(new URL(stage.delivered[1]?.payload.response_url).pathname, { text: 'x' })).toMatchObject({
      body: { error: 'expired_url' },
    });
    expect(await stage.post('/response/R000', { text: 'x' })).toMatchObject({ body: { error: 'invalid_url' } });
  });
});

describe('for scripts', () => {
  it('the channel is there by name or id, with threads and private notes', async () => {
    const stage = await slackStage();
    const ts = await postCard(stage);
    await stage.client.chat.postMessage({ channel: CHANNEL, thread_ts: ts, text: 'reply' });
    await stage.client.chat.postEphemeral({ channel: CHANNEL, user: SECOND, text: 'psst' });
    const byName = await stage.get('/api/channels/db-alerts/messages');
    expect(byName).toEqual(await stage.get(`/api/channels/${CHANNEL}/messages`));
    expect(byName.messages).toMatchObject([
      { ts, user: BOT.userId, text: 'card', metadata: null, replies: [{ text: 'reply', threadTs: ts }] },
      { text: 'psst', ephemeralFor: SECOND, replies: [] },
    ]);
    expect((await stage.get(`/api/ephemerals?user=${SECOND}`)).messages).toMatchObject([{ text: 'psst' }]);
    expect((await stage.get(`/api/ephemerals?user=${ON_CALL}`)).messages).toEqual([]);
    expect((await stage.get('/api/ephemerals')).messages).toHaveLength(1);
    const headers = stage.slack.pageHeaders;
    expect((await fetch(`${stage.slack.url}/api/channels/nowhere/messages`, { headers })).status).toBe(404);
  });

  it('people can write, and their text stays text', async () => {
    const stage = await slackStage();
    await stage.post('/api/say', { user: SECOND, channel: 'db-alerts', text: '<!channel> & co' });
    expect(stage.slack.workspace.messages).toMatchObject([{ userId: SECOND, text: '&lt;!channel&gt; &amp; co' }]);
  });
});
