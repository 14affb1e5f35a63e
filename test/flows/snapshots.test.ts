import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../functions/core/act/case.ts';
import { RUNBELL } from '../../functions/core/act/new-run.ts';
import type { TimelineDraft } from '../../functions/core/model/timeline.ts';
import { keepTimeline } from '../../functions/flows/keep-timeline.ts';
import { sweep } from '../../functions/flows/track.ts';
import type { CommandPlay } from '../fakes/scripted-command-runner.ts';
import { NIGHT_MS, restartWorkers, runRequest, settings, troubled } from '../support/builders.ts';
import { configRunbooks, copied } from '../support/config-runbooks.ts';
import { DONE, flowStage } from './support/flow-stage.ts';

const HOUR_MS = 3_600_000;
const FIRST = 'i-0000000000000001';
const SECOND = 'i-0000000000000002';
const CATALOGUE = [restartWorkers(), ...configRunbooks()];
const using = settings({ snapshots: { atUtc: '04:00' } }, CATALOGUE);

const daily = settings({ snapshots: { atUtc: '05:00' } }, CATALOGUE);
const FULL: CommandPlay = {
  output: JSON.stringify({ ending: 'refused', reason: 'the disk is full; nothing was changed', lines: [] }),
  status: 'Failed',
  exitCode: 20,
};

/** Each command says what the next of these is. */
function stageOf(plays: readonly CommandPlay[] = [], of = using) {
  let at = 0;
  const stage = flowStage(of, () => plays[at++] ?? { output: copied(1) });
  return {
    ...stage,
    snapshots: async () => (await stage.stores.applications.read('orders'))?.value.snapshots,
    entries: async (chain = 'all') => (await stage.stores.timeline.read(chain, 50)).entries,
    /** The table's stream and SSM's events, until nothing of the newest look is left to do. */
    async finish() {
      const runId = (await stage.stores.applications.read('orders'))?.value.snapshots?.runId ?? '';
      for (let step = 0; step < 6; step += 1) await stage.advance(runId);
      return (await stage.stores.runs.read(runId))?.value;
    },
  };
}

describe('Runbell', () => {
  it('keeps the configuration of what was just configured, host by host, and remembers what each host has', async () => {
    const stage = stageOf([{ output: copied(3) }, { output: copied(7, false) }]);
    const swept = await stage.sweep();
    expect(swept.snapshots).toEqual(['orders']);
    // Who sweeps may not send.
    expect(stage.commands.taken).toEqual([]);

    const run = await stage.finish();
    expect(run).toMatchObject({ phase: 'ended', runbookId: 'snapshot-config', byUserId: RUNBELL });
    const [one, two] = stage.commands.taken.map(({ order }) => order);
    expect([one?.hostId, two?.hostId, stage.commands.taken.length]).toEqual([FIRST, SECOND, 2]);
    expect(one?.parameters).toEqual({ RunId: run?.runId, Keep: '20' });
    expect(await stage.snapshots()).toMatchObject({
      hosts: { [FIRST]: { version: 3, keptAtMs: NIGHT_MS - HOUR_MS }, [SECOND]: { version: 7 } },
    });
    expect((await stage.target()).snapshots).toMatchObject({ orders: { hosts: [FIRST, SECOND] } });
  });

  it('begins its look anew within minutes when it died before the look was stored', async () => {
    const stage = stageOf();
    const runs = {
      read: (id: string) => stage.stores.runs.read(id),
      write: () => Promise.reject(new Error('it died')),
    };
    const dying = { ...stage.deps, stores: { ...stage.stores, runs: runs as never }, maySend: false };
    await expect(sweep(dying)).rejects.toThrow('it died');
    expect(await stage.finish()).toBeUndefined();
    await stage.clock.advance(2 * 60_000);
    await stage.sweep();
    expect(await stage.finish()).toMatchObject({ phase: 'ended' });
  });

  it('says so in the timeline in its own name, and costs nobody a lock, a cool-down, a budget or a card', async () => {
    const stage = stageOf([{ output: copied(3) }, { output: copied(7, false) }]);
    await stage.sweep();
    await stage.finish();
    const entries = await stage.entries();
    expect(entries).toMatchObject([
      {
        what: 'snapshot',
        byUserId: null,
        why: 'first',
        text: `Kept the configuration of orders: version 3 on ${FIRST}`,
      },
    ]);
    expect((await stage.stores.applications.read('orders'))?.value).toMatchObject({ lock: null, attempts: [] });
    expect(await stage.notify()).toBe('nothingOwed');
    expect(stage.board.messages).toEqual([]);
  });

  it('looks again each day at its time, not before, and is silent when nothing is new', async () => {
    const stage = stageOf(Array.from({ length: 4 }, () => ({ output: copied(1, false) })));
    await stage.sweep();
    await stage.finish();
    expect(await stage.snapshots()).toMatchObject({ dueAtMs: NIGHT_MS + HOUR_MS, why: 'daily' });
    await stage.clock.sleep(HOUR_MS - 3000);
    expect((await stage.sweep()).snapshots).toEqual([]);
    await stage.clock.sleep(5000);
    expect((await stage.sweep()).snapshots).toEqual(['orders']);
    await stage.finish();
    expect(stage.commands.taken).toHaveLength(4);
    expect(await stage.snapshots()).toMatchObject({ dueAtMs: NIGHT_MS + 25 * HOUR_MS });
    expect(await stage.entries()).toEqual([]);
  });

  it('looks again after a recovery', async () => {
    const stage = stageOf();
    await stage.sweep();
    await stage.finish();
    const draft: TimelineDraft = {
      id: 'r',
      atMs: NIGHT_MS,
      what: 'resolved',
      byUserId: null,
      why: null,
      text: '',
      refs: {},
    };
    const state = await stage.target();
    await stage.stores.targets.write(state.targetId, { ...state, timelineOwed: [draft] }, 1);
    await keepTimeline(stage.deps, 'orders-db');
    expect((await stage.sweep()).snapshots).toEqual(['orders']);
    expect(await stage.finish()).toMatchObject({ beside: { why: 'recovered' } });
    expect(stage.commands.taken).toHaveLength(4);
  });

  it('adds one quiet line to the thread of an open card when something new was kept', async () => {
    const stage = stageOf([{ output: copied(4) }, { output: copied(2, false) }]);
    await stage.open();
    await stage.sweep();
    await stage.finish();
    const { storyOwed } = await stage.target();
    expect(storyOwed.map(({ text }) => text)).toEqual([
      `Runbell: Kept the configuration of orders: version 4 on ${FIRST}.`,
    ]);
    expect(await stage.entries()).toEqual([]);
    await keepTimeline(stage.deps, 'orders-db');
    expect((await stage.entries('inc-a1b2c3d4e5')).at(-1)).toMatchObject({ what: 'snapshot', byUserId: null });
  });

  it('adds that line for each new copy, also on hosts that had one, and not twice when it died in between', async () => {
    const stage = stageOf(
      [{}, {}].map(() => ({ output: copied(1) })).concat([5, 6].map((one) => ({ output: copied(one) }))),
    );
    await stage.sweep();
    await stage.finish();
    const { snapshots = {} } = await stage.target();
    await stage.stores.targets.write('orders-db', troubled(using, { snapshots }), 1);
    await stage.clock.sleep(2 * HOUR_MS);
    await stage.sweep();
    const { write } = stage.stores.runs;
    stage.stores.runs.write = (id, run, revision) =>
      run.phase === 'ended' ? Promise.reject(new Error('died')) : write.call(stage.stores.runs, id, run, revision);
    await expect(stage.finish()).rejects.toThrow('died');
    stage.stores.runs.write = write.bind(stage.stores.runs);
    await stage.finish();
    const said = (await stage.target()).storyOwed.filter(({ id }) => id.startsWith('snapshot:'));
    expect(said.map(({ text }) => text)).toEqual([
      `Runbell: Kept the configuration of orders: version 5 on ${FIRST}, version 6 on ${SECOND}.`,
    ]);
    // The first look was before there was any card.
    expect(await stage.entries()).toHaveLength(1);
  });

  it('goes on to the next host when one fails, and says so in the timeline and, once, in the thread', async () => {
    const stage = stageOf([FULL, { output: copied(1) }]);
    await stage.open();
    await stage.sweep();
    await stage.finish();
    expect(Object.keys((await stage.snapshots())?.hosts ?? {})).toEqual([SECOND]);
    const entry = (await stage.target()).timelineOwed.find(({ what }) => what === 'snapshot');
    expect(entry?.text).toMatch(/version 1 on .*Could not keep the configuration of orders on .*: the disk is full/);
    expect((await stage.target()).storyOwed.map(({ text }) => text)).toEqual([expect.stringContaining('disk is full')]);
  });

  it('tries again where it failed, alone there, after 10 minutes, later each time, and each day at its time', async () => {
    const stage = stageOf([FULL, { output: copied(1) }, FULL, FULL, FULL, FULL, { output: copied(1, false) }], daily);
    await stage.open();
    const waits: number[] = [];
    const hosts: number[] = [];
    for (let look = 0; look < 5; look += 1) {
      const taken = stage.commands.taken.length;
      await stage.sweep();
      await stage.finish();
      hosts.push(stage.commands.taken.length - taken);
      const waitMs = ((await stage.snapshots())?.dueAtMs ?? 0) - stage.clock.nowMs();
      waits.push(Math.round(waitMs / 60_000));
      if (look < 4) await stage.clock.sleep(waitMs + 1000);
    }
    // At 04:00 the daily look is sooner than the next try would be, and goes to all hosts.
    expect([hosts, waits]).toEqual([
      [2, 1, 1, 1, 2],
      [10, 20, 40, 50, 10],
    ]);
    const { storyOwed, timelineOwed } = await stage.target();
    expect(storyOwed.filter(({ id }) => id.startsWith('snapshot:'))).toHaveLength(2);
    const [first] = timelineOwed.filter(({ what }) => what === 'snapshot');
    expect(first?.text).toMatch(/the disk is full.*; the next try is at /);
  });

  it('says on the card why there is no copy, until there is one', async () => {
    const stage = stageOf([FULL, FULL, { output: copied(1) }, { output: copied(1) }]);
    await stage.open();
    await stage.sweep();
    await stage.finish();
    expect((await stage.target()).snapshots).toMatchObject({
      orders: { hosts: [], failed: expect.stringContaining('the disk is full') },
    });
    await stage.clock.sleep(((await stage.snapshots())?.dueAtMs ?? 0) - stage.clock.nowMs() + 1000);
    await stage.sweep();
    await stage.finish();
    expect((await stage.target()).snapshots?.['orders']).toEqual({
      runId: expect.any(String),
      hosts: [FIRST, SECOND],
    });
    expect(await stage.snapshots()).toMatchObject({ why: 'daily' });
  });

  it('begins nothing while frozen, stops between hosts when frozen, and comes back', async () => {
    const frozen = stageOf();
    await frozen.freeze();
    await frozen.sweep();
    expect(await frozen.snapshots()).toMatchObject({ runId: null, dueAtMs: NIGHT_MS + 2000 + 600_000 });

    const stage = stageOf([{ output: copied(1), runsForMs: 20_000 }]);
    await stage.sweep();
    const runId = (await stage.snapshots())?.runId ?? '';
    await stage.advance(runId);
    await stage.freeze({ scope: { kind: 'runbook', id: 'snapshot-config' } });
    await stage.clock.sleep(21_000);
    const run = await stage.finish();
    expect(run).toMatchObject({ phase: 'ended', stop: { why: 'frozen' } });
    expect(stage.commands.taken).toHaveLength(1);
    expect((await stage.snapshots())?.dueAtMs).toBeLessThan(NIGHT_MS + 700_000);
  });

  it('makes way for what a person starts, and never keeps them waiting', async () => {
    const stage = stageOf([
      { output: copied(1), runsForMs: 20_000 },
      { output: DONE, runsForMs: 60_000 },
    ]);
    const state = await stage.open();
    await stage.sweep();
    const lookId = (await stage.snapshots())?.runId ?? '';
    await stage.advance(lookId);
    expect(stage.commands.taken).toHaveLength(1);

    const record = await stage.put(runRequest(state));
    expect(await stage.decide(record.id)).toBe('permitted');
    await stage.advance(runIdOf(record.id));
    await stage.clock.sleep(21_000);
    await stage.advance(lookId);
    expect((await stage.stores.runs.read(lookId))?.value).toMatchObject({ phase: 'ended', stop: { why: 'madeWay' } });
    expect(stage.commands.taken.map(({ order }) => order.runId)).toEqual([lookId, runIdOf(record.id)]);
  });

  it('waits while a run is at work on the application', async () => {
    const stage = stageOf([{ output: DONE, runsForMs: 60_000 }]);
    const record = await stage.put(runRequest(await stage.open()));
    await stage.decide(record.id);
    await stage.sweep();
    expect((await stage.snapshots())?.runId).toBeNull();
  });

  it('is due again soon when it died before its run was stored, and begins no second one beside the first', async () => {
    const stage = stageOf([{ output: copied(1), runsForMs: HOUR_MS }]);
    const { write } = stage.stores.runs;
    stage.stores.runs.write = () => Promise.reject(new Error('died'));
    await expect(stage.sweep()).rejects.toThrow('died');
    stage.stores.runs.write = write.bind(stage.stores.runs);
    expect((await stage.sweep()).snapshots).toEqual([]);
    await stage.clock.sleep(601_000);
    expect((await stage.sweep()).snapshots).toEqual(['orders']);
    const runId = (await stage.snapshots())?.runId ?? '';
    await stage.advance(runId);
    await stage.clock.sleep(601_000);
    await stage.sweep();
    expect((await stage.snapshots())?.runId).toBe(runId);
  });

  it('remembers what a run of a person has kept first, without a word of its own', async () => {
    const output = copied(9, true);
    const stage = stageOf([{ output }, { output: copied(8) }]);
    const record = await stage.put(runRequest(await stage.open()));
    await stage.decide(record.id);
    for (let step = 0; step < 4; step += 1) await stage.advance(runIdOf(record.id));
    expect((await stage.snapshots())?.hosts).toMatchObject({ [FIRST]: { version: 9 }, [SECOND]: { version: 8 } });
    expect((await stage.target()).snapshots).toMatchObject({ orders: { hosts: [FIRST, SECOND] } });
    expect((await stage.target()).timelineOwed.some(({ what }) => what === 'snapshot')).toBe(false);
  });

  it.each([
    ['switched off', settings({ snapshots: { off: true } }, CATALOGUE)],
    ['nobody may run anything', settings({ people: [] }, CATALOGUE)],
    ['the runbook is not in the catalogue', settings({}, [restartWorkers()])],
  ])('does nothing by itself where %s', async (_, of) => {
    const stage = stageOf([], of);
    await stage.sweep();
    expect((await stage.sweep()).snapshots).toEqual([]);
    expect(stage.commands.taken).toEqual([]);
    expect(await stage.stores.applications.read('orders')).toBeNull();
  });

  it('stops looking after what was taken out of the configuration', async () => {
    const stage = stageOf();
    await stage.sweep();
    await stage.finish();
    await stage.clock.sleep(2 * HOUR_MS);
    await sweep({ ...stage.deps, settings: settings({ applications: [] }, CATALOGUE), maySend: false });
    expect((await stage.snapshots())?.dueAtMs).toBeNull();
  });
});
