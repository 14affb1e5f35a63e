import { describe, expect, it } from 'vitest';
import type { TickRecord } from '../../functions/core/model/sample-record.ts';
import { watchNow, watchTick } from '../../functions/flows/watch.ts';
import { MINUTE_MS, NIGHT_MS } from '../support/builders.ts';
import { aReading, watchStage } from './support/watch-stage.ts';

type Stage = ReturnType<typeof watchStage>;

const minute = (count: number, lateMs = 0) => NIGHT_MS + count * MINUTE_MS + lateMs;

/** A tick that is `lateMs` late; with `closely` suspects are looked at until the next one. */
function tickAt(stage: Stage, count: number, lateMs = 0, closely = false) {
  stage.goTo(minute(count, lateMs));
  const untilMs = closely ? minute(count + 1) : stage.nowMs();
  return watchTick(stage.deps, { shard: 0, tickMs: minute(count), untilMs });
}

async function storedOf(stage: Stage): Promise<readonly TickRecord[]> {
  return (await stage.stores.chunks.since(0, 0, Number.MAX_SAFE_INTEGER)).get('orders-db') ?? [];
}

const knownOf = (stage: Stage) => stage.deps.memory.get('orders-db')?.records ?? [];

/** Another container over the same table. */
function beside(stage: Stage, look: Parameters<typeof watchStage>[1]): Stage {
  const other = watchStage({}, look);
  Object.assign(other.deps, { stores: stage.stores, chunks: stage.stores.chunks });
  return { ...other, stores: stage.stores };
}

/** A run has just ended: whoever samples looks every five seconds until it is judged. */
async function verifying(stage: Stage): Promise<void> {
  const item = await stage.stores.targets.read('orders-db');
  if (item === null) throw new Error('no incident was opened');
  const ended = { phase: 'verifying', endedAtMs: stage.nowMs(), before: null, outcome: null };
  const run = { runId: 'run-1', hosts: [], endings: [], ...ended } as never;
  await stage.stores.targets.write('orders-db', { ...item.value, run }, item.revision);
}

describe('the quiet period', () => {
  it('counts no stretch twice when an invocation died after a look (seed 10096)', async () => {
    let connected = 95;
    const stage = watchStage({ quietSeconds: 180 }, (_target, atMs) => aReading(atMs, connected));
    for (let count = 0; count < 6; count += 1) await tickAt(stage, count, 10_000);
    expect((await stage.state())?.incident?.severity).toBe('critical');
    connected = 20;
    await verifying(stage);
    // The tick, and one look after it that is written and dies.
    const { targets } = stage.stores;
    const write = targets.write.bind(targets);
    let writes = 0;
    targets.write = async (...args) => {
      const answer = await write(...args);
      writes += 1;
      if (writes === 2) throw new Error('the invocation died here');
      return answer;
    };
    const lateMs = 7000;
    await expect(tickAt(stage, 6, lateMs, true)).rejects.toThrow('died here');
    targets.write = write;
    for (const count of [7, 8]) {
      stage.cold();
      await tickAt(stage, count, lateMs);
      expect((await stage.state())?.incident?.resolvedAtMs).toBeNull();
    }
    stage.cold();
    await tickAt(stage, 9, lateMs);
    expect((await stage.state())?.incident?.resolvedAtMs).toBe(minute(9, lateMs));
  });

  it('goes on from the stored phase where the sample behind it was never stored', async () => {
    let connected = 95;
    const stage = watchStage({ quietSeconds: 180 }, (_target, atMs) => aReading(atMs, connected));
    for (let count = 0; count < 6; count += 1) await tickAt(stage, count, 10_000);
    connected = 20;
    await tickAt(stage, 6, 7000);
    await tickAt(stage, 7, 7000);
    // As a version that wrote the target first could leave it, and as a chunk that was lost leaves it.
    const others = watchStage({ quietSeconds: 180 }, (_target, atMs) => aReading(atMs, connected));
    for (const [start, records] of [[minute(0), (await storedOf(stage)).slice(0, -1)]] as const) {
      for (const [at, record] of records.entries())
        await others.stores.chunks.put(0, start + at * MINUTE_MS, new Map([['orders-db', record]]));
    }
    await others.stores.targets.write('orders-db', (await stage.state()) as never, null);
    await tickAt(others, 8, 7000);
    expect((await others.state())?.incident?.resolvedAtMs).toBeNull();
    await tickAt(others, 9, 7000);
    expect((await others.state())?.incident?.resolvedAtMs).toBe(minute(9, 7000));
  });
});

describe('what a warm container knows', () => {
  it('is what was stored, after it lost a tick to another one', async () => {
    const stage = watchStage({}, (_target, atMs) => aReading(atMs, 20));
    const other = beside(stage, (_target, atMs) => aReading(atMs, 95));
    for (let count = 0; count < 3; count += 1) await tickAt(stage, count);
    await tickAt(other, 3, 1000);
    expect(await tickAt(stage, 3, 3000)).toEqual({ kind: 'duplicate' });
    await tickAt(stage, 4);
    expect(knownOf(stage)).toEqual(await storedOf(stage));
    expect(knownOf(stage).map((record) => record.kind === 'reading' && record.connected)).toEqual([20, 20, 20, 95, 20]);
  });

  it('is what was stored, when a tick of another container came later than its own looks', async () => {
    const stage = watchStage({}, (_target, atMs) => aReading(atMs, 20));
    const other = beside(stage, (_target, atMs) => aReading(atMs, 95));
    for (let count = 0; count < 3; count += 1) await tickAt(stage, count);
    // A look of its own in the middle of the minute; the tick of that minute is begun late elsewhere.
    stage.goTo(minute(3, 40_000));
    await watchNow(stage.deps, ['orders-db'], { askedAtMs: stage.nowMs(), forMs: 9000 });
    expect(knownOf(stage)).toHaveLength(4);
    await tickAt(other, 3, 20_000);
    await tickAt(stage, 4);
    expect(knownOf(stage)).toEqual([...(await storedOf(stage))].sort((a, b) => a.atMs - b.atMs));
    expect(knownOf(stage)).toHaveLength(6);
  });
});

describe('a look between two ticks', () => {
  it('is stored beside another of the same instant', async () => {
    const stage = watchStage({}, (_target, atMs) => aReading(atMs, 20));
    const other = beside(stage, (_target, atMs) => aReading(atMs, 95));
    for (const one of [stage, other]) {
      one.goTo(minute(3));
      await watchNow(one.deps, ['orders-db'], { askedAtMs: one.nowMs(), forMs: 9000 });
    }
    expect(await storedOf(stage)).toHaveLength(2);
  });

  it('never takes the place of a tick', async () => {
    const stage = watchStage({}, (_target, atMs) => aReading(atMs, 20));
    stage.goTo(minute(3) - 5000);
    await watchNow(stage.deps, ['orders-db'], { askedAtMs: stage.nowMs(), forMs: 9000 });
    expect(await storedOf(stage)).toHaveLength(1);
    expect(await tickAt(stage, 3, 2000)).toMatchObject({ kind: 'watched' });
  });
});
