import { verifySlackRequest } from '@slack/bolt';
import { afterEach, describe, expect, it } from 'vitest';
import { actions, button, confirm, modal, plain, section } from './support/blocks.ts';
import {
  BOT,
  CHANNEL,
  closeStages,
  FOREIGN,
  handClock,
  ON_CALL,
  type Payload,
  SECOND,
  SIGNING_SECRET,
  type SlackStage,
  slackStage,
} from './support/slack-stage.ts';

afterEach(closeStages);

/** A message with a button, an overflow menu and a select; its ts. */
async function postCard({ client }: SlackStage, threadTs?: string): Promise<string> {
  const options = [
    { text: plain('One'), value: '1' },
    { text: plain('Two'), value: '2' },
  ];
  const { ts = '' } = await client.chat.postMessage({
    channel: CHANNEL,
    text: 'card',
    ...(threadTs === undefined ? {} : { thread_ts: threadTs }),
    blocks: [
      actions(button('run', { style: 'primary', confirm })),
      { ...section('more'), block_id: 'beside', accessory: { type: 'overflow', action_id: 'menu', options } } as never,
      { type: 'actions', elements: [{ type: 'static_select', action_id: 'select', options }] },
    ],
  });
  return ts;
}

const press = (stage: SlackStage, ts: string, more: object = {}) =>
  stage.post('/api/click', { user: ON_CALL, ts, actionId: 'run', ...more });

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
    const body = Buffer.from(event.body, 'base64').toString('utf8');
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
  const page = async (stage: SlackStage, user = ON_CALL) => (await fetch(`${stage.slack.url}/?user=${user}`)).text();

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

describe('a modal', () => {
  /** Opens it as a handler would, and answers what views.open answered. */
  async function opened(stage: SlackStage, view: object = modal): Promise<Payload> {
    let answer: Payload;
    stage.handle(async ({ trigger_id }) => {
      answer = await stage.client.views.open({ trigger_id, view: view as never });
      return { statusCode: 200 };
    });
    await press(stage, await postCard(stage));
    stage.handle(async () => ({ statusCode: 200 }));
    return answer.view;
  }
  const submit = (
    stage: SlackStage,
    viewId: string,
    values: object = { why: 'too loud', long: '120', also: ['tell'] },
  ) => stage.post('/api/submit', { user: ON_CALL, viewId, values });
  const views = async ({ get }: SlackStage) => (await get('/api/views')).views;
  const respond = (stage: SlackStage, action: object) =>
    stage.handle(async () => ({ statusCode: 200, body: JSON.stringify(action) }));

  it('carries what was filled in, and closes when the answer is empty', async () => {
    const stage = await slackStage();
    const view = await opened(stage);
    expect(await submit(stage, view.id)).toMatchObject({ status: 200, body: { status: 200 } });
    expect(stage.delivered[1]?.payload).toMatchObject({
      type: 'view_submission',
      user: { id: ON_CALL },
      view: {
        id: view.id,
        hash: view.hash,
        callback_id: 'silence',
        private_metadata: 'inc-1',
        state: {
          values: {
            why: { text: { type: 'plain_text_input', value: 'too loud' } },
            long: { choice: { type: 'static_select', selected_option: { value: '120', text: { text: '2 hours' } } } },
            also: { boxes: { type: 'checkboxes', selected_options: [{ value: 'tell' }] } },
          },
        },
      },
    });
    expect(await views(stage)).toEqual([]);
  });

  it('is not sent while a required field is empty', async () => {
    const stage = await slackStage();
    const view = await opened(stage);
    const answer = await submit(stage, view.id, { why: '', long: '30' });
    expect(answer.body).toEqual({ errors: { why: expect.stringContaining('required') } });
    expect(stage.delivered).toHaveLength(1);
  });

  it('shows the errors of the answer', async () => {
    const stage = await slackStage();
    const view = await opened(stage);
    respond(stage, { response_action: 'errors', errors: { why: 'Say more.' } });
    await submit(stage, view.id);
    expect(await views(stage)).toMatchObject([{ user: ON_CALL, errors: { why: 'Say more.' } }]);
    const page = await (await fetch(`${stage.slack.url}/?user=${ON_CALL}`)).text();
    expect(page).toContain('Say more.');
  });

  it('is replaced, stacked or cleared as the answer says', async () => {
    const stage = await slackStage();
    const view = await opened(stage);
    respond(stage, { response_action: 'update', view: { ...modal, title: plain('Second') } });
    await submit(stage, view.id);
    respond(stage, { response_action: 'push', view: { ...modal, title: plain('Third') } });
    await submit(stage, view.id);
    const [below, top] = await views(stage);
    expect(below.view).toMatchObject({ id: view.id, title: { text: 'Second' } });
    expect(top.view).toMatchObject({ title: { text: 'Third' }, root_view_id: view.id, previous_view_id: view.id });
    await stage.post('/api/close', { user: ON_CALL, viewId: top.view.id });
    expect(await views(stage)).toHaveLength(1);
    respond(stage, { response_action: 'clear' });
    await submit(stage, view.id);
    expect(await views(stage)).toEqual([]);
  });

  it.each<[string, { statusCode: number; body?: string }]>([
    ['a failure', { statusCode: 500 }],
    ['nonsense', { statusCode: 200, body: 'nonsense' }],
    ['a view that Slack refuses', { statusCode: 200, body: '{"response_action":"update","view":{"type":"modal"}}' }],
  ])('stays open and says so after %s', async (_, answer) => {
    const stage = await slackStage();
    const view = await opened(stage);
    stage.handle(async () => answer);
    await submit(stage, view.id);
    expect(await views(stage)).toMatchObject([{ trouble: expect.stringContaining('trouble connecting') }]);
  });

  it('tells the app that it was closed where the app asked for it', async () => {
    const stage = await slackStage();
    const quiet = await opened(stage);
    await stage.post('/api/close', { user: ON_CALL, viewId: quiet.id });
    const loud = await opened(stage, { ...modal, notify_on_close: true });
    await stage.post('/api/close', { user: ON_CALL, viewId: loud.id });
    const closed = stage.delivered.filter(({ payload }) => payload.type === 'view_closed');
    expect(closed).toMatchObject([{ payload: { view: { id: loud.id }, is_cleared: false } }]);
  });

  it('is updated by id, by external id and only with the newest hash', async () => {
    const stage = await slackStage();
    const { id, hash } = await opened(stage, { ...modal, external_id: 'ours' });
    const titled = (title: string) => ({ ...modal, external_id: 'ours', title: plain(title) });
    await stage.client.views.update({ view_id: id, hash, view: titled('Filled') });
    await stage.client.views.update({ external_id: 'ours', view: titled('Again') });
    expect(await views(stage)).toMatchObject([{ view: { id, title: { text: 'Again' } } }]);
    const stale = stage.client.views.update({ view_id: id, hash, view: titled('Late') });
    await expect(stale).rejects.toMatchObject({ data: { error: 'hash_conflict' } });
    const gone = stage.client.views.update({ view_id: 'V000', view: titled('Gone') });
    await expect(gone).rejects.toMatchObject({ data: { error: 'not_found' } });
  });

  it('has buttons that reach the handler too', async () => {
    const stage = await slackStage();
    const view = await opened(stage, { ...modal, blocks: [actions(button('inside'))] });
    await press(stage, view.id, { actionId: 'inside' });
    expect(stage.delivered[1]?.payload).toMatchObject({
      type: 'block_actions',
      container: { type: 'view', view_id: view.id },
      view: { id: view.id },
    });
  });

  it('needs a trigger that is known, fresh and unused', async () => {
    const clock = handClock();
    const stage = await slackStage({ nowMs: clock.nowMs });
    const ts = await postCard(stage);
    const open = (trigger_id: string) => stage.client.views.open({ trigger_id, view: modal });
    await press(stage, ts);
    await press(stage, ts);
    const [first, second] = stage.delivered.map(({ payload }) => payload.trigger_id);
    await expect(open('nonsense')).rejects.toMatchObject({ data: { error: 'invalid_trigger_id' } });
    await open(first);
    await expect(open(first)).rejects.toMatchObject({ data: { error: 'exchanged_trigger_id' } });
    clock.advance(3_001);
    await expect(open(second)).rejects.toMatchObject({ data: { error: 'expired_trigger_id' } });
  });

  it('stacks at most three high', async () => {
    const stage = await slackStage();
    await opened(stage);
    const ts = await postCard(stage);
    const push = async () => {
      await press(stage, ts);
      const trigger_id = stage.delivered.at(-1)?.payload.trigger_id;
      return stage.client.views.push({ trigger_id, view: modal });
    };
    await push();
    await push();
    await expect(push()).rejects.toMatchObject({ data: { error: 'push_limit_reached' } });
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
    expect((await fetch(`${stage.slack.url}/api/channels/nowhere/messages`)).status).toBe(404);
  });

  it('people can write, and their text stays text', async () => {
    const stage = await slackStage();
    await stage.post('/api/say', { user: SECOND, channel: 'db-alerts', text: '<!channel> & co' });
    expect(stage.slack.workspace.messages).toMatchObject([{ userId: SECOND, text: '&lt;!channel&gt; &amp; co' }]);
  });
});

describe('another site in the same browser', () => {
  const pressed = (stage: SlackStage, headers: Record<string, string>, body: string) =>
    fetch(`${stage.slack.url}/api/click`, { method: 'POST', headers, body });

  it('cannot press a button, neither as JSON nor as a form', async () => {
    const stage = await slackStage();
    const body = JSON.stringify({ user: ON_CALL, ts: await postCard(stage), actionId: 'run' });
    const json = { 'content-type': 'application/json' };
    expect((await pressed(stage, { ...json, origin: 'http://elsewhere.example' }, body)).status).toBe(403);
    await pressed(stage, { 'content-type': 'text/plain' }, body);
    expect(stage.delivered).toEqual([]);
    expect((await pressed(stage, { ...json, origin: stage.slack.url }, body)).status).toBe(200);
  });

  it('cannot read the channel through a name of its own for this machine', async () => {
    const { request } = await import('node:http');
    const stage = await slackStage();
    const status = await new Promise((resolve) => {
      const asked = request(stage.slack.url, { headers: { host: 'rebound.example' } }, ({ statusCode }) =>
        resolve(statusCode),
      );
      asked.end();
    });
    expect(status).toBe(403);
  });
});
