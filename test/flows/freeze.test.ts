import { describe, expect, it } from 'vitest';
import type { RequestRecord } from '../../functions/core/model/decision.ts';
import type { FreezeScope } from '../../functions/core/model/freeze.ts';
import { timeToken } from '../../functions/core/text/tokens.ts';
import { notifyFreezes } from '../../functions/flows/tell-debt.ts';
import { MINUTE_MS, NIGHT_MS, restartWorkers, settings, startWorkers } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

type Stage = ReturnType<typeof flowStage>;
const using = settings({}, [restartWorkers({ undo: 'start-workers' }), startWorkers()]);
const everything = { kind: 'everything' } as const;

const freeze = (stage: Stage, number: number, scope: FreezeScope = everything, forSeconds: number | null = null) =>
  stage.put({ kind: 'freeze', scope, forSeconds, why: 'deploy under way' }, 'U0STRANGER', number);
const unfreeze = (stage: Stage, number: number, scope: FreezeScope = everything) =>
  stage.put({ kind: 'unfreeze', scope }, 'U0SECOND', number);

async function decided(stage: Stage, record: RequestRecord): Promise<void> {
  await stage.decide(record.id);
  await notifyFreezes(stage.deps);
  await stage.notify();
}

const told = (stage: Stage) =>
  stage.board.messages.flatMap(({ notices }) => {
    const shown = notices.at(-1);
    return shown?.kind === 'freeze' ? [shown] : [];
  });
const buttons = (stage: Stage) => {
  const shown = stage.board.messages.find(({ incidentId }) => incidentId.startsWith('inc-'))?.notices.at(-1);
  return shown?.kind === 'incident' ? shown.offers.map(({ kind }) => kind) : [];
};

describe('a freeze', () => {
  it('is told to the channel once, and its message says when somebody lifts it', async () => {
    const stage = flowStage(using);
    await decided(stage, await freeze(stage, 1));
    expect(told(stage)).toMatchObject([
      { title: 'Frozen: everything', byUserId: 'U0STRANGER', why: 'deploy under way', untilMs: null, ended: null },
    ]);
    await notifyFreezes(stage.deps);
    await decided(stage, await unfreeze(stage, 2));
    await notifyFreezes(stage.deps);
    expect(told(stage)).toMatchObject([{ title: 'No longer frozen: everything', ended: { byUserId: 'U0SECOND' } }]);
    expect(stage.board.calls).toEqual(['post', 'edit']);
    // What everybody has been told of is not kept.
    await decided(stage, await freeze(stage, 3));
    expect((await stage.stores.freezes.read('all'))?.value.freezes).toHaveLength(1);
  });

  it('tells who asked for it until when nothing runs', async () => {
    const stage = flowStage(using);
    const [timed, open] = [await freeze(stage, 1, everything, 600), await freeze(stage, 2)];
    await decided(stage, timed);
    await decided(stage, open);
    const says = async ({ id }: RequestRecord) => {
      const decision = (await stage.stores.requests.read(id))?.value.decision;
      return decision?.kind === 'permitted' ? decision.says : null;
    };
    expect(await says(open)).toBe('You froze everything. Nothing of it runs until it is lifted.');
    expect(await says(timed)).toBe(
      `You froze everything. Nothing of it runs until ${timeToken(stage.clock.nowMs() + 600_000)}.`,
    );
  });

  it('says by itself that its time is over', async () => {
    const stage = flowStage(using);
    await stage.open();
    await decided(stage, await freeze(stage, 1, everything, 600));
    await stage.clock.sleep(9 * MINUTE_MS);
    await stage.sweep();
    expect(told(stage)[0]?.ended).toBeNull();
    await stage.clock.sleep(MINUTE_MS);
    await stage.sweep();
    await notifyFreezes(stage.deps);
    await stage.notify();
    expect(told(stage)[0]?.ended).toMatchObject({ byUserId: null });
    expect(buttons(stage)).toContain('runnable');
  });

  it('is found again after an unclear post, and told when Slack is back', async () => {
    const stage = flowStage(using);
    stage.board.fail('post', { kind: 'unclear', why: 'timed out', written: true });
    await decided(stage, await freeze(stage, 1));
    for (let look = 0; look < 3; look += 1) {
      await stage.clock.sleep(MINUTE_MS);
      await stage.sweep();
      await notifyFreezes(stage.deps);
    }
    expect(told(stage)).toHaveLength(1);
    expect(stage.board.calls).toEqual(['post', 'find', 'edit']);
  });

  it('that replaces another has a message of its own, and the other says so', async () => {
    const stage = flowStage(using);
    await decided(stage, await freeze(stage, 1, everything, 600));
    await decided(stage, await freeze(stage, 2));
    expect(told(stage).map(({ ended, untilMs }) => [ended === null, untilMs === null])).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  it('is made and lifted once, however often the request is delivered', async () => {
    const stage = flowStage(using);
    const [first, second] = [await freeze(stage, 1), await unfreeze(stage, 2)];
    const again = async (record: RequestRecord) => {
      await stage.decide(record.id);
      const current = await stage.stores.requests.read(record.id);
      // As if the invocation had died before it could store its decision.
      await stage.stores.requests.write(record.id, record, current?.revision ?? null);
      await stage.decide(record.id);
      return (await stage.stores.requests.read(record.id))?.value.decision?.kind;
    };
    expect(await again(first)).toBe('permitted');
    expect((await stage.stores.freezes.read('all'))?.value.freezes.map(({ ended }) => ended)).toEqual([undefined]);
    expect(await again(second)).toBe('permitted');
    await notifyFreezes(stage.deps);
    expect(told(stage)).toHaveLength(1);
  });

  it.each<[string, FreezeScope, readonly string[]]>([
    ['everything', everything, ['suggested', 'suggested']],
    ['the application', { kind: 'application', id: 'orders' }, ['suggested', 'suggested']],
    ['one runbook', { kind: 'runbook', id: 'restart-workers' }, ['suggested', 'runnable']],
    ['one person', { kind: 'person', id: 'U0FIRST' }, ['runnable', 'runnable']],
    ['another application', { kind: 'application', id: 'billing' }, ['runnable', 'runnable']],
  ])('of %s takes the buttons off the card, and gives them back', async (_, scope, expected) => {
    const stage = flowStage(using);
    await stage.open();
    await stage.notify();
    expect(buttons(stage)).toEqual(['runnable', 'runnable']);
    const version = (await stage.target()).offerVersion;
    await decided(stage, await freeze(stage, 1, scope));
    expect(buttons(stage)).toEqual(expected);
    await decided(stage, await unfreeze(stage, 2, scope));
    expect(buttons(stage)).toEqual(['runnable', 'runnable']);
    // The buttons stand for the same as before: nobody's click is stale for it.
    expect((await stage.target()).offerVersion).toBe(version);
  });

  it('takes back the button that would take a run back, too', async () => {
    const stage = flowStage(using);
    const takeBack = {
      runId: 'run-0123456789abcdef',
      runbookId: 'restart-workers',
      runbookTitle: 'Restart workers',
      applicationId: 'orders',
      byUserId: 'U0FIRST',
      startedAtMs: NIGHT_MS,
      hosts: ['i-0000000000000001'],
      undoes: null,
    };
    await stage.open({ takeBack });
    await stage.notify();
    const undo = () => {
      const shown = stage.board.messages[0]?.notices.at(-1);
      return shown?.kind === 'incident' ? shown.controls.undo?.request.undoes : null;
    };
    expect(undo()).toBe(takeBack.runId);
    await decided(stage, await freeze(stage, 1, { kind: 'runbook', id: 'start-workers' }));
    expect(undo()).toBeUndefined();
  });

  it('of an older version, which announced nothing, holds and is lifted all the same', async () => {
    const stage = flowStage(using);
    await stage.freeze();
    expect(await notifyFreezes(stage.deps)).toEqual([]);
    await decided(stage, await unfreeze(stage, 1));
    expect((await stage.stores.freezes.read('all'))?.value.freezes).toEqual([]);
  });
});
