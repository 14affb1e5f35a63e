import { describe, expect, it } from 'vitest';
import { lookAtState } from '../../../../bin/flows/status/look-at-state.ts';
import { statusLines } from '../../../../bin/flows/status/status-lines.ts';
import { statusView } from '../../../../bin/flows/status/status-view.ts';
import { withFreeze } from '../../../../functions/core/act/freezes.ts';
import type { ConfigInput } from '../../../../functions/core/config/config.ts';
import { nextWakeMs } from '../../../../functions/core/incident/pass-time.ts';
import { newChannelState } from '../../../../functions/core/model/channel.ts';
import { newFreezeState } from '../../../../functions/core/model/freeze.ts';
import type { TickRecord } from '../../../../functions/core/model/sample-record.ts';
import type { TargetState } from '../../../../functions/core/model/target.ts';
import { newTargetState } from '../../../../functions/core/model/target.ts';
import { placed } from '../../../../functions/core/notify/fold.ts';
import { StoreError } from '../../../../functions/core/store/store-error.ts';
import { createMemoryStores } from '../../../fakes/memory-store.ts';
import {
  configInput,
  incident,
  MINUTE_MS,
  NIGHT_MS,
  reading,
  requestRecord,
  runRequest,
  settings,
  troubled,
  unreadable,
} from '../../../support/builders.ts';

const NOW_MS = NIGHT_MS + 90 * MINUTE_MS;
const [base] = configInput().targets;

/** A fleet of these databases, its samples of the last hour and a half, and what is stored of it. */
async function fleet(change: Partial<ConfigInput>, ids: readonly string[]) {
  const targets = ids.map((id) => ({ ...base, id }) as ConfigInput['targets'][number]);
  const using = settings({ targets, applications: [], ...change });
  const stores = createMemoryStores();
  return {
    using,
    stores,
    async write(state: TargetState) {
      await stores.targets.write(state.targetId, { ...state, wakeAtMs: nextWakeMs(state, using) }, null);
    },
    /** What each database was like at every minute; null: it was not sampled then. */
    async sampled(like: Readonly<Record<string, (atMs: number, minute: number) => TickRecord | null>>) {
      for (let minute = 1; minute <= 90; minute += 1) {
        const atMs = NIGHT_MS + minute * MINUTE_MS - 20_000;
        const records = Object.entries(like).flatMap(([id, of]) => {
          const record = of(atMs, minute);
          return record === null ? [] : [[id, record] as const];
        });
        await stores.chunks.put(0, atMs, new Map(records));
      }
    },
    view: async (config: typeof using.config | null = using.config) =>
      statusView(await lookAtState(stores, config, NOW_MS)),
  };
}

const calm = (atMs: number) => reading(atMs, 10, { ages: [2, 1, 0, 0] });

describe('what is said at a glance', () => {
  it('is which items cannot be read, whatever kind they are, and everything else all the same', async () => {
    const { using, stores, sampled, write, view } = await fleet(
      { applications: (configInput().applications ?? []).map((one) => ({ ...one, targets: ['a-db'] })) },
      ['a-db', 'b-db'],
    );
    await sampled({ 'a-db': calm, 'b-db': calm });
    await write(troubled(using, { targetId: 'a-db' }));
    const open = (kind: 'target' | 'run' | 'request') => ({ open: kind, dueAtMs: 1 });
    const newer = { revision: 1, body: '{"schema":2}' };
    await stores.putRaw({ key: 'target#b-db', ...newer }, open('target'));
    await stores.putRaw({ key: 'request#evil\u001b[2J', ...newer }, open('target'));
    await stores.putRaw({ key: 'run#run-1', ...newer }, open('run'));
    await stores.putRaw({ key: 'request#1', ...newer }, open('request'));
    await stores.putRaw({ key: 'application#orders', ...newer }, {});
    await stores.putRaw({ key: 'channel#C0ALERTS', ...newer }, {});
    await stores.putRaw({ key: 'freezes#all', ...newer }, {});
    await stores.chunks.putRaw(0, NOW_MS - MINUTE_MS, ['a-db'], new Uint8Array(3));
    const seen = await view();
    expect(seen.incidents.map(({ targetId }) => targetId)).toEqual(['a-db']);
    const items = seen.setAside.map(({ item }) => item);
    expect(items.toSorted()).toEqual([
      'application#orders',
      'channel#C0ALERTS',
      `chunk#0/raw#${NOW_MS - MINUTE_MS}`,
      'freezes#all',
      'request#1',
      'request#evil?[2J',
      'run#run-1',
      'target#b-db',
    ]);
    const lines = statusLines(seen);
    for (const item of items) expect(lines).toContain(`Set aside: ${item}, `);
  });

  it('is that all is well, and how many are sampled, where all is well', async () => {
    const { sampled, view } = await fleet({}, ['a-db', 'b-db']);
    await sampled({ 'a-db': calm, 'b-db': calm });
    expect(statusLines(await view())).toBe(
      'No database is in trouble.  (2026-11-23T04:30:00Z)\n2 sampled, the slowest 20 seconds ago.',
    );
  });

  it('is also whether Runbell keeps copies on the hosts without a click, where that is known', async () => {
    const { applications } = configInput();
    const { sampled, view, using } = await fleet({ applications }, ['orders-db']);
    await sampled({ 'orders-db': calm });
    expect((await view()).copies).toEqual([{ applicationId: 'orders', kept: true, why: null }]);
    expect(statusLines(await view())).toContain(
      '\nWithout a click, Runbell keeps copies of configuration files (.env too) on the hosts of orders: at first, daily at 03:30 UTC, and after each incident; ',
    );
    const off = await view({ ...using.config, snapshots: { ...using.config.snapshots, off: true } });
    expect(off.copies).toEqual([{ applicationId: 'orders', kept: false, why: 'off' }]);
    expect(statusLines(off)).toContain('keeps no copies of configuration files without a click: snapshots.off is set');
    const unknown = await view(null);
    expect(unknown.copies).toBeNull();
    expect(statusLines(unknown)).not.toContain('copies');
  });

  it('is the worst first, in columns', async () => {
    const { using, sampled, write, view } = await fleet({}, ['a-db', 'long-name-db', 'c-db']);
    await sampled({ 'a-db': calm, 'long-name-db': calm, 'c-db': calm });
    const open = (targetId: string, more: object) =>
      write({ ...troubled(using, { targetId }), incident: incident({ ...more, openedAtMs: NIGHT_MS }) });
    await open('a-db', { id: 'inc-1', severity: 'warning' });
    await open('long-name-db', { id: 'inc-2', severity: 'critical' });
    await open('practice-c-db', { id: 'inc-3', severity: 'warning', isPractice: true });
    const lines = statusLines(await view()).split('\n');
    expect(lines[0]).toMatch(/^2 in trouble, 1 critical:/);
    const begins = lines.map((line) => line.slice(0, 26)).filter((line) => /^ {2}\S/.test(line));
    expect(begins).toEqual([
      '  critical  long-name-db  ',
      '  warning   a-db          ',
      expect.stringMatching(/^ {2}practice {2}/),
    ]);
  });

  it('is who is not seen, why, and since when', async () => {
    const { sampled, view } = await fleet({}, ['seen-db', 'late-db', 'lost-db', 'blind-db', 'never-db']);
    await sampled({
      'seen-db': calm,
      'late-db': (atMs, minute) => (minute < 80 ? calm(atMs) : null),
      'lost-db': (atMs, minute) => (minute < 89 ? calm(atMs) : unreadable(atMs)),
      'blind-db': (atMs) => reading(atMs, 10, { blind: true }),
    });
    expect((await view()).unseen).toEqual([
      { targetId: 'late-db', lastSampleAt: '2026-11-23T04:18:40Z', why: 'not sampled' },
      { targetId: 'lost-db', lastSampleAt: '2026-11-23T04:29:40Z', why: 'cannot be read (denied)' },
      { targetId: 'blind-db', lastSampleAt: '2026-11-23T04:29:40Z', why: expect.stringContaining('lacks PROCESS') },
      { targetId: 'never-db', lastSampleAt: null, why: 'not sampled' },
    ]);
  });

  it('is the advice that watch only writes into its log, where nothing is wrong', async () => {
    const { sampled, view } = await fleet({}, ['calm-db', 'wide-db']);
    await sampled({
      'calm-db': calm,
      // Every fourth tick looks at who sleeps.
      'wide-db': (atMs, minute) => reading(atMs, 50, { ages: minute % 4 === 0 ? [45, 42, 40, 38] : null }),
    });
    const seen = await view();
    expect(seen.advice).toEqual([{ targetId: 'wide-db', text: expect.stringContaining('40 connections have slept') }]);
    expect(statusLines(seen)).toMatch(/advice {2}wide-db {2}40 connections have slept/);
  });

  it('is what holds back and until when: silences without trouble too, windows and freezes', async () => {
    const maintenance = [{ weekly: 'Mon 04:00', durationMinutes: 60, reason: 'patches', targets: ['a-db'] }];
    const { stores, sampled, write, view } = await fleet({ maintenance }, ['a-db', 'b-db']);
    await sampled({ 'a-db': calm, 'b-db': calm });
    const silence = { untilMs: NOW_MS + 3_600_000, byUserId: 'U0FIRST', why: 'planned' };
    await write({ ...newTargetState('b-db'), silence });
    const freeze = { scope: { kind: 'application', id: 'shop' }, byUserId: 'U0SECOND', sinceMs: NIGHT_MS } as const;
    const until = { ...freeze, untilMs: NOW_MS + 60_000, why: 'release' };
    await stores.freezes.write('all', withFreeze(newFreezeState(), until, NIGHT_MS), null);
    expect(
      statusLines(await view())
        .split('\n')
        .slice(1, -1),
    ).toEqual([
      'Frozen: the application shop, by @U0SECOND at 2026-11-23T03:00:00Z, until 2026-11-23T04:31:00Z: release',
      'Maintenance window until 2026-11-23T05:00:00Z for a-db, only what is critical is told: patches',
      'Silenced: b-db until 2026-11-23T05:30:00Z, by @U0FIRST: planned',
    ]);
    expect(await view(null)).toMatchObject({ maintenance: null, silences: [{ targetId: 'b-db' }] });
  });

  it('is what Slack lacks and who waits for a decision', async () => {
    const { using, stores, sampled, write, view } = await fleet({}, ['a-db', 'b-db']);
    await sampled({ 'a-db': calm, 'b-db': calm });
    const state = troubled(using, { targetId: 'a-db' });
    const notice = { ...state.notice, owedVersion: 5, shownVersion: 4, owedSinceMs: NOW_MS - 240_000 };
    await write({ ...state, notice: { ...notice, lastProblem: 'not_in_channel' } });
    const line = { targetId: 'b-db', severity: 'critical', isOpen: true, sinceMs: NIGHT_MS, title: 'full' } as const;
    const storm = ['inc-1', 'inc-2', 'inc-3'].reduce(
      (known, incidentId) => placed(known, { ...line, incidentId }, NOW_MS - 600_000, 'sum-0000000001').state,
      newChannelState(using.config.slack.channel),
    );
    await stores.channels.write(using.config.slack.channel, storm, null);
    const wish = requestRecord(runRequest(state), { receivedAtMs: NOW_MS - 60_000 });
    await stores.requests.write(wish.id, wish, null);
    const seen = await view();
    expect(seen).toMatchObject({
      undecided: 1,
      owed: [
        { what: 'the summary in C0ALERTS', since: '2026-11-23T04:20:00Z', problem: null },
        { what: 'the card of a-db', since: '2026-11-23T04:26:00Z', problem: 'not_in_channel' },
      ],
    });
    expect(statusLines(seen)).toContain('Slack lacks the card of a-db, for 4 minutes: not_in_channel');
    expect(statusLines(seen)).toContain(
      'Clicks or typed wishes that wait for a decision or an answer: 1. Does act run?',
    );
  });

  it('is that nothing is sampled, once and not for each', async () => {
    const { view } = await fleet({}, ['a-db', 'b-db']);
    expect(
      statusLines(await view())
        .split('\n')
        .slice(1),
    ).toEqual(['Nothing was sampled in the last 15 minutes: npx runbell doctor says why.']);
  });

  it('goes on where the freezes cannot be read, and says that nothing may run', async () => {
    const { stores, using } = await fleet({}, ['a-db']);
    const read = () => Promise.reject(new StoreError('unreadableItem', 'freezes#all cannot be read'));
    const broken = { ...stores, freezes: { read, write: async () => 'conflict' as const } };
    const seen = statusView(await lookAtState(broken, using.config, NOW_MS));
    expect(seen.freezes).toBeNull();
    expect(statusLines(seen)).toContain('Whether anything is frozen cannot be read, and so nothing may run.');
  });
});
