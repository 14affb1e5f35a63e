import { expect, it } from 'vitest';
import type { Click, FormOpener } from '../../functions/core/model/decision.ts';
import { takeClick } from '../../functions/flows/interact.ts';
import { MemoryLog, MemoryRequestLog } from '../interact/interact-stage.ts';

const click: Click = {
  by: { userId: 'U0AAAAAAA1', teamId: 'T0AAAAAAA1', kind: 'member' },
  channel: 'C0ALARMS01',
  messageTs: null,
  actionId: 'acknowledge',
  once: '1773457620.123456',
  wish: { kind: 'request', request: { kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' } },
};
const details = { kind: 'details', targetId: 'orders-db', of: null, viewId: null } as const;
const asking: Click = {
  ...click,
  actionId: 'details',
  wish: { kind: 'form', triggerId: '1.2', form: { kind: 'details', request: details } },
};
type Opened = Awaited<ReturnType<FormOpener['open']>>;

function stage(opened: Opened = { kind: 'opened', viewId: 'V1' }) {
  const deps = {
    forms: { open: async () => opened },
    requests: new MemoryRequestLog(),
    log: new MemoryLog(),
    clock: { nowMs: () => 7 },
    hash: (text: string) => text,
  };
  return { deps, events: () => deps.log.lines.map(({ level, event }) => `${level} ${event}`) };
}

it('stores a click as a request that nobody has decided yet', async () => {
  const { deps, events } = stage();
  expect(await takeClick(click, deps)).toBe('taken');
  expect(deps.requests.records).toEqual([
    {
      schema: 1,
      id: 'T0AAAAAAA1|C0ALARMS01||acknowledge|U0AAAAAAA1|1773457620.123456',
      receivedAtMs: 7,
      by: click.by,
      channel: 'C0ALARMS01',
      messageTs: null,
      request: { kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' },
      decision: null,
      answerOwed: true,
      answerFailures: 0,
    },
  ]);
  expect(events()).toEqual(['info click.recorded']);
});

it('takes a repeated delivery for recorded, and says so in the log', async () => {
  const { deps, events } = stage();
  await takeClick(click, deps);
  expect(await takeClick(click, deps)).toBe('taken');
  expect(events()).toEqual(['info click.recorded', 'info click.repeated']);
});

it('says that a click is lost when it could not be stored', async () => {
  const { deps, events } = stage();
  deps.requests.answer = 'failed';
  expect(await takeClick(click, deps)).toBe('lost');
  expect(events()).toEqual(['error click.lost']);
});

it('opens a form first, then asks whoever reads the stream to fill it', async () => {
  const { deps, events } = stage();
  expect(await takeClick(asking, deps)).toBe('taken');
  expect(deps.requests.records.map(({ request }) => request)).toEqual([{ ...details, viewId: 'V1' }]);
  expect(events()).toEqual(['info form.opened', 'info click.recorded']);
});

it('requests nothing when a form for a silence comes up, because nobody has asked for one yet', async () => {
  const { deps } = stage();
  const silencing: Click = {
    ...asking,
    wish: { kind: 'form', triggerId: '1.2', form: { kind: 'silence', targetId: 'orders-db' } },
  };
  expect(await takeClick(silencing, deps)).toBe('taken');
  expect(deps.requests.records).toEqual([]);
});

it('says that a click is lost when its form could not be opened, and stores nothing', async () => {
  const { deps, events } = stage({ kind: 'failed', why: 'views.open: expired_trigger_id' });
  expect(await takeClick(asking, deps)).toBe('lost');
  expect(deps.requests.records).toEqual([]);
  expect(events()).toEqual(['error form.failed']);
});

it('takes a form that an earlier delivery of the click has opened for done', async () => {
  const { deps, events } = stage({ kind: 'repeated' });
  expect(await takeClick(asking, deps)).toBe('taken');
  expect(events()).toEqual(['info form.repeated']);
});
