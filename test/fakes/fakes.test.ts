import { describe, expect, it } from 'vitest';
import type { Notice } from '../../functions/core/model/notice.ts';
import { chunkStoreContract } from '../contracts/chunk-store.contract.ts';
import { openItemsContract } from '../contracts/open-items.contract.ts';
import { setAsideContract } from '../contracts/set-aside.contract.ts';
import { startStoreContract } from '../contracts/start-store.contract.ts';
import { timelineContract } from '../contracts/timeline.contract.ts';
import { versionedStoreContract } from '../contracts/versioned-store.contract.ts';
import { ManualClock } from './manual-clock.ts';
import { MemoryChunks } from './memory-chunks.ts';
import { createMemoryStores, type StoredChange } from './memory-store.ts';
import { MemoryTimeline } from './memory-timeline.ts';
import { RecordingNoticeBoard } from './recording-notice-board.ts';
import { anIncident, aTarget } from './sample-state.ts';

versionedStoreContract('MemoryStore', async () => createMemoryStores());
startStoreContract('MemoryStarts', async () => createMemoryStores());
openItemsContract('MemoryOpenItems', async () => createMemoryStores());
timelineContract('MemoryTimeline', async () => new MemoryTimeline());
chunkStoreContract('MemoryChunks', async () => new MemoryChunks());
setAsideContract('MemoryStores', async () => {
  const stores = createMemoryStores();
  const putRawChunk: MemoryChunks['putRaw'] = (...chunk) => stores.chunks.putRaw(...chunk);
  return { stores, setAside: stores.setAside, putRaw: stores.putRaw, putRawChunk };
});

const notice: Notice = {
  kind: 'incident',
  targetId: 'orders-db',
  incidentId: 'inc-0000000001',
  face: 'warning',
  severity: 'warning',
  title: 'orders-db is running out of connections',
  summary: '38 of 50 connections',
  facts: [],
  holders: [],
  connectionsMax: 50,
  trail: [],
  bounds: { warningAt: null, criticalAt: null },
  forecast: [],
  openedAtMs: 0,
  figuresAtMs: null,
  resolvedAtMs: null,
  run: null,
  tried: [],
  offers: [],
  record: null,
  advice: [],
  acknowledgedBy: null,
  acknowledgedAtMs: null,
  silence: null,
  isPractice: false,
  controls: {
    details: { kind: 'details', targetId: 'orders-db', of: null, viewId: null },
    acknowledge: null,
    silence: null,
    unsilence: null,
    cancel: null,
    approve: null,
    reject: null,
    undo: null,
  },
};

describe('MemoryStore', () => {
  it('tells its listener of every write that happened, with what it owes, and of no conflict', async () => {
    const changes: StoredChange[] = [];
    const { targets } = createMemoryStores((change) => changes.push(change));
    const owing = aTarget({ notice: { ...aTarget().notice, owedVersion: 1 }, incident: anIncident() });
    await targets.write('orders-db', owing, null);
    await targets.write('orders-db', owing, null);
    expect(changes).toMatchObject([{ entity: 'target', id: 'orders-db', revision: 1, markers: { owes: 'notice' } }]);
  });
});

describe('RecordingNoticeBoard', () => {
  it('remembers posts, edits and replies of a message, and finds it by its incident', async () => {
    const board = new RecordingNoticeBoard(() => 5000);
    const posted = await board.post('C0TESTING', notice);
    const ref = board.messages[0]?.ref ?? { channel: '', ts: '' };
    expect(posted).toEqual({ kind: 'done', message: ref });
    await board.edit(ref, { ...notice, summary: '39 of 50 connections' });
    await board.reply(ref, 'It goes on.');
    expect(board.messages[0]?.notices.map((one) => (one.kind === 'incident' ? one.summary : one.title))).toEqual([
      '38 of 50 connections',
      '39 of 50 connections',
    ]);
    expect(board.messages[0]?.replies).toEqual(['It goes on.']);
    const find = (channel: string, fromMs: number) => board.find(channel, notice.incidentId, { fromMs, toMs: 5000 });
    const none = { kind: 'done', message: null, searched: 'all' };
    expect(await find('C0TESTING', 5000)).toEqual({ kind: 'done', message: ref });
    expect(await find('C0TESTING', 5001)).toEqual(none);
    expect(await find('C0OTHER', 0)).toEqual(none);
  });

  it('goes wrong as told, once per telling, and only for the method told', async () => {
    const board = new RecordingNoticeBoard();
    board.fail('post', { kind: 'later', notBeforeMs: 9000, why: 'rate limited' });
    expect(await board.whisper('C0TESTING', 'U0TESTER', 'no')).toEqual({ kind: 'done' });
    expect(await board.post('C0TESTING', notice)).toMatchObject({ kind: 'later', notBeforeMs: 9000 });
    expect(board.messages).toEqual([]);
    expect(await board.post('C0TESTING', notice)).toMatchObject({ kind: 'done' });
    expect(board.calls).toEqual(['whisper', 'post', 'post']);
  });

  it.each([true, false])('leaves open whether an unclear post was written (written: %s)', async (written) => {
    const board = new RecordingNoticeBoard();
    board.fail('post', { kind: 'unclear', why: 'no answer', written });
    expect(await board.post('C0TESTING', notice)).toEqual({ kind: 'unclear', why: 'no answer' });
    expect(board.messages).toHaveLength(written ? 1 : 0);
  });

  it('refuses to edit a message that somebody deleted', async () => {
    const board = new RecordingNoticeBoard();
    await board.post('C0TESTING', notice);
    const ref = board.messages[0]?.ref ?? { channel: '', ts: '' };
    board.remove(ref);
    expect(await board.edit(ref, notice)).toMatchObject({ kind: 'refused', code: 'message_not_found' });
  });
});

describe('ManualClock', () => {
  it('wakes sleepers at their own instants, in order, those that go to sleep on the way included', async () => {
    const clock = new ManualClock(1000);
    const woken: [string, number][] = [];
    const sleeper = async (name: string, ms: number) => {
      await clock.sleep(ms);
      woken.push([name, clock.nowMs()]);
      await clock.sleep(ms);
      woken.push([name, clock.nowMs()]);
    };
    void sleeper('slow', 300);
    void sleeper('fast', 100);
    await clock.advance(350);
    expect(woken).toEqual([
      ['fast', 1100],
      ['fast', 1200],
      ['slow', 1300],
    ]);
    expect(clock.nowMs()).toBe(1350);
  });

  it('moves time by sleeping when it jumps', async () => {
    const clock = new ManualClock(1000, 'jumps');
    await clock.sleep(250);
    expect(clock.nowMs()).toBe(1250);
  });
});
