import { App, AwsLambdaReceiver, LogLevel } from '@slack/bolt';
import { describe, expect, it } from 'vitest';
import { type Routes, registerRoutes } from '../../functions/adapters/slack/bolt-routes.ts';
import { encodeSent } from '../../functions/adapters/slack/forms/sent-form.ts';
import type { Click } from '../../functions/core/model/decision.ts';
import { runRequest } from '../adapters/slack/support/notices.ts';
import { interactStage } from './interact-stage.ts';
import { blockActions, form, SIGNING_SECRET, signedEvent, viewSubmission } from './signed-request.ts';

interface Answer {
  readonly status: number | 'throws';
  readonly body: string;
  readonly clicks: readonly Partial<Click>[];
}

const what = ({ by, channel, actionId, wish }: Click): Partial<Click> => ({ by, channel, actionId, wish });
const statusOf = (handle: Promise<{ statusCode: number; body: string }>) =>
  handle.then(
    ({ statusCode, body }) => ({ status: statusCode, body }),
    () => ({ status: 'throws' as const, body: '' }),
  );

/** Bolt as its own documentation sets it up for Lambda, with our routes. Its clock is the real one. */
async function throughStockBolt(event: object): Promise<Answer> {
  const logger = {
    ...console,
    debug() {},
    info() {},
    warn() {},
    error() {},
    setLevel() {},
    getLevel: () => LogLevel.ERROR,
    setName() {},
  };
  const receiver = new AwsLambdaReceiver({ signingSecret: SIGNING_SECRET, logger });
  const authorize = async () => ({ botId: 'B0BOT00001', botUserId: 'U0BOT00001', botToken: 'test-bot-token' });
  const app = new App({ receiver, authorize, logger });
  const clicks: Click[] = [];
  // The types of the index and of the deep path are the same file's, read twice.
  registerRoutes(app as unknown as Routes, async (click) => {
    clicks.push(click);
    return 'taken';
  });
  const handle = receiver.toHandler() as (
    event: object,
    context: object,
  ) => Promise<{ statusCode: number; body: string }>;
  return { ...(await statusOf(handle(event, {}))), clicks: clicks.map(what) };
}

async function throughOurs(event: object): Promise<Answer> {
  const { handle, requests, log } = interactStage({ clock: { nowMs: () => Date.now() } });
  const answer = await statusOf(handle(event));
  const actionIds = log.lines.flatMap(({ fields }) => ('actionId' in fields ? [String(fields['actionId'])] : []));
  const clicks = requests.records.map(({ by, channel, request }, at) => ({
    by,
    channel,
    actionId: actionIds[at] ?? '',
    wish: { kind: 'request' as const, request },
  }));
  return { ...answer, clicks };
}

const signedNow = (parts: Parameters<typeof signedEvent>[0]) => signedEvent({ atMs: Date.now(), ...parts });
const acknowledge = { kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' } as const;
const metadata = encodeSent(runRequest, { channel: 'C0ALARMS01', messageTs: null });
const filled = { ...viewSubmission, view: { ...viewSubmission.view, private_metadata: metadata } };
const check = { name: 'DrainSeconds', pattern: '^[0-9]{1,2}$', says: '0 to 99' };
const wrong = {
  ...viewSubmission,
  view: {
    ...viewSubmission.view,
    private_metadata: encodeSent(runRequest, { channel: 'C0ALARMS01', messageTs: null }, [check]),
    state: { values: { 'choice:DrainSeconds': { value: { type: 'plain_text_input', value: 'soon' } } } },
  },
};
const author = 'user_id=U0AAAAAAA1&channel_id=C0ALARMS01&team_id=T0AAAAAAA1';
const capital = (event: ReturnType<typeof signedEvent>) => ({
  ...event,
  headers: Object.fromEntries(
    Object.entries(event.headers).map(([name, value]) => [
      name.replaceAll(/\b[a-z]/g, (letter) => letter.toUpperCase()),
      value,
    ]),
  ),
});

describe('our handler and unmodified Bolt agree on', () => {
  it.each<[string, () => object, number]>([
    ['a runbook button', () => signedNow({ body: form(blockActions()) }), 200],
    ['the acknowledge button', () => signedNow({ body: form(blockActions(acknowledge)) }), 200],
    [
      'a button that we do not know',
      () => signedNow({ body: form(blockActions(runRequest, {}, { action_id: 'other' })) }),
      200,
    ],
    [
      'a button with a value that we cannot read',
      () => signedNow({ body: form(blockActions(runRequest, {}, { value: 'x' })) }),
      200,
    ],
    ['a form that comes back', () => signedNow({ body: form(viewSubmission) }), 200],
    ['a filled form', () => signedNow({ body: form(filled) }), 200],
    ['a form with a field that does not fit', () => signedNow({ body: form(wrong) }), 200],
    ['the slash command', () => signedNow({ body: `command=%2Frunbell&text=status&trigger_id=1.2&${author}` }), 200],
    [
      'the slash command with what we do not understand',
      () => signedNow({ body: `command=%2Frunbell&text=dance&trigger_id=1.2&${author}` }),
      200,
    ],
    ['a form that is closed', () => signedNow({ body: form({ ...viewSubmission, type: 'view_closed' }) }), 404],
    [
      'a slash command that nobody listens to',
      () => signedNow({ body: 'command=%2Fnope&text=&user_id=U1&channel_id=C1&team_id=T1' }),
      404,
    ],
    ['a payload of an unknown type', () => signedNow({ body: form({ type: 'something_new' }) }), 404],
    ['a form without a payload', () => signedNow({ body: 'a=b' }), 404],
    [
      'a click that names no channel',
      () => signedNow({ body: form(blockActions(runRequest, { channel: undefined, container: undefined })) }),
      500,
    ],
    ['a certificate check', () => signedNow({ body: 'ssl_check=1&token=unused' }), 200],
    [
      'spaces written as plus signs',
      () => signedNow({ body: form(blockActions(runRequest, { note: 'a b+c & d=e %' })) }),
      200,
    ],
    [
      'characters beyond ASCII',
      () => signedNow({ body: form(blockActions(runRequest, { note: 'größer 😀 שלום' })) }),
      200,
    ],
    ['fields beside the payload', () => signedNow({ body: `x=1&${form(blockActions())}&y=2` }), 200],
    ['a body that is not base64', () => signedNow({ body: form(blockActions()), base64: false }), 200],
    ['header names in capitals', () => capital(signedNow({ body: form(blockActions()) })), 200],
    ['a wrong signature', () => signedNow({ body: form(blockActions()), secret: 'another-secret' }), 401],
    ['a request that is too old', () => signedNow({ body: form(blockActions()), atMs: Date.now() - 302_000 }), 401],
    ['no signature', () => signedNow({ body: form(blockActions()), headers: { 'x-slack-signature': undefined } }), 401],
  ])('%s', async (_, event, status) => {
    const ours = await throughOurs(event());
    expect(ours).toEqual(await throughStockBolt(event()));
    expect(ours.status).toBe(status);
  });
});

/** Where Bolt throws, which is an error of the function that anybody can cause, or lets something pass. */
describe('our handler is stricter than unmodified Bolt with', () => {
  const body = form(blockActions());

  it.each<[string, () => object, Answer['status'], number]>([
    ['a request from the future', () => signedNow({ body, atMs: Date.now() + 86_400_000 }), 200, 401],
    ['an unsigned certificate check', () => signedNow({ body: 'ssl_check=1', secret: 'another-secret' }), 200, 401],
    [
      'an unsigned payload that is no JSON',
      () => signedNow({ body: 'payload=%7Boops', secret: 'another-secret' }),
      'throws',
      401,
    ],
    ['a signed payload that is no JSON', () => signedNow({ body: 'payload=%7Boops' }), 'throws', 400],
    ['a body that is no UTF-8', () => signedNow({ body: Buffer.from([0x61, 0xff]) }), 401, 400],
    ['a body of more than 256 KiB', () => signedNow({ body: `a=${'x'.repeat(300_000)}` }), 404, 413],
    ['another method', () => signedNow({ body, method: 'PUT' }), 200, 405],
    ['another path', () => signedNow({ body, path: '/elsewhere' }), 200, 404],
    [
      'JSON, which no interaction is',
      () =>
        signedNow({
          body: JSON.stringify(blockActions()),
          base64: false,
          headers: { 'content-type': 'application/json' },
        }),
      200,
      415,
    ],
    ['an empty event', () => ({}), 'throws', 400],
  ])('%s', async (_, event, bolts, ours) => {
    expect((await throughStockBolt(event())).status).toBe(bolts);
    expect(await throughOurs(event())).toMatchObject({ status: ours, clicks: [] });
  });

  it('a content type with a character set, which is fine: Bolt throws, we read it', async () => {
    const event = () =>
      signedNow({ body, headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' } });
    expect((await throughStockBolt(event())).status).toBe('throws');
    expect((await throughOurs(event())).status).toBe(200);
  });
});
