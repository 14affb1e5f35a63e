import { describe, expect, it } from 'vitest';
import { readCommand } from '../../../functions/adapters/slack/read-command.ts';

const typed = (text: string) =>
  readCommand({ user_id: 'U0AAAAAAA1', team_id: 'T0AAAAAAA1', channel_id: 'C0ALARMS01', trigger_id: '1.2.3', text });

const wishOf = (text: string): unknown => {
  const read = typed(text);
  if (read.kind === 'answer') return read;
  const { wish } = read.click;
  return wish.kind === 'request' ? wish.request : wish.form;
};

describe('the slash command', () => {
  it.each<[string, object]>([
    ['status', { kind: 'tell', what: { kind: 'status' } }],
    ['timeline', { kind: 'tell', what: { kind: 'timeline', incidentId: null } }],
    ['timeline inc-a1b2c3d4e5', { kind: 'tell', what: { kind: 'timeline', incidentId: 'inc-a1b2c3d4e5' } }],
    [
      'silence orders-db 2h planned  migration',
      { kind: 'silence', targetId: 'orders-db', forSeconds: 7200, why: 'planned migration' },
    ],
    ['unsilence orders-db', { kind: 'unsilence', targetId: 'orders-db' }],
    [
      'freeze everything deploy &lt;3 &amp; more',
      { kind: 'freeze', scope: { kind: 'everything' }, forSeconds: null, why: 'deploy <3 & more' },
    ],
    [
      'freeze application shop 30m deploy',
      { kind: 'freeze', scope: { kind: 'application', id: 'shop' }, forSeconds: 1800, why: 'deploy' },
    ],
    [
      'freeze runbook roll-back 2d broken',
      { kind: 'freeze', scope: { kind: 'runbook', id: 'roll-back' }, forSeconds: 172_800, why: 'broken' },
    ],
    [
      'freeze &lt;@U0AAAAAAA2|second&gt; on holiday',
      { kind: 'freeze', scope: { kind: 'person', id: 'U0AAAAAAA2' }, forSeconds: null, why: 'on holiday' },
    ],
    ['unfreeze all', { kind: 'unfreeze', scope: { kind: 'everything' } }],
    [
      'run restart-workers shop web-1,web-2',
      {
        kind: 'details',
        request: {
          kind: 'details',
          targetId: null,
          of: { kind: 'named', runbookId: 'restart-workers', applicationId: 'shop', hosts: ['web-1', 'web-2'] },
          viewId: null,
        },
      },
    ],
  ])('reads "%s"', (text, wish) => {
    expect(wishOf(text)).toEqual(wish);
  });

  it.each(['', 'help', 'what can you do'])('says what it understands when it is given "%s"', (text) => {
    expect(typed(text)).toMatchObject({ kind: 'answer', text: expect.stringContaining('`status`') });
  });

  it.each([
    'timeline Inc!',
    'silence orders-db',
    'silence orders-db soon migration',
    'silence ORDERS 1h migration',
    'unsilence',
    'freeze',
    'freeze everything',
    'freeze everything 1h',
    'freeze application',
    'freeze somebody because',
    'unfreeze',
    'run restart-workers',
    'run restart-workers shop web-1;reboot',
  ])('asks for nothing and says what is missing when it is given "%s"', (text) => {
    expect(typed(text)).toEqual({ kind: 'answer', text: expect.stringContaining('Nothing was started or changed.') });
  });

  it('names who typed it and where, and tells two commands apart', () => {
    expect(typed('status')).toMatchObject({
      click: {
        by: { userId: 'U0AAAAAAA1', teamId: 'T0AAAAAAA1', kind: 'unknown' },
        channel: 'C0ALARMS01',
        messageTs: null,
        actionId: 'command:status',
        once: '1.2.3',
      },
    });
  });

  it('answers a body that names nobody', () => {
    expect(readCommand({ text: 'status' })).toMatchObject({ kind: 'answer' });
  });
});
