import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../functions/core/act/case.ts';
import { noticeOf } from '../../functions/core/notify/notice-of.ts';
import { StoreError } from '../../functions/core/store/store-error.ts';
import { restartWorkers, runRequest, settings, startWorkers } from '../support/builders.ts';
import { DONE, flowStage } from './support/flow-stage.ts';

async function started(stage: ReturnType<typeof flowStage>): Promise<string> {
  const record = await stage.put(runRequest(await stage.open()));
  await stage.decide(record.id);
  return runIdOf(record.id);
}

const slow = () => ({ runsForMs: 60_000, output: DONE });

describe('a freeze', () => {
  it('holds back a run that was permitted before it, from its next host on (B.13)', async () => {
    const stage = flowStage(settings(), slow);
    const runId = await started(stage);
    await stage.advance(runId);
    expect(stage.commands.taken).toHaveLength(1);
    await stage.freeze();
    await stage.clock.sleep(61_000);
    await stage.advance(runId);
    expect(stage.commands.taken).toHaveLength(1);
    expect((await stage.stores.runs.read(runId))?.value.hosts.map(({ phase }) => phase)).toEqual(['ended', 'skipped']);
    expect((await stage.target()).run).toMatchObject({
      phase: 'verifying',
      stop: { why: 'frozen', byUserId: 'U0SECOND' },
    });
    expect((await stage.stores.applications.read('orders'))?.value.lock).toBeNull();
  });

  it('that cannot be read stops a run before it claims anything', async () => {
    const stage = flowStage();
    const runId = await started(stage);
    stage.stores.freezes.read = async () => {
      throw new StoreError('unreadableItem', 'damaged');
    };
    await stage.advance(runId);
    expect(stage.commands.taken).toEqual([]);
    expect((await stage.target()).run).toMatchObject({
      phase: 'judged',
      outcome: null,
      stop: { why: 'freezeUnknown' },
    });
  });

  it('of another application holds nothing back here', async () => {
    const stage = flowStage();
    const runId = await started(stage);
    await stage.freeze({ scope: { kind: 'application', id: 'billing' } });
    await stage.advance(runId);
    await stage.advance(runId);
    expect(stage.commands.taken).toHaveLength(2);
  });
});

describe('a cancel', () => {
  const cancel = (runId: string) => ({ kind: 'cancel', targetId: 'orders-db', runId }) as const;

  it('ends the command that is out, leaves the other hosts alone, and says how it ended', async () => {
    const stage = flowStage(settings(), slow);
    const runId = await started(stage);
    await stage.advance(runId);
    const record = await stage.put(cancel(runId), 'U0SECOND', 2);
    expect(await stage.decide(record.id)).toBe('permitted');
    await stage.advance(runId);
    await stage.advance(runId);
    const run = (await stage.stores.runs.read(runId))?.value;
    expect(run?.hosts.map(({ phase }) => phase)).toEqual(['ended', 'skipped']);
    expect(run?.hosts[0]?.ending).toMatchObject({ kind: 'failed', reason: expect.stringContaining('cancelled') });
    expect((await stage.target()).run?.stop).toMatchObject({ why: 'cancelled', byUserId: 'U0SECOND' });
  });

  it('that comes after the script has ended leaves its ending as it is', async () => {
    const stage = flowStage(settings(), slow);
    const runId = await started(stage);
    await stage.advance(runId);
    const record = await stage.put(cancel(runId), 'U0SECOND', 2);
    await stage.decide(record.id);
    await stage.clock.sleep(61_000);
    await stage.advance(runId);
    expect((await stage.stores.runs.read(runId))?.value.hosts[0]?.ending).toEqual({ kind: 'done' });
    expect(stage.commands.taken).toHaveLength(1);
  });

  it('before the first claim means that nothing ran and nothing is judged', async () => {
    const stage = flowStage();
    const runId = await started(stage);
    const record = await stage.put(cancel(runId), 'U0FIRST', 2);
    await stage.decide(record.id);
    await stage.advance(runId);
    expect(stage.commands.taken).toEqual([]);
    expect((await stage.target()).run).toMatchObject({ phase: 'judged', outcome: null });
  });
});

describe('taking back', () => {
  it('runs the named runbook on the changed hosts, and can be asked for once (H.41)', async () => {
    const stage = flowStage(settings({}, [restartWorkers({ undo: 'start-workers' }), startWorkers()]));
    const runId = await started(stage);
    for (let look = 0; look < 3; look += 1) await stage.advance(runId);
    const offer = noticeOf(await stage.target(), stage.deps.settings)?.controls.undo;
    if (!offer) throw new Error('nothing to take back');
    const records = [await stage.put(offer.request, 'U0FIRST', 2), await stage.put(offer.request, 'U0SECOND', 3)];
    await stage.decide(records[0]?.id ?? '');
    for (let look = 0; look < 3; look += 1) await stage.advance(runIdOf(records[0]?.id ?? ''));
    await stage.decide(records[1]?.id ?? '');
    expect(stage.commands.taken.map(({ order }) => order.documentName)).toEqual([
      'runbell-restart-workers-abababab',
      'runbell-restart-workers-abababab',
      'runbell-start-workers-cdcdcdcd',
      'runbell-start-workers-cdcdcdcd',
    ]);
    expect((await stage.stores.requests.read(records[1]?.id ?? ''))?.value.decision).toMatchObject({ kind: 'refused' });
    expect((await stage.target()).run).toMatchObject({ undoes: runId, phase: 'verifying' });
  });

  it('is still offered, and waits for no cool-down, after a run that nothing takes back (H.41)', async () => {
    const stage = flowStage(settings({}, [restartWorkers({ undo: 'start-workers' }), startWorkers()]));
    const runId = await started(stage);
    for (let look = 0; look < 3; look += 1) await stage.advance(runId);
    const notice = async () => noticeOf(await stage.target(), stage.deps.settings);
    const starting = (await notice())?.offers.find(
      (offer) => offer.kind === 'runnable' && offer.request.runbookId === 'start-workers',
    );
    if (starting?.kind !== 'runnable') throw new Error('start-workers is not offered');
    const later = await stage.put(starting.request, 'U0SECOND', 2);
    await stage.decide(later.id);
    for (let look = 0; look < 3; look += 1) await stage.advance(runIdOf(later.id));
    expect((await stage.target()).run?.runId).toBe(runIdOf(later.id));

    const offer = (await notice())?.controls.undo;
    if (!offer) throw new Error('nothing to take back');
    expect(offer).toMatchObject({ title: 'Undo: Start workers', request: { undoes: runId } });
    const record = await stage.put(offer.request, 'U0FIRST', 3);
    await stage.decide(record.id);
    for (let look = 0; look < 3; look += 1) await stage.advance(runIdOf(record.id));
    expect((await stage.target()).run).toMatchObject({ undoes: runId, phase: 'verifying' });
    expect((await notice())?.controls.undo).toBeNull();
  });
});
