import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../functions/core/act/case.ts';
import type { RequestRecord } from '../../functions/core/model/decision.ts';
import type { Requester } from '../../functions/core/model/request.ts';
import { inboxIdOf } from '../../functions/core/store/inbox.ts';
import { decideInbox } from '../../functions/flows/act.ts';
import { notifyRequest } from '../../functions/flows/notify-request.ts';
import { MINUTE_MS, requestRecord, runRequest } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

/** A stage with a card, and the click on its button as it lies in the inbox. */
async function asked(change: Partial<RequestRecord> = {}) {
  const stage = flowStage();
  const state = await stage.open();
  const record = requestRecord(runRequest(state), { answerOwed: true, receivedAtMs: stage.clock.nowMs(), ...change });
  const id = inboxIdOf(record);
  await stage.stores.inbox.write(id, record, null);
  const decisionOf = async () => (await stage.stores.requests.read(record.id))?.value.decision ?? null;
  return { ...stage, record, id, decisionOf, take: () => decideInbox(stage.deps, id) };
}

describe('a request in an inbox', () => {
  it('is decided, kept as a request with its decision, and waits no more', async () => {
    const { take, decisionOf, record, stores, commands } = await asked();
    expect(await take()).toBe('permitted');
    expect(await decisionOf()).toMatchObject({ kind: 'permitted', runId: runIdOf(record.id) });
    expect(await stores.open.dueIds('inbox', Number.MAX_SAFE_INTEGER)).toEqual([]);
    expect(await take()).toBe('unknownRequest');
    expect(commands.taken).toEqual([]);
  });

  it('is decided once, although whoever decided it died before it could say so', async () => {
    const { take, stores, deps, id, record } = await asked();
    const write = stores.inbox.write.bind(stores.inbox);
    stores.inbox.write = () => Promise.reject(new Error('died'));
    await expect(take()).rejects.toThrow('died');
    stores.inbox.write = write;
    const before = await stores.requests.read(record.id);
    expect(await decideInbox(deps, id)).toBe('alreadyDecided');
    expect(await stores.requests.read(record.id)).toEqual(before);
    expect(await stores.open.dueIds('inbox', Number.MAX_SAFE_INTEGER)).toEqual([]);
  });

  it('is what it was when it was decided, whatever is put in its place afterwards', async () => {
    const { take, stores, decisionOf, record, id } = await asked();
    await take();
    const decided = await decisionOf();
    const forged = { ...record, by: { ...record.by, userId: 'U0SECOND' }, messageTs: null };
    await stores.putRaw(
      { key: `inbox#${id}`, revision: 1, body: JSON.stringify(forged) },
      { waiting: 'inbox', dueAtMs: 1 },
    );
    expect(await take()).toBe('alreadyDecided');
    expect(await decisionOf()).toEqual(decided);
    expect((await stores.requests.read(record.id))?.value.by.userId).toBe('U0FIRST');
  });

  it('is answered by nobody before it is decided, whatever it says of itself', async () => {
    const { stores, deps, id, record, board } = await asked();
    const says = { kind: 'permitted', atMs: 1, runId: null, says: 'Call this number', shows: null };
    const body = JSON.stringify({ ...record, decision: says });
    await stores.putRaw({ key: `inbox#${id}`, revision: 9, body }, { waiting: 'inbox', dueAtMs: 1, owes: 'answer' });
    expect(await notifyRequest(deps, record.id)).toBe('nothingOwed');
    expect(board.whispers).toEqual([]);
    await expect(decideInbox(deps, id)).rejects.toMatchObject({ code: 'unreadableItem' });
    expect(await stores.requests.read(record.id)).toBeNull();
  });

  it('is not from the future, so that one day it is too late for it', async () => {
    const { take, stores, record, clock } = await asked({ receivedAtMs: Number.MAX_SAFE_INTEGER });
    await take();
    expect((await stores.requests.read(record.id))?.value.receivedAtMs).toBe(clock.nowMs());
  });

  it('is delivered again by the sweep when the stream has lost it', async () => {
    const { stores, clock, sweep, id } = await asked();
    await clock.sleep(MINUTE_MS);
    expect((await sweep()).requests).toEqual([id]);
    expect((await stores.inbox.read(id))?.revision).toBe(2);
  });

  it('from the command line carries the AWS identity that its key proves, beside the one that it names', async () => {
    const by: Requester = {
      userId: 'U0FIRST',
      teamId: '',
      kind: 'operator',
      via: 'arn:of:bob',
      awsUserId: 'AROA:alice',
    };
    const { take, id, stores, record } = await asked({ by });
    expect(id).toBe(`operator#AROA:alice#${record.id}`);
    await take();
    expect((await stores.requests.read(record.id))?.value.by.via).toBe('arn:of:bob (AROA:alice)');
  });
});
