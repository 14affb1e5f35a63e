import { expect, it } from 'vitest';
import type { Click } from '../../functions/core/act/click.ts';
import { recordClick } from '../../functions/flows/interact.ts';
import { MemoryLog, MemoryRequestLog } from '../interact/interact-stage.ts';

const click: Click = {
  by: { userId: 'U0AAAAAAA1', teamId: 'T0AAAAAAA1', kind: 'member' },
  channel: 'C0ALARMS01',
  messageTs: null,
  actionId: 'acknowledge',
  actionTs: '1773457620.123456',
  request: { kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' },
};

function stage() {
  const deps = {
    requests: new MemoryRequestLog(),
    log: new MemoryLog(),
    clock: { nowMs: () => 7 },
    hash: (text: string) => text,
  };
  return { deps, events: () => deps.log.lines.map(({ level, event }) => `${level} ${event}`) };
}

it('stores a click as a request that nobody has decided yet', async () => {
  const { deps, events } = stage();
  expect(await recordClick(click, deps)).toBe('recorded');
  expect(deps.requests.records).toEqual([
    {
      schema: 1,
      id: 'T0AAAAAAA1|C0ALARMS01||acknowledge|U0AAAAAAA1|1773457620.123456',
      receivedAtMs: 7,
      by: click.by,
      channel: 'C0ALARMS01',
      messageTs: null,
      request: click.request,
      decision: null,
      answerOwed: true,
      answerFailures: 0,
    },
  ]);
  expect(events()).toEqual(['info click.recorded']);
});

it('takes a repeated delivery for recorded, and says so in the log', async () => {
  const { deps, events } = stage();
  await recordClick(click, deps);
  expect(await recordClick(click, deps)).toBe('recorded');
  expect(events()).toEqual(['info click.recorded', 'info click.repeated']);
});

it('says that a click is lost when it could not be stored', async () => {
  const { deps, events } = stage();
  deps.requests.answer = 'failed';
  expect(await recordClick(click, deps)).toBe('lost');
  expect(events()).toEqual(['error click.lost']);
});
