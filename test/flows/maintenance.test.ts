import { describe, expect, it } from 'vitest';
import type { MaintenanceConfig } from '../../functions/core/config/config.ts';
import { advanceTarget } from '../../functions/core/incident/advance-target.ts';
import { newFreezeState } from '../../functions/core/model/freeze.ts';
import { newTargetState } from '../../functions/core/model/target.ts';
import type { Severity, Verdict } from '../../functions/core/model/verdict.ts';
import { statusText } from '../../functions/core/notify/status-text.ts';
import { incident, MINUTE_MS, NIGHT_MS, settings, troubled, window } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

const topicArn = 'arn:aws:sns:eu-central-1:000000000000:pages';
/** The night of these tests is a Monday at three; the window is on from two to four. */
const nightly: MaintenanceConfig = {
  weekly: 'Mon 02:00',
  durationMinutes: 120,
  timeZone: 'UTC',
  reason: 'minor upgrade',
  holds: 'warnings',
};
const UNTIL_MS = NIGHT_MS + 60 * MINUTE_MS;
const HEALTHY: Verdict = { kind: 'healthy' };
const breaching = (severity: Severity): Verdict => ({ ...incident({ severity }), kind: 'breaching', severity });

function staged(change: Partial<MaintenanceConfig> = {}) {
  const using = settings({
    maintenance: [{ ...nightly, ...change }],
    page: { topicArn },
    reminder: { afterSeconds: 600, pageAfterSeconds: 900 },
  });
  const stage = flowStage(using);
  /** What the watch function writes after one more sample, and what notify makes of it. */
  const tick = async (verdict: Verdict) => {
    const current = await stage.stores.targets.read('orders-db');
    const state = current?.value ?? newTargetState('orders-db');
    const records = window([92, 92, 92]);
    const nowMs = stage.clock.nowMs();
    const input = {
      state,
      verdict,
      figures: state.figures,
      records,
      holders: null,
      nowMs,
      newId: 'inc-a1b2c3d4e5',
      settings: using,
    };
    const advanced = advanceTarget(input);
    if (advanced.kind === 'write') {
      await stage.stores.targets.write('orders-db', advanced.state, current?.revision ?? null);
    }
    return stage.notify();
  };
  const minutes = async (count: number) => {
    for (let minute = 0; minute < count; minute += 1) {
      await stage.clock.sleep(MINUTE_MS);
      await stage.sweep();
      await stage.notify();
    }
  };
  return { ...stage, using, tick, minutes };
}

describe('a maintenance window', () => {
  it('posts, replies and pages nothing of a warning, and tells at its end what is still wrong', async () => {
    const stage = staged();
    expect(await stage.tick(breaching('warning'))).toBe('silenced');
    await stage.minutes(57);
    expect([stage.board.calls, stage.pages]).toEqual([[], []]);
    expect((await stage.target()).silence).toEqual({
      untilMs: UNTIL_MS,
      byUserId: null,
      why: 'minor upgrade',
      lets: 'critical',
    });
    await stage.minutes(5);
    expect(stage.board.messages).toHaveLength(1);
    expect(stage.board.messages[0]?.notices.at(-1)).toMatchObject({ severity: 'warning', silence: null });
    expect(stage.board.messages[0]?.replies).toContain('The maintenance window has ended.');
  });

  it('lets critical trouble through to the card, the thread and the page, and says on the card that it is on', async () => {
    const stage = staged();
    await stage.tick(breaching('warning'));
    expect(await stage.tick(breaching('critical'))).toBe('told');
    expect(stage.board.messages[0]?.notices.at(-1)).toMatchObject({
      severity: 'critical',
      silence: { byUserId: null, lets: 'critical' },
      controls: { silence: { targetId: 'orders-db' }, unsilence: { kind: 'unsilence' } },
    });
    expect(stage.pages).toHaveLength(1);
    await stage.minutes(16);
    expect(stage.board.messages[0]?.replies.join()).toContain('Nobody has it');
    expect(stage.pages).toHaveLength(2);
  });

  it('that holds everything pages nobody before its end', async () => {
    const stage = staged({ holds: 'everything' });
    expect(await stage.tick(breaching('critical'))).toBe('silenced');
    await stage.minutes(57);
    expect([stage.board.calls, stage.pages]).toEqual([[], []]);
    await stage.minutes(5);
    expect([stage.board.messages.length, stage.pages.length]).toEqual([1, 1]);
  });

  it('never tells what began and ended within it, and keeps it in the timeline', async () => {
    const stage = staged();
    await stage.tick(breaching('warning'));
    await stage.clock.sleep(MINUTE_MS);
    await stage.tick(HEALTHY);
    await stage.minutes(70);
    expect(stage.board.calls).toEqual([]);
    const { entries } = await stage.stores.timeline.read('inc-a1b2c3d4e5', 10);
    expect(entries.map(({ what }) => what)).toEqual(['opened', 'silenced', 'resolved']);
  });

  it('begins over a card that is there, which shows it while its thread keeps quiet', async () => {
    const stage = staged({ weekly: 'Mon 03:05' });
    await stage.tick(breaching('warning'));
    expect(stage.board.messages).toHaveLength(1);
    await stage.clock.sleep(6 * MINUTE_MS);
    await stage.tick(breaching('warning'));
    expect(stage.board.messages[0]?.notices.at(-1)).toMatchObject({ silence: { why: 'minor upgrade' } });
    await stage.minutes(20);
    expect(stage.board.messages[0]?.replies).toEqual([]);
  });

  it('ends for a database whose people end it, and does not begin again with the next sample', async () => {
    const stage = staged();
    await stage.tick(breaching('warning'));
    const wish = await stage.put({ kind: 'unsilence', targetId: 'orders-db' });
    await stage.decide(wish.id);
    expect(await stage.notify()).toBe('told');
    await stage.clock.sleep(MINUTE_MS);
    await stage.tick(breaching('warning'));
    expect((await stage.target()).silence).toBeNull();
  });

  it('may be silenced further by somebody, who then is named', async () => {
    const stage = staged();
    await stage.tick(breaching('critical'));
    const wish = await stage.put({ kind: 'silence', targetId: 'orders-db', forSeconds: 600, why: 'I am on it' });
    await stage.decide(wish.id);
    expect((await stage.target()).silence).toMatchObject({ byUserId: 'U0FIRST', why: 'I am on it' });
  });

  it('goes on in the next without a word in between', async () => {
    const stage = staged({ weekly: 'Sun,Mon 03:30', durationMinutes: 1440 });
    await stage.tick(breaching('warning'));
    await stage.minutes(45);
    expect(stage.board.calls).toEqual([]);
    expect((await stage.target()).silence?.untilMs).toBe(NIGHT_MS + 30 * MINUTE_MS + 24 * 60 * MINUTE_MS);
  });

  it('is in the status while it is on, whether or not there is trouble', () => {
    const { maintenance } = staged({ targets: ['orders-db'] }).using.config;
    const at = (nowMs: number) => statusText([], newFreezeState(), nowMs, maintenance);
    expect(at(NIGHT_MS)).toBe(
      `No database is in trouble.\nMaintenance window until ⟦time:${UNTIL_MS / 1000}⟧ for orders-db, only what is critical is told: minor upgrade`,
    );
    expect(at(UNTIL_MS)).toBe('No database is in trouble.');
    const silence = { untilMs: UNTIL_MS, byUserId: null, why: 'minor upgrade', lets: 'critical' } as const;
    expect(statusText([troubled(undefined, { silence })], newFreezeState(), NIGHT_MS)).toContain(
      `; in its maintenance window until ⟦time:${UNTIL_MS / 1000}⟧`,
    );
  });
});
