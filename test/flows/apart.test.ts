import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../functions/core/act/case.ts';
import type { ConfigInput } from '../../functions/core/config/config.ts';
import type { EntityKind } from '../../functions/core/ports.ts';
import { StoreError } from '../../functions/core/store/store-error.ts';
import { apart } from '../../functions/flows/apart.ts';
import { readFreezes } from '../../functions/flows/change-item.ts';
import { commandMoved } from '../../functions/flows/track.ts';
import { watchNow } from '../../functions/flows/watch.ts';
import type { CommandPlay } from '../fakes/scripted-command-runner.ts';
import { configInput, MINUTE_MS, NIGHT_MS, runRequest, settings, troubled } from '../support/builders.ts';
import { DONE, flowStage } from './support/flow-stage.ts';
import { aReading, watchStage } from './support/watch-stage.ts';

const base = configInput();
const [target] = base.targets;
const [application] = base.applications ?? [];
if (target === undefined || application === undefined) throw new Error('the configuration has one of each');
const change: Partial<ConfigInput> = {
  targets: [target, { ...target, id: 'billing-db' }],
  applications: [application, { ...application, id: 'billing', targets: ['billing-db'] }],
};
const using = settings(change);

const NEWER = JSON.stringify({ schema: 2 });

/** A stage with one item of the next version in the table, due for long. */
async function spoilt(entity: EntityKind, id: string, body = NEWER, play: CommandPlay = { output: DONE }) {
  const stage = flowStage(using, () => play);
  const open = entity === 'inbox' ? { waiting: entity } : entity === 'pace' ? {} : { open: entity };
  await stage.stores.putRaw({ key: `${entity}#${id}`, revision: 1, body }, { ...open, dueAtMs: 1 });
  return stage;
}

type Stage = Awaited<ReturnType<typeof spoilt>>;

/** A run that is permitted and has sent nothing yet. */
async function begun() {
  const stage = flowStage(using);
  const record = await stage.put(runRequest(await stage.open()));
  expect(await stage.decide(record.id)).toBe('permitted');
  return { stage, runId: runIdOf(record.id) };
}

/** The stream's and the sweep's deliveries, as long as it takes; what fails for one item is delivered again. */
async function ended(stage: Stage, runId: string): Promise<void> {
  for (let delivery = 0; delivery < 8; delivery += 1) {
    await apart(stage.deps, `run#${runId}`, () => stage.advance(runId));
    await stage.clock.sleep(MINUTE_MS);
    await stage.sweep();
  }
}

const cards = ({ board }: Stage) => board.messages.flatMap(({ notices }) => notices.at(-1) ?? []);

async function refusalOf(stage: Stage, id: string): Promise<string> {
  const decision = (await stage.stores.requests.read(id))?.value.decision ?? null;
  return decision?.kind === 'refused' ? decision.reason : (decision?.kind ?? 'undecided');
}

describe('one item that cannot be read', () => {
  it.each([
    ['target', 'billing-db'],
    ['run', 'run-0000000000000009'],
    ['channel', 'C0ALERTS'],
    ['freezes', 'all'],
    ['request', 'f'.repeat(64)],
    ['inbox', 'slack#evil'],
    ['application', 'billing'],
  ] as const)('keeps no sweep from the others: %s', async (entity, id) => {
    const stage = await spoilt(entity, id);
    await stage.open();
    const record = await stage.put({ kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' });
    await stage.clock.sleep(MINUTE_MS);
    const swept = await stage.sweep();
    expect(swept.targets).toContain('orders-db');
    expect(swept.requests).toContain(record.id);
    // Touched, and so delivered once more.
    expect((await stage.stores.targets.read('orders-db'))?.revision).toBe(2);
    expect((await stage.stores.requests.read(record.id))?.revision).toBe(2);
    expect(stage.stores.setAside).toContainEqual(expect.objectContaining({ item: `${entity}#${id}` }));
  });

  it('keeps no sweep from the others where it can be read and the table takes no change of it', async () => {
    const stage = flowStage(using);
    const record = await stage.put({ kind: 'tell', what: { kind: 'status' } });
    await stage.stores.inbox.write('slack#1', { ...record, id: '1' }, null);
    const logged: unknown[] = [];
    stage.stores.inbox.write = async () => {
      throw new StoreError('unfitItem', 'the table does not take it');
    };
    stage.deps.log.error = (...line: readonly unknown[]) => void logged.push(line);
    await stage.clock.sleep(MINUTE_MS);
    expect(await stage.sweep()).toMatchObject({ requests: [record.id], snapshots: ['orders', 'billing'] });
    // The store tells only of what it could not read.
    expect(logged).toContainEqual(['setAside', { item: 'inbox#slack#1', why: 'the table does not take it' }]);
  });

  it.each([
    ['of a newer schema', () => NEWER],
    ['with a phase that is none', (state: object) => JSON.stringify({ ...state, detectorPhase: 7 })],
    ['with a decision of another kind', (state: object) => JSON.stringify({ ...state, decisionPhase: { atMs: 'x' } })],
    ['with an owed entry that is none', (state: object) => JSON.stringify({ ...state, timelineOwed: 5 })],
  ])('keeps no other target from being sampled, decided on and looked at closely: one %s', async (_, spoil) => {
    const poisonedFirst = { ...change, targets: change.targets?.toReversed() ?? [] };
    const stage = watchStage(poisonedFirst, (_target, atMs) => aReading(atMs, 95));
    await stage.stores.putRaw(
      { key: 'target#billing-db', revision: 1, body: spoil(troubled(using, { targetId: 'billing-db' })) },
      { open: 'target', dueAtMs: 1 },
    );
    for (let minute = 0; minute < 8; minute += 1) {
      stage.goTo(NIGHT_MS + minute * MINUTE_MS);
      expect(await stage.tick(), `minute ${minute}`).toMatchObject({ kind: 'watched', targets: 2 });
    }
    expect((await stage.state('orders-db'))?.incident?.severity).toBe('critical');
    // The tick went on to its end, and the spoilt one is sampled all the same.
    const spans = await stage.stores.chunks.rollUpsSince(0, 'm4', 0);
    expect([spans.get('orders-db')?.length, spans.get('billing-db')?.length]).toEqual([1, 1]);
    stage.cold();
    const now = { askedAtMs: stage.nowMs(), forMs: MINUTE_MS };
    expect(await watchNow(stage.deps, ['billing-db', 'orders-db'], now)).toMatchObject({ targets: 2 });
    expect(stage.taken.at(-1)?.targetId).toBe('orders-db');
    const named = [
      ...stage.stores.setAside,
      ...stage.logged.flatMap(({ event, fields }) => (event === 'setAside' ? [fields] : [])),
    ];
    expect(named).toContainEqual(expect.objectContaining({ item: 'target#billing-db' }));
  });

  it('keeps no event of a command from the run that it is about', async () => {
    const stage = await spoilt('run', 'run-0000000000000009', NEWER, { output: DONE, runsForMs: MINUTE_MS });
    const state = await stage.open();
    const record = await stage.put(runRequest(state));
    await stage.decide(record.id);
    await stage.advance(runIdOf(record.id));
    const commandId = stage.commands.taken[0]?.commandId ?? '';
    expect((await commandMoved(stage.deps, commandId)).runs).toEqual([runIdOf(record.id)]);
  });

  it.each(['channel', 'pace'] as const)(
    'keeps no card from Slack, and none from its newest state: %s',
    async (entity) => {
      const stage = await spoilt(entity, entity === 'channel' ? 'C0ALERTS' : 'edits');
      await stage.open();
      expect(await stage.notify()).toBe('told');
      await stage.put({ kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' });
      await stage.decide('0000000000000001'.padEnd(64, 'f'));
      expect(await stage.notify()).toBe('told');
      expect(cards(stage)).toMatchObject([{ acknowledgedBy: 'U0FIRST' }]);
    },
  );

  it('keeps no card from Slack where a timeline, or what an application has done, cannot be read', async () => {
    const stage = await spoilt('application', 'orders');
    const { timeline } = stage.stores;
    timeline.append = async (chain) => {
      throw new StoreError('unreadableItem', `the head of the timeline ${chain} is damaged`);
    };
    const resolved = { ...troubled(using), storyOwed: [] };
    const draft = {
      id: 'resolved:1',
      atMs: 1,
      what: 'resolved',
      byUserId: null,
      why: null,
      text: 'x',
      refs: {},
    } as const;
    await stage.stores.targets.write('orders-db', { ...resolved, timelineOwed: [draft] }, null);
    expect(await stage.notify()).toBe('told');
    expect(cards(stage)).toHaveLength(1);
    // Nothing of it is forgotten.
    expect((await stage.target()).timelineOwed).toContainEqual(draft);
  });

  it('keeps no answer from the one who asked where a timeline cannot be read', async () => {
    const stage = flowStage(using);
    stage.stores.timeline.append = async () => {
      throw new StoreError('unreadableItem', 'the head of the timeline all is damaged');
    };
    const record = await stage.put({ kind: 'unfreeze', scope: { kind: 'everything' } });
    await stage.decide(record.id);
    expect(await stage.answer(record.id)).toBe('told');
    expect(stage.board.whispers).toHaveLength(1);
  });

  it.each([
    ['target', 'orders-db'],
    ['application', 'orders'],
  ] as const)(
    'is a refusal with its reason for whoever asks about it, and nothing else stops: %s',
    async (entity, id) => {
      const stage = await spoilt(entity, id);
      if (entity === 'application') await stage.open();
      const record = await stage.put(runRequest(troubled(using)));
      expect(await stage.decide(record.id)).toBe('refused');
      expect(await refusalOf(stage, record.id)).toBe('stateUnreadable');
      expect(await stage.answer(record.id)).toBe('told');
      expect(stage.board.whispers[0]?.text).toContain(`${entity}#${id}`);

      await stage.open({ targetId: 'billing-db' });
      const billing = await stage.stores.targets.read('billing-db');
      if (billing === null) throw new Error('it was just written');
      const other = runRequest(billing.value, { targetId: 'billing-db', applicationId: 'billing' });
      const allowed = await stage.put(other, 'U0FIRST', 2);
      expect(await stage.decide(allowed.id)).toBe('permitted');
    },
  );

  it('lets nothing run where it is the freezes, says so by name, and every card and other wish goes on', async () => {
    const stage = await spoilt('freezes', 'all', '{"schema":1,"id":"all","freezes":[{"scope":{"kind":"galaxy"}}]}');
    const state = await stage.open();
    expect(await readFreezes(stage.stores)).toBe('unreadable');
    const wishes = [
      runRequest(state),
      { kind: 'freeze', scope: { kind: 'everything' }, forSeconds: null, why: 'x' },
    ] as const;
    for (const [at, wish] of wishes.entries()) {
      const record = await stage.put(wish, 'U0FIRST', at + 1);
      await stage.decide(record.id);
      expect(await refusalOf(stage, record.id)).toBe('freezeUnknown');
    }
    expect(stage.commands.taken).toEqual([]);
    expect(await stage.notify()).toBe('told');
    const record = await stage.put(
      { kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' },
      'U0FIRST',
      9,
    );
    expect(await stage.decide(record.id)).toBe('permitted');
  });

  it('stops a run before its next host where it is the application, because nobody knows whose turn it is', async () => {
    const { stage, runId } = await begun();
    await stage.stores.putRaw({ key: 'application#orders', revision: 9, body: NEWER }, {});
    await ended(stage, runId);
    expect((await stage.stores.runs.read(runId))?.value).toMatchObject({ phase: 'ended', stop: { why: 'lockLost' } });
    expect(stage.commands.taken).toEqual([]);
  });

  it('keeps no run from its end, and no application locked, where it is the target', async () => {
    const { stage, runId } = await begun();
    await stage.stores.putRaw({ key: 'target#orders-db', revision: 9, body: NEWER }, { open: 'target', dueAtMs: 1 });
    await ended(stage, runId);
    expect(stage.commands.taken).toHaveLength(2);
    expect((await stage.stores.runs.read(runId))?.value).toMatchObject({ phase: 'ended', stop: null });
    expect((await stage.stores.applications.read('orders'))?.value.lock).toBeNull();
  });

  it('does not hide the target that a typed wish is about', async () => {
    const both = settings({ ...change, applications: [{ ...application, targets: ['billing-db', 'orders-db'] }] });
    const stage = flowStage(both);
    await stage.stores.putRaw({ key: 'target#billing-db', revision: 1, body: NEWER }, { open: 'target', dueAtMs: 1 });
    await stage.open();
    const of = { kind: 'named', runbookId: 'restart-workers', applicationId: 'orders', hosts: null } as const;
    const record = await stage.put({ kind: 'details', targetId: null, of, viewId: null });
    expect(await stage.decide(record.id)).toBe('permitted');
  });

  it('keeps no other card from being drawn anew when something is frozen', async () => {
    const stage = await spoilt(
      'target',
      'billing-db',
      JSON.stringify({ ...troubled(using), targetId: 'billing-db', notice: 7 }),
    );
    await stage.open();
    await stage.notify();
    const before = (await stage.target()).notice.owedVersion;
    const record = await stage.put({ kind: 'freeze', scope: { kind: 'everything' }, forSeconds: null, why: 'x' });
    expect(await stage.decide(record.id)).toBe('permitted');
    expect((await stage.target()).notice.owedVersion).toBe(before + 1);
  });

  it('is named by the status that Slack shows', async () => {
    const stage = await spoilt('target', 'billing-db');
    await stage.open();
    const record = await stage.put({ kind: 'tell', what: { kind: 'status' } });
    await stage.decide(record.id);
    const decision = (await stage.stores.requests.read(record.id))?.value.decision;
    expect(decision).toMatchObject({ kind: 'permitted', says: expect.stringContaining('target#billing-db') });
    expect(decision).toMatchObject({ kind: 'permitted', says: expect.stringContaining('orders-db') });
  });

  it('hides no other in the status where only a part of it is none', async () => {
    const broken = { ...troubled(using, { targetId: 'billing-db' }), figures: { connected: 1, connectionsMax: 'x' } };
    const reasons = [{ rule: 'no-such-rule' }];
    for (const change of [
      { acknowledgement: 4, silence: { untilMs: 'x' } },
      { incident: { ...broken.incident, reasons } },
    ]) {
      const body = JSON.stringify({ ...broken, figures: null, ...change });
      const stage = await spoilt('target', 'billing-db', body);
      await stage.open();
      const record = await stage.put({ kind: 'tell', what: { kind: 'status' } });
      expect(await stage.decide(record.id)).toBe('permitted');
      const decision = (await stage.stores.requests.read(record.id))?.value.decision;
      expect(decision).toMatchObject({
        says: expect.stringMatching(/billing-db.*\n.*orders-db|orders-db.*\n.*billing-db/),
      });
    }
  });

  it('is not overwritten by anybody', async () => {
    const stage = await spoilt('freezes', 'all');
    await stage.open();
    await stage.sweep();
    await expect(stage.stores.freezes.read('all')).rejects.toMatchObject({ code: 'unreadableItem' });
  });
});
