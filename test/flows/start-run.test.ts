import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../functions/core/act/case.ts';
import type { ApproveRequest, Request } from '../../functions/core/model/request.ts';
import { noticeOf } from '../../functions/core/notify/notice-of.ts';
import { decideRequest } from '../../functions/flows/act.ts';
import { advanceRun } from '../../functions/flows/advance-run.ts';
import { MINUTE_MS, runRequest, settings } from '../support/builders.ts';
import { DONE, flowStage } from './support/flow-stage.ts';

type Stage = ReturnType<typeof flowStage>;

class Died extends Error {}

/** The same ports; the invocation dies right after its nth call of one of them has done its work. */
function dyingAfter(stores: Stage['stores'], nth: number): Stage['stores'] {
  let calls = 0;
  const dying = <T extends object>(port: T): T =>
    new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          const answer: unknown = await Reflect.apply(member, target, args);
          calls += 1;
          if (calls === nth) throw new Died();
          return answer;
        };
      },
    });
  return Object.fromEntries(Object.entries(stores).map(([name, port]) => [name, dying(port as object)])) as never;
}

/** Decides a request in an invocation that dies after its nth call; false once nothing is left to die at. */
async function diesAfter(stage: Stage, requestId: string, nth: number): Promise<boolean> {
  const dying = decideRequest({ ...stage.deps, stores: dyingAfter(stage.stores, nth) }, requestId);
  return dying.then(
    () => false,
    (error: unknown) => {
      if (!(error instanceof Died)) throw error;
      return true;
    },
  );
}

/** What a start is made of: all of it is there, or nothing. */
async function begunParts(stage: Stage, runId: string) {
  const application = (await stage.stores.applications.read('orders'))?.value;
  const { run } = await stage.target();
  return {
    lock: application?.lock?.runId === runId,
    attempt: application?.attempts.some((attempt) => attempt.runId === runId) ?? false,
    shown: run?.runId === runId && run.phase === 'running',
    run: (await stage.stores.runs.read(runId)) !== null,
  };
}

const NOTHING = { lock: false, attempt: false, shown: false, run: false };
const ALL = { lock: true, attempt: true, shown: true, run: true };
const CALLS_MAX = 60;

const people = ['U0FIRST', 'U0SECOND', 'U0THIRD'].map((slackUserId) => ({ slackUserId, name: slackUserId }));
const agreed = settings({ people, runbooks: { 'restart-workers': { approval: { withinSeconds: 120 } } } });

async function waiting() {
  const stage = flowStage(agreed);
  const wish = await stage.put(runRequest(await stage.open()));
  await stage.decide(wish.id);
  const approve = noticeOf(await stage.target(), agreed)?.controls.approve as ApproveRequest;
  return { stage, runId: runIdOf(wish.id), yes: await stage.put(approve, 'U0SECOND', 2) };
}

describe('a run that begins', () => {
  it('has lock, attempt, card and run, or nothing at all, wherever its invocation dies', async () => {
    const seen: object[] = [];
    for (let nth = 1; nth < CALLS_MAX; nth += 1) {
      const stage = flowStage();
      const record = await stage.put(runRequest(await stage.open()));
      if (!(await diesAfter(stage, record.id, nth))) break;
      const parts = await begunParts(stage, runIdOf(record.id));
      expect([NOTHING, ALL], `after ${nth} calls`).toContainEqual(parts);
      seen.push(parts);
      expect(['permitted', 'alreadyDecided']).toContain(await stage.decide(record.id));
      expect(await begunParts(stage, runIdOf(record.id))).toEqual(ALL);
    }
    expect(seen).toContainEqual(NOTHING);
    expect(seen).toContainEqual(ALL);
  });

  it('leaves nothing behind when the yes to it died and the wish ran out meanwhile (seed 10384)', async () => {
    for (let nth = 1; nth < CALLS_MAX; nth += 1) {
      const { stage, runId, yes } = await waiting();
      if (!(await diesAfter(stage, yes.id, nth))) break;
      const parts = await begunParts(stage, runId);
      expect([NOTHING, ALL], `after ${nth} calls`).toContainEqual(parts);
      await stage.clock.advance(3 * MINUTE_MS);
      await stage.sweep();
      await stage.decide(yes.id);
      expect(await begunParts(stage, runId)).toEqual(parts.run ? ALL : NOTHING);
      if (parts.run) continue;
      // The application is free at once: somebody else's wish waits for nobody.
      const again: Request = runRequest(await stage.target());
      const other = await stage.put(again, 'U0THIRD', 3);
      expect(await stage.decide(other.id)).toBe('permitted');
    }
  });
});

describe('a lock', () => {
  const lockOf = (stage: Stage, runId: string) => {
    const nowMs = stage.clock.nowMs();
    return { runId, targetId: 'orders-db', byUserId: 'U0SECOND', sinceMs: nowMs, expiresAtMs: nowMs + 60 * MINUTE_MS };
  };

  it('of a run that an earlier version left unbegun holds nobody back', async () => {
    const stage = flowStage();
    const application = { schema: 1, applicationId: 'orders', attempts: [], outcomes: [] } as const;
    await stage.stores.applications.write('orders', { ...application, lock: lockOf(stage, 'run-never') }, null);
    const record = await stage.put(runRequest(await stage.open()));
    expect(await stage.decide(record.id)).toBe('permitted');
    expect(await begunParts(stage, runIdOf(record.id))).toEqual(ALL);
  });

  it.each(['applications', 'targets'] as const)(
    'and the card are freed before a run counts as ended, however busy %s is',
    async (name) => {
      const stage = flowStage(settings(), () => ({ output: DONE, runsForMs: 20_000 }));
      const record = await stage.put(runRequest(await stage.open()));
      await stage.decide(record.id);
      const runId = runIdOf(record.id);
      const store = stage.stores[name];
      const busy = { ...stage.stores, [name]: { read: (id: string) => store.read(id), write: async () => 'conflict' } };
      const isLastHost = async () => (await stage.stores.runs.read(runId))?.value.hosts[1]?.phase === 'sent';
      for (let look = 0; look < 9 && !(await isLastHost()); look += 1) {
        await stage.clock.advance(20_000);
        await stage.advance(runId);
      }
      expect(await isLastHost()).toBe(true);
      await stage.clock.advance(20_000);
      for (let look = 0; look < 4; look += 1) await advanceRun({ ...stage.deps, stores: busy as never }, runId);
      expect((await stage.stores.runs.read(runId))?.value.phase).toBe('running');
      await stage.advance(runId);
      expect((await stage.stores.runs.read(runId))?.value.phase).toBe('ended');
      expect((await stage.stores.applications.read('orders'))?.value.lock).toBeNull();
      expect((await stage.target()).run?.phase).toBe('verifying');
    },
  );

  it('on an item that is busy is no lost lock: the run goes on when it is not', async () => {
    const stage = flowStage();
    const record = await stage.put(runRequest(await stage.open()));
    await stage.decide(record.id);
    const runId = runIdOf(record.id);
    const { applications } = stage.stores;
    const busy = { read: (id: string) => applications.read(id), write: async () => 'conflict' as const };
    expect(await advanceRun({ ...stage.deps, stores: { ...stage.stores, applications: busy as never } }, runId)).toBe(
      'contended',
    );
    expect((await stage.stores.runs.read(runId))?.value.stop).toBeNull();
    await stage.advance(runId);
    expect(stage.commands.taken).toHaveLength(2);
  });

  it('of a card whose run is not there is taken off it within minutes', async () => {
    const stage = flowStage();
    const { state, run } = await neverBegun(stage);
    await stage.stores.targets.write('orders-db', { ...state, run }, 1);
    await stage.clock.advance(3 * MINUTE_MS);
    await stage.sweep();
    expect((await stage.target()).run).toBeNull();
    const record = await stage.put(runRequest(await stage.target()));
    expect(await stage.decide(record.id)).toBe('permitted');
  });
});

/** As an earlier version could leave it: the card says that it runs, and there is no such run. */
async function neverBegun(stage: Stage) {
  const other = flowStage();
  const record = await other.put(runRequest(await other.open()));
  await other.decide(record.id);
  return { state: await stage.open(), run: (await other.target()).run };
}
