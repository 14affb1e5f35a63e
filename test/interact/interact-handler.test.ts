import { describe, expect, it } from 'vitest';
import { encodeClickValue } from '../../functions/adapters/slack/click-value.ts';
import { encodeSent } from '../../functions/adapters/slack/forms/sent-form.ts';
import { BODY_BYTES_MAX } from '../../functions/adapters/slack/verify-request.ts';
import { handler } from '../../functions/interact.handler.ts';
import { runRequest } from '../adapters/slack/support/notices.ts';
import { interactStage } from './interact-stage.ts';
import { blockActions, form, NOW_MS, signedEvent, viewSubmission } from './signed-request.ts';

const click = (more: object = {}, action: object = {}) =>
  signedEvent({ body: form(blockActions(runRequest, more, action)) });

describe('a press of a button', () => {
  it('is stored with everything that was shown, then acknowledged', async () => {
    const { handle, requests } = interactStage();
    expect(await handle(click())).toEqual({ statusCode: 200, body: '' });
    expect(requests.records).toEqual([
      {
        schema: 1,
        id: expect.stringMatching(/^[0-9a-f]{64}$/),
        receivedAtMs: NOW_MS,
        by: { userId: 'U0AAAAAAA1', teamId: 'T0AAAAAAA1', kind: 'member' },
        channel: 'C0ALARMS01',
        messageTs: '1773457000.000100',
        request: runRequest,
        decision: null,
        answerOwed: true,
        answerFailures: 0,
      },
    ]);
  });

  it('to acknowledge an incident is stored as such', async () => {
    const { handle, requests } = interactStage();
    const request = { kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' } as const;
    await handle(signedEvent({ body: form(blockActions(request)) }));
    expect(requests.records[0]?.request).toEqual(request);
  });

  it('delivered a hundred times at once is one request', async () => {
    const { handle, requests } = interactStage();
    const answers = await Promise.all(Array.from({ length: 100 }, () => handle(click())));
    expect(new Set(answers.map(({ statusCode }) => statusCode))).toEqual(new Set([200]));
    expect(new Set(requests.records.map(({ id }) => id)).size).toBe(1);
  });

  it.each([
    ['person', { user: { id: 'U0AAAAAAA2', team_id: 'T0AAAAAAA1' } }, {}],
    ['workspace', { user: { id: 'U0AAAAAAA1', team_id: 'T0AAAAAAA2' } }, {}],
    ['channel', { container: { channel_id: 'C0ALARMS02', message_ts: '1773457000.000100' } }, {}],
    ['message', { container: { channel_id: 'C0ALARMS01', message_ts: '1773457000.000200' } }, {}],
    ['button', {}, { action_id: 'run:another' }],
    ['time', {}, { action_ts: '1773457621.000000' }],
  ])('is another request for another %s', async (_, more, action) => {
    const { handle, requests } = interactStage();
    await handle(click());
    await handle(click(more, action));
    expect(new Set(requests.records.map(({ id }) => id)).size).toBe(2);
  });

  it.each([
    ['a member', { id: 'U1', team_id: 'T0AAAAAAA1' }, 'member', 'T0AAAAAAA1'],
    ['somebody of another workspace', { id: 'U1', team_id: 'T0OTHER001' }, 'foreign', 'T0OTHER001'],
    ['somebody whose workspace is not named', { id: 'U1' }, 'unknown', 'T0AAAAAAA1'],
  ])('says that it was made by %s', async (_, user, kind, teamId) => {
    const { handle, requests } = interactStage();
    await handle(click({ user }));
    expect(requests.records[0]?.by).toEqual({ userId: 'U1', teamId, kind });
  });

  it.each<[string, object]>([
    ['is no JSON', { value: 'restart' }],
    ['is missing', { value: undefined }],
    ['is empty', { value: '' }],
    ['is too long', { value: `"${'x'.repeat(2000)}"` }],
    ['is of another schema version', { value: encodeClickValue(runRequest).replace('"v":2', '"v":3') }],
    ['has a field that we do not know', { value: JSON.stringify({ v: 2, ...runRequest, force: true }) }],
    ['lacks a field', { value: JSON.stringify({ v: 2, ...runRequest, hosts: undefined }) }],
    ['names a host that is none', { value: JSON.stringify({ v: 2, ...runRequest, hosts: ['i-1; rm -rf /'] }) }],
    ['belongs to another button', { action_id: 'run:rollback' }],
    ['comes with a button that this version does not know', { action_id: 'silence', value: '{}' }],
  ])('whose value %s is stored too, so that the person gets an answer', async (_, action) => {
    const { handle, requests } = interactStage();
    expect(await handle(click({}, action))).toMatchObject({ statusCode: 200 });
    expect(requests.records[0]?.request).toEqual({ kind: 'unreadable', problem: expect.any(String) });
  });

  it('that cannot be stored is not acknowledged, so that Slack tells the person', async () => {
    const { handle, requests, events } = interactStage();
    requests.answer = 'failed';
    expect(await handle(click())).toMatchObject({ statusCode: 500 });
    expect(events()).toContain('click.lost');
  });

  it.each([
    ['nobody', { user: undefined }],
    ['no channel', { channel: undefined, container: undefined }],
    ['no button', { actions: [] }],
  ])('that names %s is not acknowledged and not stored', async (_, more) => {
    const { handle, requests } = interactStage();
    expect((await handle(click(more))).statusCode).toBeGreaterThanOrEqual(400);
    expect(requests.records).toEqual([]);
  });
});

describe('a form', () => {
  it('of another version is told so instead of being lost', async () => {
    const { handle, requests } = interactStage();
    const answer = await handle(signedEvent({ body: form(viewSubmission) }));
    expect(answer).toMatchObject({ statusCode: 200, headers: { 'content-type': 'application/json' } });
    expect(answer.body).toContain('Nothing was started or changed');
    expect(requests.records).toEqual([]);
  });
});

describe('a filled form', () => {
  const metadata = encodeSent(runRequest, { channel: 'C0ALARMS01', messageTs: '1773457000.000100' });
  const submission = (id: string) => ({
    ...viewSubmission,
    view: { ...viewSubmission.view, id, private_metadata: metadata },
  });
  const send = (stage: ReturnType<typeof interactStage>, id: string) =>
    stage.handle(signedEvent({ body: form(submission(id)) }));

  it('that is sent is stored and closed', async () => {
    const stage = interactStage();
    expect(await send(stage, 'V1')).toEqual({ statusCode: 200, body: '' });
    expect(stage.requests.records).toMatchObject([
      { channel: 'C0ALARMS01', messageTs: '1773457000.000100', request: runRequest },
    ]);
  });

  it('delivered twice is one request, and another form is another', async () => {
    const stage = interactStage();
    await send(stage, 'V1');
    await send(stage, 'V1');
    await send(stage, 'V2');
    expect(new Set(stage.requests.records.map(({ id }) => id)).size).toBe(2);
  });

  it('that cannot be stored stays open, so that it can be sent again', async () => {
    const stage = interactStage();
    stage.requests.answer = 'failed';
    expect(await send(stage, 'V1')).toMatchObject({ statusCode: 500 });
  });
});

describe('the slash command', () => {
  const command = (text: string, more: Record<string, string> = {}) =>
    new URLSearchParams({
      command: '/runbell',
      text,
      user_id: 'U0AAAAAAA1',
      team_id: 'T0AAAAAAA1',
      channel_id: 'C0ALARMS01',
      trigger_id: '1.2.3',
      ...more,
    }).toString();

  it('that asks for something is stored, and answered with nothing that others see', async () => {
    const stage = interactStage();
    const body = command('freeze everything 1h deploy');
    expect(await stage.handle(signedEvent({ body }))).toEqual({ statusCode: 200, body: '' });
    expect(stage.requests.records).toMatchObject([
      { channel: 'C0ALARMS01', messageTs: null, request: { kind: 'freeze', forSeconds: 3600 } },
    ]);
  });

  it('that cannot be understood is answered privately at once', async () => {
    const stage = interactStage();
    const answer = await stage.handle(signedEvent({ body: command('dance') }));
    expect(JSON.parse(answer.body)).toMatchObject({ response_type: 'ephemeral', text: expect.any(String) });
    expect(stage.requests.records).toEqual([]);
  });

  it('that names a runbook opens its form', async () => {
    const stage = interactStage();
    await stage.handle(signedEvent({ body: command('run restart-workers shop') }));
    expect(stage.forms.opened).toMatchObject([{ kind: 'details', request: { of: { runbookId: 'restart-workers' } } }]);
    expect(stage.requests.records).toMatchObject([{ request: { kind: 'details', viewId: 'V1' } }]);
  });
});

describe('a card of the former version', () => {
  const former = (kind: 'run' | 'acknowledge') => {
    const { hostsTotal: _, choices: __, dryRun: ___, ...run } = runRequest;
    const acknowledge = { kind, targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' };
    return JSON.stringify({ v: 1, ...(kind === 'run' ? run : acknowledge) });
  };

  it.each([
    ['run:restart-workers', 'run', runRequest],
    ['acknowledge', 'acknowledge', { kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' }],
  ] as const)('can still be pressed: %s', async (actionId, kind, request) => {
    const { handle, requests } = interactStage();
    await handle(click({}, { action_id: actionId, value: former(kind) }));
    expect(requests.records[0]?.request).toEqual(request);
  });
});

describe('what is not from Slack', () => {
  const body = form(blockActions());
  const withHeaders = (headers: Record<string, string | undefined>) => signedEvent({ body, headers });

  it.each<[string, unknown, number, string]>([
    ['unsigned', withHeaders({ 'x-slack-signature': undefined }), 401, 'missingHeaders'],
    ['without a time', withHeaders({ 'x-slack-request-timestamp': undefined }), 401, 'missingHeaders'],
    ['signed with another secret', signedEvent({ body, secret: 'another-secret' }), 401, 'badSignature'],
    ['with a cut signature', withHeaders({ 'x-slack-signature': 'v0=abc' }), 401, 'badSignature'],
    [
      'with a signature of signs beyond ASCII',
      withHeaders({ 'x-slack-signature': `v0=${'é'.repeat(64)}` }),
      401,
      'badSignature',
    ],
    [
      'with another body than was signed',
      { ...signedEvent({ body }), body: Buffer.from(`${body}&x=1`).toString('base64') },
      401,
      'badSignature',
    ],
    ['older than five minutes', signedEvent({ body, atMs: NOW_MS - 301_000 }), 401, 'tooOldOrAhead'],
    ['from the future', signedEvent({ body, atMs: NOW_MS + 301_000 }), 401, 'tooOldOrAhead'],
    ['with a time that is none', withHeaders({ 'x-slack-request-timestamp': 'NaN' }), 401, 'tooOldOrAhead'],
    ['with a time in another notation', withHeaders({ 'x-slack-request-timestamp': '1.77e9' }), 401, 'tooOldOrAhead'],
    ['oversized', signedEvent({ body: 'x'.repeat(BODY_BYTES_MAX + 1) }), 413, 'tooLarge'],
    ['oversized and not base64', signedEvent({ body: 'x'.repeat(BODY_BYTES_MAX + 1), base64: false }), 413, 'tooLarge'],
    [
      'oversized as bytes and not as characters',
      signedEvent({ body: 'é'.repeat(BODY_BYTES_MAX / 2 + 1), base64: false }),
      413,
      'tooLarge',
    ],
    ['not UTF-8', signedEvent({ body: Buffer.from([0x70, 0x3d, 0xff, 0xfe, 0xc3]) }), 400, 'notUtf8'],
    ['a signed payload that is no JSON', signedEvent({ body: 'payload=%7Boops' }), 400, 'malformed'],
    ['a signed payload that is no object', signedEvent({ body: form('[1]') }), 400, 'malformed'],
    ['a signed payload given twice', signedEvent({ body: `${body}&${body}` }), 400, 'malformed'],
    [
      'an unsigned payload that is no JSON',
      signedEvent({ body: 'payload=%7Boops', secret: 'another-secret' }),
      401,
      'badSignature',
    ],
    ['JSON', withHeaders({ 'content-type': 'application/json' }), 415, 'wrongContentType'],
    ['without a content type', withHeaders({ 'content-type': undefined }), 415, 'wrongContentType'],
    ['a GET', signedEvent({ body, method: 'GET' }), 405, 'wrongMethod'],
    ['on another path', signedEvent({ body, path: '/admin' }), 404, 'unknownPath'],
    ['a warm-up ping', {}, 400, 'notHttp'],
    ['a scheduled event', { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} }, 400, 'notHttp'],
    ['nothing', null, 400, 'notHttp'],
    ['text', 'hello', 400, 'notHttp'],
    ['headers that are none', { ...signedEvent({ body }), headers: null }, 400, 'notHttp'],
    ['a body that is none', { ...signedEvent({ body }), body: 7 }, 400, 'notHttp'],
    ['no body at all', { ...signedEvent({ body }), body: undefined }, 401, 'badSignature'],
  ])('is refused and reaches nothing: %s', async (_, event, statusCode, reason) => {
    const { handle, requests, log } = interactStage();
    expect(await handle(event)).toEqual({ statusCode, body: '' });
    expect(log.lines).toEqual([{ level: 'info', event: 'request.refused', fields: { reason, count: 1 } }]);
    expect(requests.records).toEqual([]);
  });

  it.each([1, 2, 3])('is told from the largest body that is taken, to the byte (%i short of it)', async (short) => {
    const { handle } = interactStage();
    for (const base64 of [true, false]) {
      const largest = signedEvent({ body: `a=${'x'.repeat(BODY_BYTES_MAX - 2 - (short - 1))}`, base64 });
      // Nothing listens to it; it was verified and parsed.
      expect(await handle(largest)).toMatchObject({ statusCode: 404 });
    }
  });

  it.each([
    ['five minutes old', NOW_MS - 300_000],
    ['five minutes ahead', NOW_MS + 300_000],
  ])('is told from what is just in time: %s', async (_, atMs) => {
    const { handle } = interactStage();
    expect(await handle(signedEvent({ body, atMs }))).toMatchObject({ statusCode: 200 });
  });

  it('is answered without a throw even when the secret cannot be read', async () => {
    const { handle, log } = interactStage({ slackSecret: async () => null });
    expect(await handle(click())).toEqual({ statusCode: 503, body: '' });
    expect(log.lines).toEqual([
      { level: 'info', event: 'request.refused', fields: { reason: 'noSigningSecret', count: 1 } },
    ]);
    const broken = interactStage({ slackSecret: () => Promise.reject(new Error('broken')) });
    expect(await broken.handle(click())).toEqual({ statusCode: 500, body: '' });
    expect(broken.events()).toEqual(['request.failed']);
  });
});

describe('a flood', () => {
  const body = form(blockActions());
  const large = 'x'.repeat(500_000);
  const withHeaders = (headers: Record<string, string | undefined>) => signedEvent({ body, headers });

  it.each<[string, unknown]>([
    ['of bodies of 500 KB, each signed', signedEvent({ body: large })],
    [
      'of bodies of 500 KB without a signature',
      signedEvent({ body: large, headers: { 'x-slack-signature': undefined } }),
    ],
    ['without a time', withHeaders({ 'x-slack-request-timestamp': undefined })],
    ['of old requests', signedEvent({ body, atMs: NOW_MS - 301_000 })],
    ['of signatures that are none', withHeaders({ 'x-slack-signature': `v0=${'z'.repeat(64)}` })],
    ['of signatures in capitals', withHeaders({ 'x-slack-signature': `v0=${'A'.repeat(64)}` })],
    ['of signatures that go on', withHeaders({ 'x-slack-signature': `v0=${'a'.repeat(64)}\n` })],
    ['of another method', signedEvent({ body, method: 'GET' })],
    ['on another path', signedEvent({ body, path: '/admin' })],
    ['of another type', withHeaders({ 'content-type': 'text/plain' })],
    ['of what is no request', {}],
  ])('%s decodes and hashes no body, asks for no secret, and calls nothing', async (_, event) => {
    const stage = interactStage();
    for (let more = 0; more < 20; more += 1) expect((await stage.handle(event)).statusCode).toBeGreaterThan(400 - 1);
    expect(stage.calls).toEqual({ secret: 0, digest: 0 });
    expect([stage.requests.records, stage.forms.opened]).toEqual([[], []]);
  });

  it('of well-formed requests with a wrong signature costs one hash each, and calls nothing', async () => {
    const stage = interactStage();
    const forged = signedEvent({ body, secret: 'another-secret' });
    for (let more = 0; more < 20; more += 1) await stage.handle(forged);
    expect(stage.calls.digest).toBe(20);
    expect([stage.requests.records, stage.forms.opened]).toEqual([[], []]);
  });

  it('before there is a signing secret hashes nothing', async () => {
    const stage = interactStage({ slackSecret: async () => null });
    for (let more = 0; more < 20; more += 1) await stage.handle(click());
    expect(stage.calls.digest).toBe(0);
  });

  it('writes a line for each reason in ten seconds, which says how many it stands for', async () => {
    let nowMs = NOW_MS;
    const { handle, log } = interactStage({ clock: { nowMs: () => nowMs } });
    const lines = () => log.lines.map(({ fields }) => fields);
    for (let more = 0; more < 300; more += 1) await handle({});
    await handle(signedEvent({ body: large }));
    expect(lines()).toEqual([
      { reason: 'notHttp', count: 1 },
      { reason: 'tooLarge', count: 1 },
    ]);
    nowMs += 10_000;
    await handle({});
    expect(lines().slice(2)).toEqual([{ reason: 'notHttp', count: 300 }]);
    // A clock that was put back keeps nothing quiet.
    nowMs -= 3_600_000;
    await handle({});
    expect(lines().slice(3)).toEqual([{ reason: 'notHttp', count: 1 }]);
  });

  it('that lasts is answered with 503, which is what an alarm listens to, and a burst is not', async () => {
    let nowMs = Math.ceil(NOW_MS / 60_000) * 60_000;
    const { handle, log } = interactStage({ clock: { nowMs: () => nowMs } });
    const refuse = async (times: number) => {
      const codes = [];
      for (let more = 0; more < times; more += 1) codes.push((await handle({})).statusCode);
      return new Set(codes);
    };
    expect(await refuse(5000)).toEqual(new Set([400]));
    nowMs += 60_000;
    expect(await refuse(299)).toEqual(new Set([400]));
    nowMs += 60_000;
    expect(await refuse(5000)).toEqual(new Set([400]));
    nowMs += 60_000;
    expect(await refuse(299)).toEqual(new Set([400]));
    expect(await refuse(100)).toEqual(new Set([503]));
    nowMs += 10_000;
    expect(await refuse(1)).toEqual(new Set([503]));
    expect(log.lines.at(-1)?.fields).toEqual({ reason: 'notHttp', count: 399, flood: true });
    expect(await handle(click({}, { action_ts: '1773457622.000000' }))).toMatchObject({ statusCode: 200 });
    nowMs += 120_000;
    expect(await refuse(5000)).toEqual(new Set([400]));
  });

  it('leaves a click what it was', async () => {
    const { handle, requests, calls } = interactStage();
    const flood = Array.from({ length: 100 }, () => handle(signedEvent({ body: large })));
    expect(await handle(click())).toEqual({ statusCode: 200, body: '' });
    await Promise.all(flood);
    expect(requests.records).toHaveLength(1);
    expect(calls).toEqual({ secret: 1, digest: 1 });
  });
});

describe('the signing secret', () => {
  it('may be changed while the function lives', async () => {
    const asked: string[] = [];
    const slackSecret = async (why: string) => {
      asked.push(why);
      return { signingSecret: why === 'use' ? 'old-secret' : 'new-secret', botToken: 'test-bot-token' };
    };
    const { handle, requests } = interactStage({ slackSecret });
    const body = form(blockActions());
    expect(await handle(signedEvent({ body, secret: 'new-secret' }))).toMatchObject({ statusCode: 200 });
    expect(await handle(signedEvent({ body, secret: 'old-secret' }))).toMatchObject({ statusCode: 200 });
    expect(await handle(signedEvent({ body, secret: 'third-secret' }))).toMatchObject({ statusCode: 401 });
    expect(asked).toEqual(['use', 'afterMismatch', 'use', 'use', 'afterMismatch']);
    expect(requests.records).toHaveLength(2);
  });
});

it('a handler of Lambda takes two parameters at most', () => {
  expect(handler.length).toBeLessThanOrEqual(2);
});
