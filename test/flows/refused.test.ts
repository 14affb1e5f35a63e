import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../functions/core/act/case.ts';
import type { Request } from '../../functions/core/model/request.ts';
import type { TargetState } from '../../functions/core/model/target.ts';
import { noticeOf } from '../../functions/core/notify/notice-of.ts';
import { decideRequest } from '../../functions/flows/act.ts';
import { restartWorkers, runRequest, settings, startWorkers } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

const approval = { 'restart-workers': { approval: { allowed: ['U0SECOND'] } } };
const silence = { kind: 'silence', targetId: 'orders-db', forSeconds: 600, why: 'quiet please' } as const;

/** A card in the channel, and what somebody who may not does on it. */
async function refused(ask: (state: TargetState) => Request, userId: string, using = settings()) {
  const stage = flowStage(using);
  await stage.open();
  // Once to post it, and once to keep in the timeline that it was posted.
  for (let look = 0; look < 2; look += 1) await stage.notify();
  const { value: before, revision } = (await stage.stores.targets.read('orders-db')) ?? { value: null, revision: 0 };
  if (before === null) throw new Error('there is no target');
  const edits = stage.board.calls.length;
  const record = await stage.put(ask(before), userId);
  await stage.decide(record.id);
  await stage.answer(record.id);
  await stage.notify();
  const after = await stage.stores.targets.read('orders-db');
  return {
    whispers: stage.board.whispers,
    card: stage.board.calls.slice(edits).filter((method) => method !== 'whisper'),
    isUntouched: after?.revision === revision && JSON.stringify(after?.value) === JSON.stringify(before),
    commands: stage.commands.taken,
    timeline: (await stage.stores.timeline.read('inc-a1b2c3d4e5', 9)).entries.map(({ what, why }) => [what, why]),
  };
}

describe('a refused click (promise 4, A.6)', () => {
  it.each<[string, (state: TargetState) => Request, string, string]>([
    ['a runbook', (state) => runRequest(state), 'U0STRANGER', 'notAllowed'],
    ['a silence', () => silence, 'U0STRANGER', 'notAllowed'],
    ['a run on hosts that are not there', (state) => runRequest(state, { hosts: [] }), 'U0STRANGER', 'notAllowed'],
  ])('of %s leaves the card as it is for everybody else, and says whom to ask', async (_, ask, userId, reason) => {
    const { whispers, card, isUntouched, commands, timeline } = await refused(ask, userId);
    expect([card, isUntouched, commands]).toEqual([[], true, []]);
    expect(whispers.map((one) => one.userId)).toEqual([userId]);
    expect(whispers[0]?.text).toContain('Ask one of ⟦user:U0FIRST⟧, ⟦user:U0SECOND⟧');
    expect(whispers[0]?.text).toContain('Nothing was started or changed.');
    expect(timeline.at(-1)).toEqual(['refused', reason]);
  });

  it('of a wish that needs a second person names who that may be', async () => {
    const stage = flowStage(settings({ runbooks: approval }));
    const state = await stage.open();
    const wish = await stage.put(runRequest(state), 'U0FIRST', 1);
    await stage.decide(wish.id);
    await stage.notify();
    const { offerVersion } = await stage.target();
    const cards = JSON.stringify(stage.board.messages);
    const agree = { kind: 'approve', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5', offerVersion } as const;
    const own = await stage.put({ ...agree, runId: runIdOf(wish.id) }, 'U0FIRST', 2);
    await stage.decide(own.id);
    await stage.answer(own.id);
    await stage.notify();
    expect(stage.board.whispers.at(-1)?.text).toContain('Ask one of ⟦user:U0SECOND⟧');
    expect(JSON.stringify(stage.board.messages)).toBe(cards);
  });

  it('on a card that is out of date draws it again, with what is possible now', async () => {
    const { whispers, card } = await refused((state) => runRequest(state, { offerVersion: 99 }), 'U0FIRST');
    expect(whispers[0]?.text).toContain('The situation changed after this card was drawn.');
    expect(card).toEqual(['edit']);
  });
});

it('two people who take back the same run within a moment take it back once (A.1, H.41)', async () => {
  const using = settings({}, [restartWorkers({ undo: 'start-workers' }), startWorkers()]);
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      const stage = flowStage(using);
      const run = await stage.put(runRequest(await stage.open()), 'U0FIRST', 1);
      await stage.decide(run.id);
      for (let look = 0; look < 3; look += 1) await stage.advance(runIdOf(run.id));
      const offer = noticeOf(await stage.target(), using)?.controls.undo;
      if (!offer) throw new Error('nothing to take back');
      const clicks = [await stage.put(offer.request, 'U0FIRST', 2), await stage.put(offer.request, 'U0SECOND', 3)];
      const late = (id: string) => scheduler.schedule(Promise.resolve()).then(() => decideRequest(stage.deps, id));
      const all = Promise.all([...clicks, ...clicks].map(({ id }) => late(id)));
      await scheduler.waitFor(all);
      for (const { id } of clicks) for (let look = 0; look < 3; look += 1) await stage.advance(runIdOf(id));
      const documents = stage.commands.taken.map(({ order }) => order.documentName);
      expect(documents.filter((name) => name.startsWith('runbell-start-workers'))).toHaveLength(2);
      const decided = await Promise.all(clicks.map(async ({ id }) => (await stage.stores.requests.read(id))?.value));
      expect(decided.map((one) => one?.decision?.kind).sort()).toEqual(['permitted', 'refused']);
    }),
    { numRuns: 20 },
  );
});
