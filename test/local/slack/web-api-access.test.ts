import { afterEach, describe, expect, it } from 'vitest';
import { actions, button, modal, plain } from './support/blocks.ts';
import { CHANNEL, clientFor, closeStages, handClock, ON_CALL, slackStage, TOKEN } from './support/slack-stage.ts';

afterEach(closeStages);

const refusedWith = (error: string, more: object = {}) => ({ data: { ok: false, error, ...more } });

describe('access', () => {
  it('needs a token, and the right one', async () => {
    const { slack } = await slackStage();
    await expect(clientFor(slack, 'wrong-token').auth.test()).rejects.toMatchObject(refusedWith('invalid_auth'));
    const bare = await fetch(`${slack.url}/api/auth.test`, { method: 'POST' });
    expect(await bare.json()).toEqual({ ok: false, error: 'not_authed' });
    const inBody = await fetch(`${slack.url}/api/auth.test`, {
      method: 'POST',
      body: new URLSearchParams({ token: TOKEN }),
    });
    expect(await inBody.json()).toMatchObject({ ok: true });
  });

  it('names the scope that is missing', async () => {
    const { client } = await slackStage({ scopes: ['chat:write', 'channels:history'] });
    await client.chat.postMessage({ channel: CHANNEL, text: 'x' });
    await client.conversations.history({ channel: CHANNEL });
    const provided = 'chat:write,channels:history';
    const missing = (needed: string) => refusedWith('missing_scope', { needed, provided });
    await expect(client.users.info({ user: ON_CALL })).rejects.toMatchObject(missing('users:read'));
    const withMetadata = client.conversations.history({ channel: CHANNEL, include_all_metadata: true });
    await expect(withMetadata).rejects.toMatchObject(missing('metadata.message:read'));
  });

  it('lets bursts of posts through, then about one a second in each channel', async () => {
    const clock = handClock();
    const { client } = await slackStage({ nowMs: clock.nowMs });
    const post = (channel = CHANNEL) => client.chat.postMessage({ channel, text: 'x' });
    for (let count = 0; count < 5; count += 1) await post();
    await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_rate_limited_error', retryAfter: 5 });
    await post('C0FEW00001');
    clock.advance(5_000);
    await post();
  });

  it('takes 50 edits a minute', async () => {
    const clock = handClock();
    const { client } = await slackStage({ nowMs: clock.nowMs });
    const { ts = '' } = await client.chat.postMessage({ channel: CHANNEL, text: 'x' });
    const update = () => client.chat.update({ channel: CHANNEL, ts, text: 'y' });
    for (let count = 0; count < 50; count += 1) await update();
    clock.advance(20_000);
    await expect(update()).rejects.toMatchObject({ retryAfter: 40 });
    clock.advance(40_000);
    await update();
  });

  it('limits as a test wants it', async () => {
    const { client } = await slackStage({ rateLimits: { 'users.info': { callsMax: 1, windowMs: 60_000 } } });
    await client.users.info({ user: ON_CALL });
    await expect(client.users.info({ user: ON_CALL })).rejects.toMatchObject({ retryAfter: 60 });
  });
});

describe('an ordered fault', () => {
  const order = { method: 'chat.postMessage', times: 2 };

  it.each<[kind: string, error: object]>([
    ['ratelimited', { retryAfter: 1 }],
    ['5xx', { statusCode: 503 }],
    ['reset', { code: 'slack_webapi_request_error' }],
    ['timeout', { code: 'slack_webapi_request_error' }],
  ])('of kind %s happens as often as ordered, and nothing is posted', async (kind, error) => {
    const { slack, post } = await slackStage();
    const patient = clientFor(slack);
    const client = kind === 'timeout' ? clientFor(slack, TOKEN, 1_000) : patient;
    await post('/api/sim.fault', { ...order, kind });
    const call = () => client.chat.postMessage({ channel: CHANNEL, text: 'x' });
    await expect(call()).rejects.toMatchObject(error);
    await expect(call()).rejects.toMatchObject(error);
    expect(slack.workspace.messages).toEqual([]);
    await patient.chat.postMessage({ channel: CHANNEL, text: 'x' });
    expect(slack.workspace.messages).toHaveLength(1);
  });

  it('may lose only the answer', async () => {
    const { slack, client, post } = await slackStage();
    await post('/api/sim.fault', { ...order, kind: 'reset', applied: true });
    await expect(client.chat.postMessage({ channel: CHANNEL, text: 'x' })).rejects.toThrow();
    expect(slack.workspace.messages).toHaveLength(1);
  });

  it('is refused when it cannot be understood', async () => {
    const { post } = await slackStage();
    expect(await post('/api/sim.fault', { method: 'chat.update', kind: 'explosion' })).toMatchObject({ status: 400 });
  });
});

describe('a port', () => {
  it('that is taken makes way for another one', async () => {
    const first = await slackStage();
    const second = await slackStage();
    const taken = Number(new URL(first.slack.url).port);
    await second.slack.close();
    const real = await second.slack.listen(taken);
    expect(real).not.toBe(taken);
    expect(await clientFor(second.slack).auth.test()).toMatchObject({ ok: true });
  });
});

it('modals that Slack would refuse name the place', async () => {
  const { client, handle, post } = await slackStage();
  const { ts = '' } = await client.chat.postMessage({ channel: CHANNEL, text: 'x', blocks: [actions(button('a'))] });
  handle(async ({ trigger_id }) => {
    await client.views.open({ trigger_id, view: { ...modal, title: plain('x'.repeat(25)) } }).catch((error) => {
      expect(error).toMatchObject(refusedWith('invalid_arguments'));
      expect(error.data.response_metadata.messages).toEqual([
        '[ERROR] must be less than 25 characters [json-pointer:/view/title/text]',
      ]);
    });
    return { statusCode: 200 };
  });
  expect(await post('/api/click', { user: ON_CALL, ts, actionId: 'a' })).toMatchObject({ body: { status: 200 } });
  expect.assertions(3);
});
