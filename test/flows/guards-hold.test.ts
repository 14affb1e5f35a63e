import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../functions/core/act/case.ts';
import { runRequest, settings } from '../support/builders.ts';
import { DONE, flowStage } from './support/flow-stage.ts';

const slow = () => ({ runsForMs: 60_000, output: DONE });
const HOST_MS = 60_000;

async function started() {
  const stage = flowStage(settings(), slow);
  const record = await stage.put(runRequest(await stage.open()));
  await stage.decide(record.id);
  const runId = runIdOf(record.id);
  await stage.advance(runId);
  expect(stage.commands.taken).toHaveLength(1);
  const run = async () => (await stage.stores.runs.read(runId))?.value;
  const lock = async (change: object) => {
    const item = await stage.stores.applications.read('orders');
    if (item?.value.lock == null) throw new Error('not locked');
    const locked = { ...item.value, lock: { ...item.value.lock, ...change } };
    await stage.stores.applications.write('orders', locked, item.revision);
  };
  return { stage, runId, run, lock };
}

describe('a run that lost its hold on the application', () => {
  it('to another run begins no further host, and leaves that one its lock', async () => {
    const { stage, runId, run, lock } = await started();
    await lock({ runId: 'run-ffffffffffffffff' });
    await stage.clock.sleep(HOST_MS);
    await stage.advance(runId);
    expect(stage.commands.taken).toHaveLength(1);
    expect((await run())?.hosts.map(({ phase }) => phase)).toEqual(['ended', 'skipped']);
    expect((await stage.target()).run?.stop).toMatchObject({ why: 'lockLost', byUserId: null });
    expect((await stage.stores.applications.read('orders'))?.value.lock?.runId).toBe('run-ffffffffffffffff');
  });

  it('by standing still for longer than it may take begins no further host', async () => {
    const { stage, runId, lock } = await started();
    await lock({ expiresAtMs: stage.clock.nowMs() + HOST_MS - 1 });
    await stage.clock.sleep(HOST_MS);
    await stage.advance(runId);
    expect(stage.commands.taken).toHaveLength(1);
    expect((await stage.target()).run?.stop).toMatchObject({ why: 'lockLost' });
  });

  it('never loses it while its hosts take the time that they may', async () => {
    const { stage, runId, lock } = await started();
    await lock({ expiresAtMs: stage.clock.nowMs() + HOST_MS + 1 });
    await stage.clock.sleep(HOST_MS);
    await stage.advance(runId);
    expect(stage.commands.taken).toHaveLength(2);
    const { expiresAtMs = 0 } = (await stage.stores.applications.read('orders'))?.value.lock ?? {};
    expect(expiresAtMs - stage.clock.nowMs()).toBeGreaterThanOrEqual(120_000);
  });
});
