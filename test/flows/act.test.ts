import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../functions/core/act/case.ts';
import { decideRequest } from '../../functions/flows/act.ts';
import { runRequest, settings } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

/** The same object, each call of which waits until the scheduler lets it go on. */
function scheduled<T extends object>(port: T, scheduler: fc.Scheduler): T {
  return new Proxy(port, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      return async (...args: unknown[]) => {
        await scheduler.schedule(Promise.resolve());
        return Reflect.apply(member, target, args) as unknown;
      };
    },
  });
}

function racing(stage: ReturnType<typeof flowStage>, scheduler: fc.Scheduler) {
  const { stores } = stage;
  return {
    ...stage.deps,
    stores: {
      ...stores,
      targets: scheduled(stores.targets, scheduler),
      applications: scheduled(stores.applications, scheduler),
      requests: scheduled(stores.requests, scheduler),
      runs: scheduled(stores.runs, scheduler),
    },
  };
}

describe('many clicks at once', () => {
  it('give exactly one run when one click is delivered a hundred times (A.1)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const stage = flowStage();
        const record = await stage.put(runRequest(await stage.open()));
        const deps = racing(stage, scheduler);
        const all = Promise.all(Array.from({ length: 100 }, () => decideRequest(deps, record.id)));
        await scheduler.waitFor(all);
        for (let look = 0; look < 3; look += 1) await stage.advance(runIdOf(record.id));
        expect((await stage.stores.requests.read(record.id))?.value.decision?.kind).toBe('permitted');
        expect(stage.commands.taken.map(({ order }) => order.hostId)).toEqual([
          'i-0000000000000001',
          'i-0000000000000002',
        ]);
        expect((await stage.stores.applications.read('orders'))?.value.attempts).toHaveLength(1);
      }),
      { numRuns: 5 },
    );
  });

  it('give exactly one run when ten people press within a moment, and everybody else hears who and when (A.1)', async () => {
    const people = Array.from({ length: 10 }, (_, at) => ({ slackUserId: `U0PERSON${at}`, name: `person ${at}` }));
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const stage = flowStage(settings({ people }));
        const request = runRequest(await stage.open());
        const records = await Promise.all(people.map(({ slackUserId }, at) => stage.put(request, slackUserId, at + 1)));
        const deps = racing(stage, scheduler);
        const all = Promise.all(records.map(({ id }) => decideRequest(deps, id)));
        await scheduler.waitFor(all);
        const decided = await Promise.all(records.map(async ({ id }) => (await stage.stores.requests.read(id))?.value));
        const winners = decided.filter((record) => record?.decision?.kind === 'permitted');
        expect(winners).toHaveLength(1);
        for (const { id } of records) {
          await stage.advance(runIdOf(id));
          await stage.answer(id);
        }
        expect(stage.commands.taken).toHaveLength(2);
        const [winner] = winners;
        expect(stage.board.whispers).toHaveLength(9);
        for (const { text } of stage.board.whispers) {
          expect(text).toContain(`⟦user:${winner?.by.userId}⟧`);
          expect(text).toMatch(/⟦time:\d+⟧/);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('let one of two second persons agree, with one lock that stays taken', async () => {
    const people = ['U0FIRST', 'U0SECOND', 'U0THIRD'].map((slackUserId) => ({ slackUserId, name: slackUserId }));
    const strict = settings({ people, runbooks: { 'restart-workers': { approval: {} } } });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), async (scheduler) => {
        const stage = flowStage(strict);
        const wish = await stage.put(runRequest(await stage.open()));
        await stage.decide(wish.id);
        const { run, incident, offerVersion } = await stage.target();
        expect(run?.phase).toBe('awaiting');
        expect(stage.commands.taken).toEqual([]);
        const runId = run?.runId ?? '';
        const agree = {
          kind: 'approve',
          targetId: 'orders-db',
          incidentId: incident?.id ?? '',
          offerVersion,
          runId,
        } as const;
        const records = [await stage.put(agree, 'U0SECOND', 2), await stage.put(agree, 'U0THIRD', 3)];
        const deps = racing(stage, scheduler);
        const all = Promise.all(records.map(({ id }) => decideRequest(deps, id)));
        await scheduler.waitFor(all);
        const decided = await Promise.all(records.map(async ({ id }) => (await stage.stores.requests.read(id))?.value));
        expect(decided.filter((one) => one?.decision?.kind === 'permitted')).toHaveLength(1);
        expect((await stage.stores.applications.read('orders'))?.value.lock?.runId).toBe(runId);
        expect((await stage.stores.runs.read(runId))?.value).toMatchObject({
          byUserId: 'U0FIRST',
          approvedBy: expect.any(String),
        });
        await stage.advance(runId);
        expect(stage.commands.taken).toHaveLength(2);
      }),
      { numRuns: 30 },
    );
  });
});

describe('what was asked for twice', () => {
  it('is done once, and both deliveries hear yes', async () => {
    const stage = flowStage();
    const { incident } = await stage.open();
    const record = await stage.put({ kind: 'acknowledge', targetId: 'orders-db', incidentId: incident?.id ?? '' });
    await stage.decide(record.id);
    const first = await stage.target();
    await stage.stores.requests.write(record.id, record, 2);
    expect(await stage.decide(record.id)).toBe('permitted');
    expect((await stage.target()).acknowledgement).toEqual(first.acknowledgement);
    expect((await stage.target()).storyOwed).toHaveLength(1);
  });

  it('by different people is one acknowledgement, and the second hears whose', async () => {
    const stage = flowStage();
    const { incident } = await stage.open();
    const wish = { kind: 'acknowledge', targetId: 'orders-db', incidentId: incident?.id ?? '' } as const;
    const records = [await stage.put(wish, 'U0FIRST', 1), await stage.put(wish, 'U0SECOND', 2)];
    for (const { id } of records) await stage.decide(id);
    for (const { id } of records) await stage.answer(id);
    expect(stage.board.whispers.map(({ userId, text }) => [userId, text.includes('⟦user:U0FIRST⟧')])).toEqual([
      ['U0SECOND', true],
    ]);
  });
});
