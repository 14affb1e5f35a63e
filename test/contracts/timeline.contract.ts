import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { TimelineDraft } from '../../functions/core/model/timeline.ts';
import type { TimelineStore } from '../../functions/core/ports.ts';
import { checkChain } from '../../functions/core/timeline/chain.ts';
import { SAMPLE_NOW_MS } from '../fakes/sample-state.ts';

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export function aDraft(id: string, change: Partial<TimelineDraft> = {}): TimelineDraft {
  return {
    id,
    atMs: SAMPLE_NOW_MS,
    what: 'permitted',
    byUserId: 'U0TESTER',
    why: null,
    text: `did ${id}: "quotes" – ünïcode`,
    refs: { requestId: id, targetId: 'orders-db' },
    ...change,
  };
}

/** Every timeline must pass this, the one in memory and the one in DynamoDB alike. `create` gives an empty one. */
export function timelineContract(name: string, create: () => Promise<TimelineStore>): void {
  describe(`${name} keeps the TimelineStore contract`, () => {
    it('has nothing of a chain that was never written', async () => {
      expect(await (await create()).read('inc-0000000001', 10)).toEqual({ entries: [], head: null });
    });

    it('keeps entries in their order, as they were, each with the hash of the one before', async () => {
      const timeline = await create();
      for (const id of ['a', 'b', 'c']) expect(await timeline.append('inc-0000000001', aDraft(id))).toBe('written');
      const chain = await timeline.read('inc-0000000001', 10);
      expect(chain.entries).toMatchObject([
        { ...aDraft('a'), seq: 1, previousHash: '', previousAtMs: 0 },
        { ...aDraft('b'), seq: 2, previousHash: chain.entries[0]?.hash, previousAtMs: SAMPLE_NOW_MS },
        { ...aDraft('c'), seq: 3, previousHash: chain.entries[1]?.hash },
      ]);
      expect(chain.head).toMatchObject({ seq: 3, hash: chain.entries[2]?.hash, ids: ['a', 'b', 'c'] });
      expect(checkChain(chain, SAMPLE_NOW_MS, sha256)).toEqual({ kind: 'whole', entries: 3, fromSeq: 1 });
    });

    it('keeps an entry once, however often it is appended', async () => {
      const timeline = await create();
      await timeline.append('all', aDraft('a'));
      await timeline.append('all', aDraft('b'));
      expect(await timeline.append('all', aDraft('a'))).toBe('exists');
      expect((await timeline.read('all', 10)).entries).toHaveLength(2);
    });

    it('keeps chains apart', async () => {
      const timeline = await create();
      await timeline.append('inc-0000000001', aDraft('a'));
      expect(await timeline.append('inc-0000000002', aDraft('a'))).toBe('written');
      expect((await timeline.read('inc-0000000001', 10)).entries).toHaveLength(1);
    });

    it('keeps every entry of several who append at the same time', async () => {
      const timeline = await create();
      await Promise.all(['a', 'b', 'c', 'd'].map((id) => timeline.append('all', aDraft(id))));
      const chain = await timeline.read('all', 10);
      expect(chain.entries.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c', 'd']);
      expect(checkChain(chain, SAMPLE_NOW_MS, sha256).kind).toBe('whole');
    });

    it('reads the newest when there are more than asked for', async () => {
      const timeline = await create();
      for (const id of ['a', 'b', 'c', 'd']) await timeline.append('all', aDraft(id));
      expect((await timeline.read('all', 2)).entries.map(({ id }) => id)).toEqual(['c', 'd']);
    });
  });
}
