import { describe, expect, it } from 'vitest';
import type { Stores } from '../../functions/core/ports.ts';
import { aHostRun, anIncident, aRequest, aRun, aTarget, SAMPLE_NOW_MS } from '../fakes/sample-state.ts';

const LATER_MS = SAMPLE_NOW_MS + 3_600_000;
const refused = {
  kind: 'refused',
  atMs: SAMPLE_NOW_MS,
  reason: 'notAllowed',
  sentence: 'You may not run this.',
} as const;

/** Every index of open items must pass this. `create` gives empty stores over one index. */
export function openItemsContract(name: string, create: () => Promise<Stores>): void {
  describe(`${name} keeps the OpenItems contract`, () => {
    it('lists targets with an incident, with their revision, and no calm ones', async () => {
      const { targets, open } = await create();
      const troubled = aTarget({ targetId: 'orders-db', incident: anIncident() });
      await targets.write('orders-db', aTarget(), null);
      await targets.write('orders-db', troubled, 1);
      await targets.write('calm-db', aTarget({ targetId: 'calm-db' }), null);
      expect((await open.openTargets()).items).toEqual([{ value: troubled, revision: 2 }]);
    });

    it('drops a target when its trouble is over', async () => {
      const { targets, open } = await create();
      await targets.write('orders-db', aTarget({ incident: anIncident() }), null);
      await targets.write('orders-db', aTarget(), 1);
      expect(await open.openTargets()).toEqual({ items: [], setAside: [] });
      expect(await open.dueIds('target', LATER_MS)).toEqual([]);
    });

    it('names due items from the instant of their deadline on, earliest first', async () => {
      const { requests, open } = await create();
      await requests.write('req-2', aRequest({ id: 'req-2', receivedAtMs: SAMPLE_NOW_MS + 5000 }), null);
      await requests.write('req-1', aRequest({ id: 'req-1', receivedAtMs: SAMPLE_NOW_MS }), null);
      expect(await open.dueIds('request', SAMPLE_NOW_MS + 14_999)).toEqual([]);
      expect(await open.dueIds('request', SAMPLE_NOW_MS + 15_000)).toEqual(['req-1']);
      expect(await open.dueIds('request', SAMPLE_NOW_MS + 20_000)).toEqual(['req-1', 'req-2']);
    });

    it('keeps the kinds apart', async () => {
      const { requests, runs, open } = await create();
      await requests.write('req-1', aRequest(), null);
      await runs.write('run-1', aRun({ runId: 'run-1' }), null);
      expect(await open.dueIds('run', LATER_MS)).toEqual(['run-1']);
      expect(await open.dueIds('target', LATER_MS)).toEqual([]);
      expect(await open.dueIds('application', LATER_MS)).toEqual([]);
    });

    it('forgets a request once it is decided and answered', async () => {
      const { requests, open } = await create();
      await requests.write('req-1', aRequest(), null);
      await requests.write('req-1', aRequest({ decision: refused, answerOwed: true }), 1);
      expect(await open.dueIds('request', LATER_MS)).toEqual(['req-1']);
      await requests.write('req-1', aRequest({ decision: refused, answerOwed: false }), 2);
      expect(await open.dueIds('request', LATER_MS)).toEqual([]);
    });

    it('names what waits in an inbox until it is closed, beside the open items and not among them', async () => {
      const { inbox, open } = await create();
      const waiting = aRequest({ answerOwed: true });
      await inbox.write('slack#req-1', waiting, null);
      expect(await open.dueIds('inbox', SAMPLE_NOW_MS + 15_000)).toEqual(['slack#req-1']);
      expect(await open.dueIds('request', LATER_MS)).toEqual([]);
      await inbox.write('slack#req-1', { ...waiting, answerOwed: false }, 1);
      expect(await open.dueIds('inbox', LATER_MS)).toEqual([]);
    });

    it('forgets a run once it has ended', async () => {
      const { runs, open } = await create();
      const ended = aRun({ phase: 'ended', endedAtMs: LATER_MS, hosts: [aHostRun({ phase: 'ended' })] });
      await runs.write(ended.runId, aRun(), null);
      await runs.write(ended.runId, ended, 1);
      expect(await open.dueIds('run', LATER_MS * 2)).toEqual([]);
    });

    it('stops at 200 due items, the earliest ones', async () => {
      const { requests, open } = await create();
      const ids = Array.from({ length: 205 }, (_, at) => `req-${String(at).padStart(3, '0')}`);
      await Promise.all(
        ids.map((id, at) => requests.write(id, aRequest({ id, receivedAtMs: SAMPLE_NOW_MS + at }), null)),
      );
      expect(await open.dueIds('request', LATER_MS)).toEqual(ids.slice(0, 200));
    });
  });
}
