import { describe, expect, it } from 'vitest';
import type { RunStart, Stores } from '../../functions/core/ports.ts';
import { anApplication, anIncident, aRun, aTarget } from '../fakes/sample-state.ts';

const lock = { runId: aRun().runId, targetId: 'orders-db', byUserId: 'U0TESTER', sinceMs: 1, expiresAtMs: 2 };

/** Every start of a run must pass this. `create` gives empty stores. */
export function startStoreContract(name: string, create: () => Promise<Stores>): void {
  const partsOf = (change: Partial<RunStart> = {}): RunStart => ({
    run: aRun(),
    target: { value: aTarget({ incident: anIncident(), offerVersion: 1 }), revision: 1 },
    application: { value: anApplication({ lock }), revision: null },
    ...change,
  });
  const prepared = async () => {
    const stores = await create();
    await stores.targets.write('orders-db', aTarget({ incident: anIncident() }), null);
    return stores;
  };
  const written = async ({ runs, targets, applications }: Stores) => ({
    run: (await runs.read(aRun().runId))?.revision ?? null,
    target: (await targets.read('orders-db'))?.revision ?? null,
    application: (await applications.read(anApplication().applicationId))?.revision ?? null,
  });

  describe(`${name} keeps the StartStore contract`, () => {
    it('writes all three, each one revision further', async () => {
      const stores = await prepared();
      expect(await stores.starts.start(partsOf())).toBe('written');
      expect(await written(stores)).toEqual({ run: 1, target: 2, application: 1 });
      expect((await stores.runs.read(aRun().runId))?.value).toEqual(aRun());
      expect((await stores.targets.read('orders-db'))?.value.offerVersion).toBe(1);
      expect((await stores.applications.read(anApplication().applicationId))?.value.lock).toEqual(lock);
      expect(await stores.open.dueIds('run', Number.MAX_SAFE_INTEGER)).toEqual([aRun().runId]);
    });

    const inTheWay: readonly (readonly [why: string, move: (stores: Stores) => Promise<unknown>])[] = [
      ['runExists', ({ runs }) => runs.write(aRun().runId, aRun(), null)],
      ['targetMoved', ({ targets }) => targets.write('orders-db', aTarget(), 1)],
      ['applicationMoved', ({ applications }) => applications.write('orders', anApplication(), null)],
    ];
    it.each(inTheWay)('writes nothing and says %s', async (why, move) => {
      const stores = await prepared();
      await move(stores);
      const before = await written(stores);
      expect(await stores.starts.start(partsOf())).toBe(why);
      expect(await written(stores)).toEqual(before);
    });

    it('lets exactly one of many simultaneous starts win', async () => {
      const stores = await prepared();
      const runIds = ['run-1', 'run-2', 'run-3', 'run-4', 'run-5'];
      const answers = await Promise.all(
        runIds.map((runId) =>
          stores.starts.start(
            partsOf({
              run: aRun({ runId }),
              application: { value: anApplication({ lock: { ...lock, runId } }), revision: null },
            }),
          ),
        ),
      );
      expect(answers.filter((answer) => answer === 'written')).toHaveLength(1);
      const winner = runIds[answers.indexOf('written')];
      expect((await stores.applications.read(anApplication().applicationId))?.value.lock?.runId).toBe(winner);
      const begun = await Promise.all(runIds.map(async (id) => (await stores.runs.read(id)) !== null));
      expect(runIds.filter((_, at) => begun[at])).toEqual([winner]);
    });

    it('lets either a start or a write of one of its items win, and says so to the other', async () => {
      const stores = await prepared();
      const [start, write] = await Promise.all([
        stores.starts.start(partsOf()),
        stores.targets.write('orders-db', aTarget({ offerVersion: 7 }), 1),
      ]);
      expect([
        ['written', 'conflict'],
        ['targetMoved', 'written'],
      ]).toContainEqual([start, write]);
      expect(await stores.targets.read('orders-db')).toMatchObject({
        revision: 2,
        value: { offerVersion: write === 'written' ? 7 : 1 },
      });
    });
  });
}
