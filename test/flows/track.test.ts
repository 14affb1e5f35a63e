import { describe, expect, it } from 'vitest';
import { sweepFor } from '../../functions/flows/track.ts';
import { incident, MINUTE_MS, NIGHT_MS, runRequest } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

/** A minute of the sweep, with what it reads and what it touches by the second. */
async function minuteOf(stage: ReturnType<typeof flowStage>) {
  const fromMs = stage.clock.nowMs();
  await sweepFor({ ...stage.deps, maySend: false }, () => fromMs + 50_000 - stage.clock.nowMs());
  return stage.clock.nowMs() - fromMs;
}

describe('the sweep of a minute', () => {
  it('ends at once where nothing is open', async () => {
    expect(await minuteOf(flowStage())).toBe(0);
  });

  it.each([
    ['only a warning is open and told', { incident: incident({ severity: 'warning' }) }],
    ['it is over', { incident: incident({ resolvedAtMs: NIGHT_MS }) }],
    ['it is silenced', { silence: { untilMs: NIGHT_MS + 60 * MINUTE_MS, byUserId: 'U0FIRST', why: 'planned' } }],
  ])('ends at once where %s', async (_, change) => {
    const stage = flowStage();
    await stage.open(change);
    // Posted, then what the timeline keeps of that.
    for (let look = 0; look < 2; look += 1) await stage.notify();
    expect(await minuteOf(stage)).toBe(0);
  });

  it('goes on looking while a card is critical, and brings what Slack refused again as soon as it may', async () => {
    const stage = flowStage();
    await stage.open();
    stage.board.fail('post', { kind: 'later', notBeforeMs: stage.clock.nowMs() + 12_000, why: 'busy' });
    await stage.notify();
    const { revision } = (await stage.stores.targets.read('orders-db')) ?? { revision: 0 };
    const touchedAtMs: number[] = [];
    const { targets } = stage.stores;
    const write: typeof targets.write = async (...args) => {
      touchedAtMs.push(stage.clock.nowMs());
      return targets.write(...args);
    };
    const watched = { ...stage.stores, targets: { read: targets.read.bind(targets), write } };
    const fromMs = stage.clock.nowMs();
    const leftMs = () => fromMs + 50_000 - stage.clock.nowMs();
    await sweepFor({ ...stage.deps, stores: watched, maySend: false }, leftMs);
    expect(Math.min(...touchedAtMs) - fromMs).toBe(15_000);
    expect((await stage.stores.targets.read('orders-db'))?.revision).toBeGreaterThan(revision);
  });

  it('goes on looking while an answer is owed', async () => {
    const stage = flowStage();
    const state = await stage.open({ incident: incident({ severity: 'warning' }) });
    for (let look = 0; look < 2; look += 1) await stage.notify();
    const { id } = await stage.put(runRequest(state), 'U0STRANGER');
    await stage.decide(id);
    stage.board.fail('any', { kind: 'later', notBeforeMs: stage.clock.nowMs() + 2000, why: 'busy' });
    await stage.answer(id);
    expect(await minuteOf(stage)).toBe(50_000);
  });
});
