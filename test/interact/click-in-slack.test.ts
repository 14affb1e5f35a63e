import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Offer } from '../../functions/core/model/notice.ts';
import { runDetails, stormOf } from '../adapters/slack/support/card-states.ts';
import { noticeFor, restartOffer, runRequest } from '../adapters/slack/support/notices.ts';
import { CHANNEL, FOREIGN, ON_CALL, type SlackClickStage, slackClickStage } from './slack-click-stage.ts';

const RUN = 'run:restart-workers:shop';
const ASK = 'ask:restart-workers:shop';
const asking: Offer = { ...restartOffer, risk: 'disrupt', confirm: 'form' };

let stage: SlackClickStage;
let ts: string;

beforeEach(async () => {
  stage = await slackClickStage();
  ({ ts } = await stage.post(noticeFor('critical')));
});
afterEach(() => stage.close());

it('a person presses a button of the card, and what was drawn is what is stored', async () => {
  expect(await stage.click(ON_CALL, ts, RUN)).toMatchObject({ status: 200 });
  expect(stage.requests.records).toMatchObject([
    {
      by: { userId: ON_CALL, teamId: 'T0AAAAAAA1', kind: 'member' },
      channel: CHANNEL,
      messageTs: ts,
      request: runRequest,
    },
  ]);
});

it('pressing twice is two requests, of which the decision can take one', async () => {
  await stage.click(ON_CALL, ts, RUN);
  await stage.click(ON_CALL, ts, RUN);
  expect(new Set(stage.requests.records.map(({ id }) => id)).size).toBe(2);
});

it('somebody from another workspace is stored as such', async () => {
  await stage.click(FOREIGN, ts, 'acknowledge');
  expect(stage.requests.records[0]?.by).toMatchObject({ userId: FOREIGN, kind: 'foreign' });
});

it('a value that was tampered with is answered, not run', async () => {
  expect(await stage.click(ON_CALL, ts, RUN, '{"v":2,"kind":"run"}')).toMatchObject({ status: 200 });
  expect(stage.requests.records[0]?.request.kind).toBe('unreadable');
});

describe('a runbook that disrupts', () => {
  beforeEach(async () => {
    ({ ts } = await stage.post(noticeFor('critical', { offers: [asking] })));
  });

  it('opens a form at once, which cannot be sent; all that is asked for is what fills it', async () => {
    expect(await stage.click(ON_CALL, ts, ASK)).toMatchObject({ status: 200 });
    const [form] = await stage.views();
    expect(form).toMatchObject({ user: ON_CALL, view: { callback_id: 'waiting', submit: null } });
    expect(stage.requests.records.map(({ request }) => request)).toEqual([
      { kind: 'details', targetId: 'orders-db', of: runRequest, viewId: `${form?.view.id} ${CHANNEL} ${ts}` },
    ]);
  });

  it('is requested by sending the filled form, with what was shown and chosen', async () => {
    await stage.click(ON_CALL, ts, ASK);
    await stage.fill(runDetails);
    const [form] = await stage.views();
    const values = { hosts: [runRequest.hosts[1]], 'choice:DrainSeconds': '45', 'dry-run': [] };
    expect(await stage.submit(ON_CALL, form?.view.id ?? '', values)).toMatchObject({ status: 200, body: '' });
    expect(await stage.views()).toEqual([]);
    expect(stage.requests.records.at(-1)).toMatchObject({
      by: { userId: ON_CALL },
      channel: CHANNEL,
      messageTs: ts,
      request: { ...runRequest, hosts: [runRequest.hosts[1]], choices: { DrainSeconds: '45' } },
    });
  });

  const trouble = async (order: object) => {
    const headers = { ...stage.slack.pageHeaders, 'content-type': 'application/json' };
    const body = JSON.stringify({ method: 'views.open', ...order });
    await fetch(`${stage.slack.url}/api/sim.fault`, { method: 'POST', headers, body });
  };

  it.each([
    { kind: 'ratelimited', retryAfterSeconds: 1 },
    { kind: 'refused', error: 'expired_trigger_id' },
  ])('asks for nothing when Slack takes no form ($kind), and the person sees that it failed', async (order) => {
    await trouble(order);
    expect(await stage.click(ON_CALL, ts, ASK)).toMatchObject({ status: 500 });
    expect(stage.requests.records).toEqual([]);
    expect(stage.log.lines.map(({ event }) => event)).toContain('form.failed');
  });

  it.each(['5xx', 'reset', 'timeout'])(
    'asks for what fills the form when Slack’s answer is lost (%s), and the form that came up is filled',
    async (kind) => {
      await trouble({ kind, applied: true });
      expect(await stage.click(ON_CALL, ts, ASK)).toMatchObject({ status: 200 });
      const [form] = await stage.views();
      expect(form).toMatchObject({ view: { callback_id: 'waiting' } });
      const [request] = stage.requests.records.map((record) => record.request);
      const viewId = request?.kind === 'details' ? (request.viewId ?? '') : '';
      // Twice: a preview comes later.
      for (let time = 0; time < 2; time += 1)
        expect(await stage.board.fill(viewId, runDetails)).toMatchObject({ kind: 'done' });
      expect(await stage.views()).toMatchObject([{ view: { id: form?.view.id, callback_id: 'run' } }]);
    },
  );

  it('says of a form that never came up that it is not there', async () => {
    await trouble({ kind: 'timeout' });
    await stage.click(ON_CALL, ts, ASK);
    const [request] = stage.requests.records.map((record) => record.request);
    const viewId = request?.kind === 'details' ? (request.viewId ?? '') : '';
    expect(await stage.board.fill(viewId, runDetails)).toMatchObject({ code: 'form_not_opened', about: 'gone' });
  });
});

describe('a silence', () => {
  const open = async () => {
    await stage.click(ON_CALL, ts, 'silence');
    return (await stage.views())[0]?.view.id ?? '';
  };

  it('is asked for with a reason and an end, and nothing is stored before', async () => {
    const viewId = await open();
    expect(stage.requests.records).toEqual([]);
    await stage.submit(ON_CALL, viewId, { why: 'planned migration', for: '14400' });
    expect(stage.requests.records[0]).toMatchObject({
      channel: CHANNEL,
      messageTs: ts,
      request: { kind: 'silence', targetId: 'orders-db', forSeconds: 14_400, why: 'planned migration' },
    });
  });

  it('without a reason is not taken', async () => {
    const viewId = await open();
    await stage.submit(ON_CALL, viewId, { why: '', for: '14400' });
    expect(stage.requests.records).toEqual([]);
    expect(await stage.views()).toHaveLength(1);
  });
});

it('one of many is opened from the menu of their common message', async () => {
  const storm = await stage.post(stormOf(120));
  await stage.click(ON_CALL, storm.ts, 'pick:1', 'tenant-110');
  expect(stage.requests.records[0]?.request).toMatchObject({ kind: 'details', targetId: 'tenant-110', of: null });
});

it('a menu that was tampered with asks for nothing', async () => {
  const storm = await stage.post(stormOf(3));
  await stage.click(ON_CALL, storm.ts, 'pick:0', '<!channel>');
  expect(stage.requests.records[0]?.request.kind).toBe('unreadable');
  expect(await stage.views()).toEqual([]);
});
