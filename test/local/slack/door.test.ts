import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { postCard } from './support/press.ts';
import { CHANNEL, closeStages, ON_CALL, type SlackStage, slackStage, TOKEN } from './support/slack-stage.ts';

afterEach(closeStages);

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** Not by fetch, which sets some of these headers itself. */
function ask(
  { slack }: SlackStage,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: object,
): Promise<Answer> {
  const method = body === undefined ? 'GET' : 'POST';
  const text = body === undefined ? '' : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const request = httpRequest(slack.url + path, { method, headers }, (response) => {
      let said = '';
      const answer = () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text: said });
      response.on('data', (chunk) => {
        said += chunk;
        // This one never ends.
        if (path === '/events') {
          answer();
          request.destroy();
        }
      });
      response.on('end', answer);
    });
    request.on('error', reject).end(text);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const clickOn = (ts: string) => ({ user: ON_CALL, ts, actionId: 'run' });

describe('who does not have the printed address', () => {
  it.each([
    '/',
    '/channel.js',
    '/events',
    '/api/channels/db-alerts/messages',
    '/api/ephemerals',
    '/api/views',
    '/?token=',
    '/?token=guessed',
    '/anything',
  ])('is shown nothing of %s', async (path) => {
    const stage = await slackStage();
    await postCard(stage);
    for (const cookie of ['', `runbell-${new URL(stage.slack.url).port}=guessed`]) {
      const answer = await ask(stage, path, { cookie });
      expect(answer.status).toBe(403);
      expect(answer.text).toMatch(/address that npm start prints/);
      expect(answer.headers['set-cookie']).toBeUndefined();
    }
  });

  it.each<[string, (ts: string) => object]>([
    ['/api/click', clickOn],
    ['/api/submit', () => ({ user: ON_CALL, viewId: 'V1' })],
    ['/api/close', () => ({ user: ON_CALL, viewId: 'V1' })],
    ['/api/say', () => ({ user: ON_CALL, channel: CHANNEL, text: '/runbell freeze everything 1h' })],
    ['/api/sim.fault', () => ({ method: 'chat.update', kind: '5xx' })],
    ['/', () => ({})],
  ])('can do nothing by %s, also with the token of the bot', async (path, bodyOf) => {
    const stage = await slackStage();
    const ts = await postCard(stage);
    const body = bodyOf(ts);
    for (const more of [{}, { authorization: `Bearer ${TOKEN}` }, { cookie: 'runbell-1=x' }]) {
      expect((await ask(stage, path, { ...JSON_TYPE, ...more }, body)).status).toBe(403);
    }
    expect(stage.delivered).toEqual([]);
    expect(stage.slack.workspace.messages).toHaveLength(1);
    await stage.client.chat.update({ channel: CHANNEL, ts, text: 'no fault was ordered' });
  });

  it('cannot call the Web API with the token of the page', async () => {
    const stage = await slackStage();
    const { text } = await ask(
      stage,
      '/api/chat.postMessage',
      { ...stage.slack.pageHeaders, ...JSON_TYPE },
      { channel: CHANNEL, text: 'x' },
    );
    expect(JSON.parse(text)).toEqual({ ok: false, error: 'not_authed' });
    expect(stage.slack.workspace.messages).toEqual([]);
  });

  it('cannot guess where an answer to a click is written', async () => {
    const stage = await slackStage();
    const ts = await postCard(stage);
    await stage.post('/api/click', clickOn(ts));
    expect(stage.delivered[0]?.payload.response_url).toMatch(/\/response\/[0-9a-f]{32}$/);
  });
});

describe('the printed address', () => {
  it('gives a cookie that only this page sends, and leaves the token out of what is shown then', async () => {
    const stage = await slackStage();
    const { pathname, search } = new URL(stage.slack.pageUrl(ON_CALL));
    expect(search).toMatch(/^\?user=\w+&token=[\w-]{32}$/);
    const { status, headers } = await ask(stage, pathname + search, {});
    expect([status, headers['location']]).toEqual([303, `/?user=${ON_CALL}`]);
    const [cookie = ''] = headers['set-cookie'] ?? [];
    expect(cookie).toMatch(/^runbell-\d+=[\w-]{32}; Path=\/; HttpOnly; SameSite=Strict$/);
    const page = await ask(stage, '/', { cookie: `other=1; ${cookie.split(';')[0]}` });
    expect(page.status).toBe(200);
    expect(page.headers['referrer-policy']).toBe('no-referrer');
    expect(page.text).not.toContain(cookie.split(/[=;]/)[1]);
    expect((await ask(stage, '/', { cookie: stage.slack.pageHeaders.cookie })).status).toBe(200);
  });

  it('is another one at every start, and two starts do not log each other out', async () => {
    const [one, other] = [await slackStage(), await slackStage()];
    const tokenOf = (stage: SlackStage) => new URL(stage.slack.pageUrl()).searchParams.get('token');
    expect(tokenOf(one)).not.toBe(tokenOf(other));
    const cookie = [one, other].map(({ slack }) => slack.pageHeaders.cookie).join('; ');
    expect((await ask(one, '/', { cookie })).status).toBe(200);
    expect((await ask(other, '/', { cookie })).status).toBe(200);
    expect((await ask(other, '/', one.slack.pageHeaders)).status).toBe(403);
  });

  it('is one of this machine, and nothing listens at any other of its addresses', async () => {
    const { port, hostname } = new URL((await slackStage()).slack.pageUrl());
    expect(hostname).toBe('127.0.0.1');
    await expect(fetch(`http://127.0.0.2:${port}/`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });
});

describe('another site in the same browser', () => {
  it.each<[string, Readonly<Record<string, string>>]>([
    ['a name of its own for this machine', { host: 'rebound.example' }],
    ['that name and the right port', { host: 'rebound.example:PORT' }],
    ['a name that begins like this machine', { host: '127.0.0.1.rebound.example:PORT' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['no port', { host: 'localhost' }],
    ['its own origin', { origin: 'https://site.example' }],
    ['no origin that it could name', { origin: 'null' }],
    ['the origin of another port', { origin: 'http://127.0.0.1:1' }],
    ['this machine by its other name', { origin: 'http://localhost:PORT' }],
    ['a frame, an image or a script', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
  ])('can neither read nor press by %s, even with the cookie', async (_, given) => {
    const stage = await slackStage();
    const ts = await postCard(stage);
    const { port } = new URL(stage.slack.url);
    const strange = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, value.replace('PORT', port)]),
    );
    const headers = { ...stage.slack.pageHeaders, ...JSON_TYPE, ...strange };
    for (const path of ['/', '/channel.js', '/events', '/api/views'])
      expect((await ask(stage, path, headers)).status).toBe(403);
    expect((await ask(stage, '/api/click', headers, clickOn(ts))).status).toBe(403);
    const method = { ...headers, authorization: `Bearer ${TOKEN}` };
    expect((await ask(stage, '/api/auth.test', method, {})).status).toBe(403);
    expect(stage.delivered).toEqual([]);
  });

  it.each(['127.0.0.1', 'localhost', '[::1]'])('is not the page itself at %s', async (name) => {
    const stage = await slackStage();
    const ts = await postCard(stage);
    const host = `${name}:${new URL(stage.slack.url).port}`;
    const own = { host, origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
    expect((await ask(stage, '/', { ...stage.slack.pageHeaders, host, 'sec-fetch-site': 'none' })).status).toBe(200);
    const pressed = await ask(stage, '/api/click', { ...stage.slack.pageHeaders, ...JSON_TYPE, ...own }, clickOn(ts));
    expect(pressed.status).toBe(200);
    expect(stage.delivered).toHaveLength(1);
  });

  it('cannot press by a form, which it could send without asking', async () => {
    const stage = await slackStage();
    const ts = await postCard(stage);
    await ask(stage, '/api/click', { ...stage.slack.pageHeaders, 'content-type': 'text/plain' }, clickOn(ts));
    expect(stage.delivered).toEqual([]);
  });
});

it('what is longer than anything that Slack takes is not read', async () => {
  const stage = await slackStage();
  const headers = { ...stage.slack.pageHeaders, ...JSON_TYPE };
  const answer = await ask(stage, '/api/say', headers, { text: 'x'.repeat(1_000_001) });
  expect(answer.status).toBe(413);
});
