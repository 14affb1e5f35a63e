import { describe, expect, it } from 'vitest';
import type { TargetState } from '../../functions/core/model/target.ts';
import { watchNow, watchTick } from '../../functions/flows/watch.ts';
import { MINUTE_MS, NIGHT_MS } from '../support/builders.ts';
import { aReading, watchStage } from './support/watch-stage.ts';

const HOUR_MS = 60 * MINUTE_MS;
const QUIET_MS = 180_000;
const minute = (count: number) => NIGHT_MS + count * MINUTE_MS;

/** A sampler whose own clock is wrong by `skewMs`, in what it says as in what it stamps; time itself is right. */
function skewedStage() {
  let [connected, skewMs] = [30, 0];
  const stage = watchStage({ quietSeconds: QUIET_MS / 1000 }, (_target, atMs) => aReading(atMs + skewMs, connected));
  const { sleep } = stage.deps.clock;
  Object.assign(stage.deps, { clock: { nowMs: () => stage.nowMs() + skewMs, sleep } });
  return {
    ...stage,
    hold: (count: number) => (connected = count),
    skew: (ms: number) => (skewMs = ms),
    /** The schedule knows what time it is. */
    async tickAt(count: number, lateMs = 2000, closely = false) {
      stage.goTo(minute(count) + lateMs);
      const untilMs = minute(count + (closely ? 1 : 0));
      return watchTick(stage.deps, { shard: 0, tickMs: minute(count), untilMs });
    },
    async incident() {
      return (await stage.state())?.incident ?? null;
    },
  };
}

type Skewed = ReturnType<typeof skewedStage>;

/** No instant of what is stored is far from when it happened. */
async function timesAreTrue(stage: Skewed): Promise<void> {
  const records = (await stage.stores.chunks.since(0, 0, Number.MAX_SAFE_INTEGER)).get('orders-db') ?? [];
  const incident = await stage.incident();
  const instants = [
    ...records.map(({ atMs }) => atMs),
    ...(incident === null
      ? []
      : [incident.openedAtMs, incident.lastBreachAtMs, incident.resolvedAtMs ?? incident.openedAtMs]),
  ];
  for (const atMs of instants) {
    expect(atMs).toBeGreaterThan(NIGHT_MS - 2 * MINUTE_MS);
    expect(atMs).toBeLessThan(stage.nowMs() + 2 * MINUTE_MS);
  }
}

const STEPS: readonly (readonly [name: string, ms: number])[] = [
  ['an hour ahead', HOUR_MS],
  ['an hour behind', -HOUR_MS],
  ['a day ahead', 24 * HOUR_MS],
  ['two minutes behind', -2 * MINUTE_MS],
];

describe('a sampler whose clock is wrong', () => {
  it.each(STEPS)('by %s all the time opens and ends its incidents when they are', async (_name, ms) => {
    const stage = skewedStage();
    stage.skew(ms);
    for (let count = 0; count < 3; count += 1) await stage.tickAt(count);
    stage.hold(97);
    for (let count = 3; count < 12; count += 1) expect(await stage.tickAt(count)).toMatchObject({ kind: 'watched' });
    expect(await stage.incident()).toMatchObject({ severity: 'critical', resolvedAtMs: null });
    stage.hold(20);
    for (let count = 12; count < 17; count += 1) await stage.tickAt(count);
    expect((await stage.incident())?.resolvedAtMs).toEqual(expect.any(Number));
    await timesAreTrue(stage);
  });

  it.each(STEPS)('by %s for some ticks spoils nothing for the containers after it', async (_name, ms) => {
    const stage = skewedStage();
    for (let count = 0; count < 3; count += 1) await stage.tickAt(count);
    stage.hold(97);
    for (let count = 3; count < 12; count += 1) {
      stage.skew(count >= 6 && count < 9 ? ms : 0);
      if (count === 6 || count === 9) stage.cold();
      await stage.tickAt(count);
    }
    stage.hold(20);
    for (let count = 12; count < 17; count += 1) await stage.tickAt(count);
    const incident = await stage.incident();
    expect(incident?.resolvedAtMs).toBeGreaterThanOrEqual(minute(11) + QUIET_MS);
    expect(incident?.resolvedAtMs).toBeLessThan(minute(17));
    await timesAreTrue(stage);
  });

  it.each(STEPS)('by %s in the middle of its looks goes on by what passed', async (_name, ms) => {
    const stage = skewedStage();
    for (let count = 0; count < 3; count += 1) await stage.tickAt(count);
    stage.hold(97);
    const { sleep } = stage.deps.clock;
    let sleeps = 0;
    Object.assign(stage.deps.clock, {
      sleep: async (span: number) => {
        await sleep(span);
        sleeps += 1;
        if (sleeps === 3) stage.skew(ms);
      },
    });
    await stage.tickAt(3, 2000, true);
    expect(sleeps).toBeGreaterThan(2);
    // A machine that jumped ahead never sleeps past the next tick, and one that jumped back never for an hour more.
    expect(stage.nowMs()).toBeLessThanOrEqual(minute(4));
    await timesAreTrue(stage);
  });

  it.each(STEPS)('by %s says of a run how long it took, and not the clock', async (_name, ms) => {
    const stage = skewedStage();
    stage.hold(97);
    for (let count = 0; count < 9; count += 1) await stage.tickAt(count);
    const item = await stage.stores.targets.read('orders-db');
    if (item === null) throw new Error('no incident was opened');
    const endedAtMs = minute(9);
    const before = { atMs: minute(8), connected: 97, connectionsMax: 100, full: false };
    const endings = [{ hostId: 'i-1', ending: { kind: 'done' }, lines: [] }];
    const run = {
      ...{ runId: 'run-1', requestId: 'req-1', runbookId: 'restart-workers', runbookTitle: 'Restart workers' },
      ...{ applicationId: 'orders', byUserId: 'U0FIRST', startedAtMs: minute(8), hosts: [], waiting: null },
      ...{ phase: 'verifying', endedAtMs, before, outcome: null, endings, dryRun: false, stop: null },
    };
    await stage.stores.targets.write('orders-db', { ...item.value, run } as unknown as TargetState, item.revision);
    stage.hold(20);
    stage.cold();
    stage.skew(ms);
    stage.goTo(endedAtMs + 1000);
    await watchNow(stage.deps, ['orders-db'], { askedAtMs: endedAtMs + 1000, forMs: 55_000 });
    const outcome = (await stage.state())?.run?.outcome;
    expect(outcome).toMatchObject({ kind: 'recovered' });
    expect(outcome?.kind === 'recovered' ? outcome.afterMs : Infinity).toBeLessThan(MINUTE_MS);
  });
});

describe('a clock that is put back for everybody', () => {
  it('holds no incident open until the old time comes again', async () => {
    const stage = skewedStage();
    stage.hold(97);
    for (let count = 60; count < 70; count += 1) await stage.tickAt(count);
    expect(await stage.incident()).toMatchObject({ severity: 'critical', resolvedAtMs: null });
    stage.hold(20);
    for (let count = 10; count < 15; count += 1) await stage.tickAt(count);
    const incident = await stage.incident();
    expect(incident?.resolvedAtMs).toBeGreaterThanOrEqual(minute(10) + QUIET_MS - MINUTE_MS);
    expect(incident?.resolvedAtMs).toBeLessThan(minute(15));
    expect((incident?.resolvedAtMs ?? 0) - (incident?.openedAtMs ?? 0)).toBeGreaterThanOrEqual(0);
  });

  it('is no reason for a cold container either', async () => {
    const stage = skewedStage();
    stage.hold(97);
    for (let count = 60; count < 70; count += 1) await stage.tickAt(count);
    stage.hold(20);
    for (let count = 10; count < 16; count += 1) {
      stage.cold();
      await stage.tickAt(count);
    }
    expect((await stage.incident())?.resolvedAtMs).toBeLessThan(minute(16));
  });

  it('lets new trouble be seen at once', async () => {
    const stage = skewedStage();
    for (let count = 60; count < 70; count += 1) await stage.tickAt(count);
    stage.hold(97);
    for (let count = 10; count < 20; count += 1) await stage.tickAt(count);
    expect(await stage.incident()).toMatchObject({ severity: 'critical', resolvedAtMs: null });
  });
});
