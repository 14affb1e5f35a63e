import { describe, expect, it } from 'vitest';
import type { Stores } from '../../functions/core/ports.ts';
import { anApplication, anIncident, aRequest, aRun, aTarget } from '../fakes/sample-state.ts';

/** Every store must pass this, the one in memory and the one in DynamoDB alike. `create` gives empty stores. */
export function versionedStoreContract(name: string, create: () => Promise<Stores>): void {
  describe(`${name} keeps the VersionedStore contract`, () => {
    it('says null for an item that was never written', async () => {
      const { targets } = await create();
      expect(await targets.read('orders-db')).toBeNull();
    });

    it('reads back what was written, with a revision that each write raises by one', async () => {
      const { targets } = await create();
      const first = aTarget({ offerKey: 'a "quoted" – key', incident: anIncident() });
      expect(await targets.write('orders-db', first, null)).toBe('written');
      expect(await targets.read('orders-db')).toEqual({ value: first, revision: 1 });
      const second = aTarget({ offerVersion: 2 });
      expect(await targets.write('orders-db', second, 1)).toBe('written');
      expect(await targets.read('orders-db')).toEqual({ value: second, revision: 2 });
    });

    it('keeps each kind of item', async () => {
      const stores = await create();
      const values = { target: aTarget(), application: anApplication(), request: aRequest(), run: aRun() };
      await stores.targets.write(values.target.targetId, values.target, null);
      await stores.applications.write(values.application.applicationId, values.application, null);
      await stores.requests.write(values.request.id, values.request, null);
      await stores.runs.write(values.run.runId, values.run, null);
      expect((await stores.targets.read(values.target.targetId))?.value).toEqual(values.target);
      expect((await stores.applications.read(values.application.applicationId))?.value).toEqual(values.application);
      expect((await stores.requests.read(values.request.id))?.value).toEqual(values.request);
      expect((await stores.runs.read(values.run.runId))?.value).toEqual(values.run);
    });

    it('keeps items of different kinds apart, even with the same id', async () => {
      const { targets, applications } = await create();
      await targets.write('orders', aTarget({ targetId: 'orders' }), null);
      expect(await applications.read('orders')).toBeNull();
      expect(await applications.write('orders', anApplication(), null)).toBe('written');
    });

    it('refuses to create an item that is there', async () => {
      const { runs } = await create();
      await runs.write('run-1', aRun({ runId: 'run-1' }), null);
      expect(await runs.write('run-1', aRun({ runId: 'run-1', targetId: 'other' }), null)).toBe('conflict');
      expect((await runs.read('run-1'))?.value.targetId).toBe('orders-db');
    });

    it('refuses the second of two writes made from one read', async () => {
      const { targets } = await create();
      await targets.write('orders-db', aTarget(), null);
      expect(await targets.write('orders-db', aTarget({ offerVersion: 1 }), 1)).toBe('written');
      expect(await targets.write('orders-db', aTarget({ offerVersion: 9 }), 1)).toBe('conflict');
      expect(await targets.read('orders-db')).toMatchObject({ value: { offerVersion: 1 }, revision: 2 });
    });

    it('refuses to update an item that is not there', async () => {
      const { targets } = await create();
      expect(await targets.write('orders-db', aTarget(), 1)).toBe('conflict');
      expect(await targets.read('orders-db')).toBeNull();
    });

    it('lets exactly one of many simultaneous writers win', async () => {
      const { applications } = await create();
      const answers = await Promise.all(
        ['run-1', 'run-2', 'run-3', 'run-4', 'run-5'].map((runId) => {
          const lock = { runId, targetId: 'orders-db', byUserId: 'U0TESTER', sinceMs: 1, expiresAtMs: 2 };
          return applications.write('orders', anApplication({ lock }), null);
        }),
      );
      expect(answers.filter((answer) => answer === 'written')).toHaveLength(1);
      const winner = `run-${answers.indexOf('written') + 1}`;
      expect((await applications.read('orders'))?.value.lock?.runId).toBe(winner);
    });

    it('refuses a value that is stored under the id of another', async () => {
      const { targets } = await create();
      await expect(targets.write('billing-db', aTarget(), null)).rejects.toThrow('carries its own id');
      expect(await targets.read('billing-db')).toBeNull();
    });
  });
}
