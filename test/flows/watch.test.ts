import { describe, expect, it } from 'vitest';
import { newFreezeState } from '../../functions/core/model/freeze.ts';
import type { Sample } from '../../functions/core/model/sample.ts';
import { noticeOf } from '../../functions/core/notify/notice-of.ts';
import { statusText } from '../../functions/core/notify/status-text.ts';
import { watchTick } from '../../functions/flows/watch.ts';
import { configInput, MINUTE_MS, NIGHT_MS } from '../support/builders.ts';
import { aReading, watchStage } from './support/watch-stage.ts';

function gone(atMs: number): Sample {
  return { kind: 'unreadable', atMs, cause: 'unreachable', sentence: 'Nobody answers at db.example.internal.' };
}

async function ticks(stage: ReturnType<typeof watchStage>, from: number, count: number): Promise<void> {
  for (let minute = from; minute < from + count; minute += 1) {
    stage.goTo(NIGHT_MS + minute * MINUTE_MS);
    await stage.tick();
  }
}

describe('a tick', () => {
  it('decides once when it runs twice', async () => {
    const stage = watchStage({}, (_target, atMs) => aReading(atMs, 95));
    await ticks(stage, 0, 6);
    const before = await stage.stores.targets.read('orders-db');
    expect(before?.value.incident?.severity).toBe('critical');
    expect(await stage.tick()).toEqual({ kind: 'duplicate' });
    stage.cold();
    expect(await stage.tick()).toEqual({ kind: 'duplicate' });
    expect(await stage.stores.targets.read('orders-db')).toEqual(before);
  });

  it('is dropped when the next one is due already', async () => {
    const stage = watchStage({}, (_target, atMs) => aReading(atMs, 95));
    stage.goTo(NIGHT_MS + 10 * MINUTE_MS);
    const late = { shard: 0, tickMs: NIGHT_MS + 8 * MINUTE_MS, untilMs: NIGHT_MS + 9 * MINUTE_MS };
    expect(await watchTick(stage.deps, late)).toEqual({ kind: 'stale' });
    expect(stage.taken).toEqual([]);
  });

  it('looks at holders on every fourth calm tick, and every five seconds under suspicion', async () => {
    let connected = 30;
    const stage = watchStage({}, (_target, atMs) => aReading(atMs, connected));
    await ticks(stage, 0, 8);
    expect(stage.taken.filter(({ want }) => want === 'holders')).toHaveLength(2);
    connected = 78;
    stage.goTo(NIGHT_MS + 8 * MINUTE_MS);
    expect(await stage.tick(true)).toMatchObject({ kind: 'watched', closeLooks: 3 });
    expect(stage.taken.slice(-3).map(({ want }) => want)).toEqual(['holders', 'holders', 'holders']);
    expect((stage.taken.at(-1)?.atMs ?? 0) - (stage.taken.at(-2)?.atMs ?? 0)).toBe(5000);
  });
});

describe('a container that never saw the trouble', () => {
  it('ends no incident before it has seen the whole end itself', async () => {
    let connected = 95;
    const stage = watchStage({}, (_target, atMs) => aReading(atMs, connected));
    await ticks(stage, 0, 6);
    const state = await stage.state();
    if (state === null) throw new Error('no incident was opened');
    // An item of a version that knew no phases, and chunks that are gone.
    const { decisionPhase: _decision, detectorPhase: _detector, ...older } = state;
    const fresh = watchStage({}, (_target, atMs) => aReading(atMs, connected));
    await fresh.stores.targets.write('orders-db', older, null);
    connected = 20;
    await ticks(fresh, 6, 2);
    expect((await fresh.state())?.incident).toMatchObject({ resolvedAtMs: null, healthySinceMs: expect.any(Number) });
    await ticks(fresh, 8, 4);
    expect((await fresh.state())?.incident?.resolvedAtMs).toBe(NIGHT_MS + 10 * MINUTE_MS);
  });
});

describe('a crash between the chunk and the item', () => {
  it('loses no trouble: the next container judges the stored samples again', async () => {
    const stage = watchStage({}, (_target, atMs) => aReading(atMs, atMs < NIGHT_MS + 30 * MINUTE_MS ? 30 : 95));
    const { targets } = stage.stores;
    const write = targets.write.bind(targets);
    targets.write = async () => {
      throw new Error('the invocation died here');
    };
    await ticks(stage, 0, 31);
    for (let minute = 31; minute < 36; minute += 1) {
      await ticks(stage, minute, 1).catch(() => undefined);
      stage.cold();
    }
    expect(await stage.state()).toBeNull();
    targets.write = write;
    await ticks(stage, 36, 1);
    expect((await stage.state())?.incident).toMatchObject({ severity: 'critical', reasons: [{ rule: 'level' }] });
  });
});

describe('a verdict', () => {
  it('does not depend on what the target is called', async () => {
    const course = [30, 30, 30, 85, 86, 87, 92, 93, 93, 95, 40, 40, 40, 40, 40, 40];
    const called = async (id: string) => {
      const targets = configInput().targets.map((target) => ({ ...target, id }));
      const stage = watchStage({ targets, applications: [] }, (_target, atMs) =>
        aReading(atMs, course[Math.round((atMs - NIGHT_MS) / MINUTE_MS)] ?? 40),
      );
      await ticks(stage, 0, course.length);
      return stage.logged.flatMap(({ event, fields }) =>
        event === 'target' ? [[fields['why'], fields['verdict']]] : [],
      );
    };
    const told = await called('a');
    expect(told.map(([why]) => why)).toEqual(['opened', 'resolved']);
    expect(await called('zz-ledger-of-2026')).toEqual(told);
  });
});

describe('a target that does not answer', () => {
  const change = {
    targets: configInput().targets.flatMap((target) => [{ ...target, id: 'dead-db' }, target]),
  };

  it('is tried less often after some failures, within bounds, while the others are looked at on every tick', async () => {
    const stage = watchStage(change, (id, atMs) => (id === 'dead-db' ? gone(atMs) : aReading(atMs, 30)));
    await ticks(stage, 0, 60);
    const tried = stage.taken.filter(({ targetId }) => targetId === 'dead-db').map(({ atMs }) => atMs);
    expect(stage.taken.filter(({ targetId }) => targetId === 'orders-db')).toHaveLength(60);
    expect(tried.slice(0, 6)).toEqual([0, 1, 2, 3, 4, 5].map((minute) => NIGHT_MS + minute * MINUTE_MS));
    const gaps = tried.slice(1).map((atMs, at) => atMs - (tried[at] ?? 0));
    expect(Math.max(...gaps)).toBe(5 * MINUTE_MS);
    expect(gaps.slice(-5)).toEqual([5, 5, 5, 5, 5].map((minutes) => minutes * MINUTE_MS));
  });

  it('keeps its incident, says on the card and in the status how often it is tried, and is back when it answers', async () => {
    let isGone = true;
    const stage = watchStage(change, (id, atMs) => (id === 'dead-db' && isGone ? gone(atMs) : aReading(atMs, 30)));
    await ticks(stage, 0, 40);
    const state = await stage.state('dead-db');
    if (state === null) throw new Error('no incident was opened');
    expect(state.incident).toMatchObject({
      resolvedAtMs: null,
      reasons: [{ rule: 'unreadable', cause: 'unreachable' }],
    });
    expect(noticeOf(state, stage.deps.settings)?.summary).toContain('tried every 5 minutes');
    expect(statusText([state], newFreezeState(), stage.nowMs())).toContain('tried every 5 minutes');
    stage.cold();
    isGone = false;
    await ticks(stage, 40, 10);
    expect((await stage.state('dead-db'))?.incident?.resolvedAtMs).not.toBeNull();
    expect(
      stage.taken
        .filter(({ targetId }) => targetId === 'dead-db')
        .slice(-4)
        .map(({ atMs }) => atMs),
    ).toEqual([46, 47, 48, 49].map((minute) => NIGHT_MS + minute * MINUTE_MS));
  });
});
