import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../functions/core/config/config.ts';
import { oweNotice } from '../../functions/core/incident/owe.ts';
import type { TargetState } from '../../functions/core/model/target.ts';
import { newTargetState } from '../../functions/core/model/target.ts';
import { GLOBAL_CHAIN, happening } from '../../functions/core/model/timeline.ts';
import { checkChain } from '../../functions/core/timeline/chain.ts';
import { notifyChannel } from '../../functions/flows/tell-debt.ts';
import { sha256 } from '../fakes/memory-timeline.ts';
import { refusal } from '../fakes/recording-notice-board.ts';
import { configInput, incident, MINUTE_MS, NIGHT_MS, settings } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

const topicArn = 'arn:aws:sns:eu-central-1:000000000000:pages';
const [base] = configInput().targets;

/** Two hundred databases, of which every tenth is critical. */
function fleet(count: number): { readonly change: Partial<ConfigInput>; readonly states: TargetState[] } {
  const targets = Array.from(
    { length: count },
    (_, at) => ({ ...base, id: `db-${at}` }) as ConfigInput['targets'][number],
  );
  const change = { targets, applications: [] };
  const using = settings(change);
  const states = targets.map(({ id }, at) => {
    const severity = at % 10 === 0 ? ('critical' as const) : ('warning' as const);
    const trouble = incident({ id: `inc-${String(at).padStart(10, '0')}`, severity });
    return oweNotice({ ...newTargetState(id), incident: trouble }, using, NIGHT_MS);
  });
  return { change, states };
}

describe('two hundred targets failing at once (D.22)', () => {
  const { change, states } = fleet(200);

  async function stormy() {
    const stage = flowStage(settings(change));
    for (const state of states) await stage.stores.targets.write(state.targetId, state, null);
    for (const { targetId } of states) await stage.notify(targetId);
    return stage;
  }

  async function settled(stage: Awaited<ReturnType<typeof stormy>>) {
    for (let look = 0; look < 10; look += 1) {
      await stage.clock.sleep(10_000);
      await notifyChannel(stage.deps, 'C0ALERTS');
    }
    return stage.board.messages.map((message) => message.notices.at(-1)).find((one) => one?.kind === 'summary');
  }

  it('give three new messages, the last of which names all the others, worst first', async () => {
    const stage = await stormy();
    expect(stage.board.messages).toHaveLength(3);
    const summary = await settled(stage);
    expect(summary).toMatchObject({
      counts: { open: 198, critical: 19, resolved: 0 },
      title: expect.stringContaining('198'),
    });
    expect(
      summary?.kind === 'summary' && summary.lines.slice(0, 19).every(({ severity }) => severity === 'critical'),
    ).toBe(true);
    expect(summary?.kind === 'summary' && summary.lines).toHaveLength(198);
    for (const { targetId } of states) expect((await stage.target(targetId)).notice).toMatchObject({ lease: null });
  });

  it('give at most forty edits a minute, whatever happens to them meanwhile', async () => {
    const stage = await stormy();
    const fromMs = stage.clock.nowMs();
    for (let round = 0; round < 12; round += 1) {
      for (const { targetId } of states) {
        const current = await stage.stores.targets.read(targetId);
        if (current !== null) {
          await stage.stores.targets.write(
            targetId,
            oweNotice(current.value, stage.deps.settings, stage.clock.nowMs()),
            current.revision,
          );
        }
        await stage.notify(targetId);
      }
      await stage.clock.sleep(5000);
    }
    const edits = stage.board.callTimes.filter(({ method }) => method === 'edit').map(({ atMs }) => atMs);
    const busiest = Math.max(
      ...edits.map((atMs) => edits.filter((one) => one >= atMs && one < atMs + MINUTE_MS).length),
    );
    expect(busiest).toBeLessThanOrEqual(40);
    expect(edits.some((atMs) => atMs > fromMs)).toBe(true);
  });

  it('say in the one summary that they are all well again, and nothing more', async () => {
    const stage = await stormy();
    for (const { targetId } of states) {
      const current = await stage.stores.targets.read(targetId);
      if (current === null) continue;
      const over = {
        ...current.value,
        incident: incident({ ...current.value.incident, resolvedAtMs: stage.clock.nowMs() }),
      };
      await stage.stores.targets.write(
        targetId,
        oweNotice(over, stage.deps.settings, stage.clock.nowMs()),
        current.revision,
      );
      await stage.notify(targetId);
    }
    expect(await settled(stage)).toMatchObject({
      counts: { open: 0, resolved: 198 },
      resolvedAtMs: expect.any(Number),
    });
    expect(stage.board.messages).toHaveLength(3);
  });

  it('are all told after Slack was down for all of it', async () => {
    const stage = flowStage(settings(change));
    for (const state of states) await stage.stores.targets.write(state.targetId, state, null);
    stage.board.fail('any', { kind: 'unclear', why: 'down', written: false }, 9999);
    const halfHour = async (looks: number) => {
      for (let look = 0; look < looks; look += 1) {
        for (const { targetId } of states) await stage.notify(targetId);
        await stage.clock.sleep(MINUTE_MS);
        await notifyChannel(stage.deps, 'C0ALERTS');
      }
    };
    await halfHour(30);
    expect(stage.board.messages).toEqual([]);
    stage.board.heal();
    await halfHour(6);
    expect(stage.board.messages).toHaveLength(3);
    expect(await settled(stage)).toMatchObject({ counts: { open: 198 } });
  });
});

describe('a silence', () => {
  const silence = { untilMs: NIGHT_MS + 10 * MINUTE_MS, byUserId: 'U0FIRST', why: 'planned work' };
  const using = settings({ page: { topicArn } });

  it('posts, replies and pages nothing, and then tells once what is still true (E.29)', async () => {
    const stage = flowStage(using);
    await stage.open({ silence });
    expect(await stage.notify()).toBe('silenced');
    await stage.clock.sleep(5 * MINUTE_MS);
    await stage.sweep();
    expect(await stage.notify()).toBe('silenced');
    expect([stage.board.calls, stage.pages]).toEqual([[], []]);
    await stage.clock.sleep(5 * MINUTE_MS);
    await stage.sweep();
    expect((await stage.target()).silence).toBeNull();
    expect(await stage.notify()).toBe('told');
    expect(stage.board.messages).toHaveLength(1);
    expect(stage.pages).toHaveLength(1);
  });

  it('that outlasts the trouble leaves nothing to tell', async () => {
    const stage = flowStage(using);
    await stage.open({ silence, incident: incident({ resolvedAtMs: NIGHT_MS + MINUTE_MS }) });
    await stage.notify();
    await stage.clock.sleep(11 * MINUTE_MS);
    await stage.sweep();
    await stage.notify();
    expect(stage.board.messages).toEqual([]);
  });

  it('lets a card that is there say so, and keeps its thread quiet', async () => {
    const stage = flowStage(using);
    await stage.open();
    await stage.notify();
    const record = await stage.put({ kind: 'silence', targetId: 'orders-db', forSeconds: 600, why: 'planned work' });
    await stage.decide(record.id);
    await stage.notify();
    expect(stage.board.messages[0]?.notices.at(-1)).toMatchObject({
      silence: { why: 'planned work', byUserId: 'U0FIRST' },
    });
    expect(stage.board.messages[0]?.replies).toEqual([]);
  });
});

describe('the end of a silence', () => {
  it('is told in the thread, and nothing of what happened within it', async () => {
    const stage = flowStage();
    const { incident: open } = await stage.open();
    await stage.notify();
    const wishes = [
      await stage.put({ kind: 'silence', targetId: 'orders-db', forSeconds: 600, why: 'planned work' }, 'U0FIRST', 1),
      await stage.put({ kind: 'acknowledge', targetId: 'orders-db', incidentId: open?.id ?? '' }, 'U0SECOND', 2),
    ];
    for (const { id } of wishes) await stage.decide(id);
    await stage.notify();
    await stage.clock.sleep(11 * MINUTE_MS);
    await stage.sweep();
    await stage.notify();
    expect(stage.board.messages[0]?.replies).toEqual(['The silence has ended.']);
    expect(stage.board.messages[0]?.notices.at(-1)).toMatchObject({ silence: null, acknowledgedBy: 'U0SECOND' });
  });
});

describe('trouble that nobody has', () => {
  const using = settings({ page: { topicArn }, reminder: { afterSeconds: 600, pageAfterSeconds: 1200 } });

  async function afterMinutes(minutes: number, change: Partial<TargetState> = {}) {
    const stage = flowStage(using);
    await stage.open(change);
    await stage.notify();
    for (let minute = 0; minute < minutes; minute += 1) {
      await stage.clock.sleep(MINUTE_MS);
      await stage.sweep();
      await stage.notify();
    }
    return stage;
  }

  it('is said once more in the thread, then once to the page topic, also while a runbook runs (E.29)', async () => {
    const before = await afterMinutes(9);
    expect(before.board.messages[0]?.replies).toEqual([]);
    const stage = await afterMinutes(40);
    expect(stage.board.messages[0]?.replies).toEqual([
      expect.stringMatching(/^Nobody has it after 10 minutes: 92 of 100/),
    ]);
    expect(stage.pages).toEqual([
      expect.stringMatching(/^Runbell: orders-db/),
      expect.stringMatching(/^Runbell: nobody has it/),
    ]);
  });

  it('is not said again once somebody has it', async () => {
    const stage = await afterMinutes(40, { acknowledgement: { userId: 'U0FIRST', atMs: NIGHT_MS } });
    expect(stage.board.messages[0]?.replies).toEqual([]);
    expect(stage.pages).toHaveLength(1);
  });
});

describe('what the thread is owed', () => {
  const entry = { id: 'said:1', atMs: NIGHT_MS, text: 'Somebody did something.' };

  async function owing() {
    const stage = flowStage();
    await stage.open();
    await stage.notify();
    const say = async () => {
      const { value, revision } = (await stage.stores.targets.read('orders-db')) ?? {};
      if (value === undefined) throw new Error('no target');
      await stage.stores.targets.write('orders-db', { ...value, storyOwed: [entry] }, revision ?? null);
    };
    await say();
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        await stage.notify();
        await stage.clock.sleep(1000);
      }
    };
    return { ...stage, pass };
  }

  it.each([
    refusal('invalid_auth', 'app'),
    refusal('is_archived', 'place'),
    { kind: 'unclear', why: 'no answer', written: false } as const,
  ])('is told when Slack takes it again, whatever it said before (%o)', async (trouble) => {
    const { board, pass } = await owing();
    board.fail('reply', trouble, 9999);
    await pass(600);
    expect(board.calls.filter((method) => method === 'reply').length).toBeLessThan(60);
    board.heal();
    await pass(61);
    expect(board.messages[0]?.replies).toEqual([entry.text]);
  });

  it('is not said again and again where Slack will never take it', async () => {
    const { board, target, pass } = await owing();
    board.fail('reply', refusal('msg_too_long', 'content'));
    await pass(60);
    expect(board.calls.filter((method) => method === 'reply')).toHaveLength(1);
    expect((await target()).storyOwed).toEqual([]);
  });

  it.each([true, false])(
    'shows that somebody deleted the card, which is then posted anew (refused: %s)',
    async (isRefused) => {
      const { board, pass } = await owing();
      board.remove(board.messages[0]?.ref ?? { channel: '', ts: '' });
      if (isRefused) board.fail('reply', refusal('message_not_found', 'gone'));
      await pass(10);
      expect(board.messages).toHaveLength(1);
      expect([...board.orphans, ...(board.messages[0]?.replies ?? [])]).toEqual([entry.text]);
    },
  );

  it('does not draw the card again and again where Slack finds no thread below it', async () => {
    const { board, pass } = await owing();
    board.fail('reply', refusal('message_not_found', 'gone'), 9999);
    await pass(120);
    expect(board.messages).toHaveLength(1);
    expect(board.calls.filter((method) => method === 'reply')).toHaveLength(2);
  });
});

describe('the timeline', () => {
  it('holds what was decided, refusals included, and what became of it, while Slack is down (F.30)', async () => {
    const stage = flowStage();
    const opened = happening({ id: 'opened:1', atMs: NIGHT_MS, what: 'opened', text: 'orders-db', told: null });
    const state = oweNotice({ ...newTargetState('orders-db'), incident: incident() }, stage.deps.settings, NIGHT_MS, [
      opened,
    ]);
    await stage.stores.targets.write('orders-db', state, null);
    stage.board.fail('any', { kind: 'unclear', why: 'down', written: false }, 99);
    await stage.notify();
    const wishes = [
      await stage.put({ kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' }, 'U0FIRST', 1),
      await stage.put({ kind: 'silence', targetId: 'orders-db', forSeconds: 600, why: 'x' }, 'U0STRANGER', 2),
      await stage.put(
        { kind: 'freeze', scope: { kind: 'everything' }, forSeconds: null, why: 'smoke' },
        'U0STRANGER',
        3,
      ),
    ];
    for (const { id } of wishes) {
      await stage.decide(id);
      await stage.answer(id);
      await stage.answer(id);
    }
    await stage.notify();
    const read = async (chain: string) => (await stage.stores.timeline.read(chain, 50)).entries;
    expect((await read('inc-a1b2c3d4e5')).map(({ what, why, byUserId }) => [what, why, byUserId])).toEqual([
      ['opened', null, null],
      ['permitted', null, 'U0FIRST'],
      ['refused', 'notAllowed', 'U0STRANGER'],
      ['acknowledged', null, 'U0FIRST'],
    ]);
    expect((await read(GLOBAL_CHAIN)).map(({ what, text }) => [what, text.includes('inc-a1b2c3d4e5')])).toEqual([
      ['opened', true],
      ['frozen', false],
    ]);
    for (const [, chain] of stage.stores.timeline.chains) {
      expect(checkChain(chain, stage.clock.nowMs(), sha256).kind).toBe('whole');
    }
  });
});
