import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTable } from '../../../bin/commands/common/open-table.ts';
import { run } from '../../../bin/commands/digest.ts';
import { countsOf, digestOf, medianOf } from '../../../bin/flows/digest/digest-of.ts';
import { digestMarkdown, digestText } from '../../../bin/flows/digest/digest-text.ts';
import type { ToldChain } from '../../../bin/flows/digest/read-chains.ts';
import { readChains } from '../../../bin/flows/digest/read-chains.ts';
import { permitted } from '../../../functions/core/act/case.ts';
import { decide } from '../../../functions/core/act/decide.ts';
import { targetRunOf } from '../../../functions/core/act/new-run.ts';
import type { TimelineDraft, TimelineEntry, TimelineKind } from '../../../functions/core/model/timeline.ts';
import type { Reason } from '../../../functions/core/model/verdict.ts';
import { reasonText } from '../../../functions/core/text/sentences.ts';
import { runStartedStory, storyOf } from '../../../functions/core/text/thread.ts';
import { entryOfDecision } from '../../../functions/core/timeline/decision-entry.ts';
import { createLocalAws, type LocalAws } from '../../../local/aws/local-aws.ts';
import { MemoryTimeline } from '../../fakes/memory-timeline.ts';
import { anIncident, aTarget } from '../../fakes/sample-state.ts';
import {
  decideState,
  MINUTE_MS,
  NIGHT_MS,
  requestRecord,
  restartWorkers,
  runRequest,
  settings,
  troubled,
} from '../../support/builders.ts';
import { environmentFor } from '../../support/signed.ts';
import { RecordingConsole } from '../support/recording-console.ts';

const DAY_MS = 86_400_000;
const FROM_MS = Date.UTC(2026, 10, 16);
const UNTIL_MS = FROM_MS + 7 * DAY_MS;
const HOSTS = 'on mi-00000000000000001';

type Told = readonly [minute: number, what: TimelineKind, change?: Partial<TimelineDraft>];

function draft([minute, what, change = {}]: Told, fromMs = FROM_MS): TimelineDraft {
  const atMs = fromMs + minute * MINUTE_MS;
  return { id: `${what}:${atMs}`, atMs, what, byUserId: null, why: null, text: '', refs: {}, ...change };
}

function chain(name: string, ...told: Told[]): ToldChain {
  const place = { previousHash: '', previousAtMs: 0, hash: '' };
  const entries = told.map((one, at): TimelineEntry => ({ ...draft(one), ...place, seq: at + 1 }));
  return { chain: name, entries };
}

function opened(minute: number, targetId = 'orders-db', severity = 'warning'): Told {
  return [minute, 'opened', { text: `${targetId}, ${severity}: 80 of 100 connections; why`, refs: { targetId } }];
}

function ran(minute: number, runId: string, outcome: string | null, how = ''): Told[] {
  const refs = { runId };
  const document = 'runbell-restart-workers-0a1b2c3d';
  return [
    [minute, 'permitted', { text: 'asked to run restart-workers on shop (1 host)', refs }],
    [minute, 'started', { text: `started "Restart the workers"${how} ${HOSTS}`, refs: { ...refs, document } }],
    ...(outcome === null ? [] : [[minute + 3, 'outcome', { id: `outcome:${runId}:${outcome}`, refs }] as const]),
  ];
}

/** As it is really kept, for every rule that there is. */
const told = (reason: Reason, minute = 1, targetId = 'orders-db'): Told => {
  const text = `${targetId}, warning: 80 of 100 connections; ${reasonText(reason)}`;
  return [minute, 'opened', { text, refs: { targetId } }];
};
const level: Reason = { rule: 'level', connected: 82, connectionsMax: 100, boundShare: 0.8, severity: 'warning' };
const REASONS: readonly Reason[] = [
  { rule: 'full', refusedSamples: 2 },
  { rule: 'refused', refused: 7 },
  level,
  { rule: 'absolute', connected: 82, bound: 80 },
  { rule: 'leak', shape: 'count', perMinute: 1, sinceMs: 0, evidence: 'x' },
  { rule: 'leak', shape: 'fast', perMinute: 1, sinceMs: 0, evidence: 'x' },
  { rule: 'unreadable', cause: 'denied', samples: 3 },
  { rule: 'blindMonitor' },
];

const digestedOf = (...chains: ToldChain[]) => digestOf(chains, FROM_MS, UNTIL_MS);

describe('the noise in a digest (F.31)', () => {
  it.each(REASONS.map((reason) => [reason.rule, reason] as const))('knows what was told for %s', (rule, reason) => {
    const { noise } = digestedOf(chain('inc-0000000001', told(reason), [9, 'resolved']));
    expect(noise).toEqual([{ rule, told: 1, forNothing: 1, byTarget: { 'orders-db': 1 } }]);
  });

  it('is what ended and nobody had done anything about, the worst rule first', () => {
    const by = { byUserId: 'U0FIRST' };
    const { noise } = digestedOf(
      chain('inc-0000000001', told(level), [9, 'resolved']),
      chain('inc-0000000002', told(level), [5, 'acknowledged', by], [9, 'resolved']),
      chain('inc-0000000003', told(level)),
      chain('inc-0000000004', told(level), [9, 'resolved']),
      chain('inc-0000000005', told({ rule: 'blindMonitor' }), [9, 'resolved']),
      chain('inc-0000000006', told({ rule: 'refused', refused: 9 }), [3, 'refused', by], [9, 'resolved']),
    );
    expect(noise.map(({ rule, told: all, forNothing }) => [rule, all, forNothing])).toEqual([
      ['level', 4, 2],
      ['blindMonitor', 1, 1],
    ]);
  });

  it('is told with the threshold that would have been quieter, or why there is none', () => {
    const digest = digestedOf(chain('inc-0000000001', told(level), [9, 'resolved']));
    const place = { targetId: 'orders-db', setting: 'level.warningAtShare', from: 0.8, to: 0.85 };
    const better = { kind: 'suggested', ...place, saved: 6, cards: 9, kept: 2, laterMs: 180_000 } as const;
    expect(digestText(digest, [], [better])).toContain(
      'orders-db: rules.level.warningAtShare 0.85 instead of 0.8 would have saved 6 of 9 cards, and told all 2 that somebody acted on or that became critical, the latest of them 3 minutes later',
    );
    const none = { kind: 'none', targetId: 'orders-db', why: 'nothingSaved' } as const;
    expect(digestText(digest, [], [none])).toContain('orders-db: no other threshold would have saved a card');
    expect(digestMarkdown(digest, [], 'no configuration')).toContain('- no configuration');
  });
});

describe('a digest', () => {
  it('counts the incidents that opened in the span, by the highest severity and by target', () => {
    const { incidents } = digestedOf(
      chain('inc-0000000001', opened(1), [5, 'escalated'], [9, 'resolved']),
      chain('inc-0000000002', opened(10), [20, 'resolved'], [22, 'reopened']),
      chain('inc-0000000003', opened(30, 'other-db', 'critical')),
      chain('inc-0000000004', opened(-10), [5, 'resolved']),
      chain('inc-0000000005', opened(8 * 24 * 60)),
    );
    expect(incidents).toEqual({
      count: 3,
      bySeverity: { critical: 2, warning: 1 },
      byTarget: { 'orders-db': 2, 'other-db': 1 },
      reopened: 1,
      open: 2,
    });
  });

  it('knows an incident whose own chain has lost its beginning from the chain of all', () => {
    const refs = { incidentId: 'inc-0000000001', targetId: 'orders-db' };
    const text = 'inc-0000000001 opened: orders-db, critical: full; why';
    const digest = digestedOf(
      chain('all', [1, 'opened', { text, refs }]),
      chain('inc-0000000001', [9, 'resolved', { refs }]),
    );
    expect(digest.incidents).toMatchObject({ count: 1, bySeverity: { critical: 1 }, open: 0 });
    expect(digest.resolved).toEqual({ count: 1, medianMs: 8 * MINUTE_MS });
  });

  it('takes the first acknowledgement, and tells a run from nobody at all', () => {
    const { acknowledged, nobodyAcknowledged } = digestedOf(
      chain('inc-0000000001', opened(0), [2, 'acknowledged'], [50, 'acknowledged']),
      chain('inc-0000000002', opened(0), [8, 'acknowledged']),
      chain('inc-0000000003', opened(0), ...ran(4, 'run-1', null)),
      chain('inc-0000000004', opened(0)),
    );
    expect(acknowledged).toEqual({ count: 2, medianMs: 5 * MINUTE_MS });
    expect(nobodyAcknowledged).toEqual({ count: 2, withRun: 1 });
  });

  it('measures until an incident is resolved for good', () => {
    const { resolved } = digestedOf(
      chain('inc-0000000001', opened(0), [10, 'resolved'], [12, 'reopened'], [30, 'resolved']),
      chain('inc-0000000002', opened(0), [10, 'resolved'], [12, 'reopened']),
    );
    expect(resolved).toEqual({ count: 1, medianMs: 30 * MINUTE_MS });
  });

  it('keeps what recovered by itself apart from what was run against; dry and late runs are none', () => {
    const { resolvedAfterRun, resolvedWithoutRun } = digestedOf(
      chain('inc-0000000001', opened(0), ...ran(2, 'run-1', 'recovered'), [10, 'resolved']),
      chain('inc-0000000002', opened(0), ...ran(2, 'run-2', null, ' without changing anything'), [20, 'resolved']),
      chain('inc-0000000003', opened(0), [40, 'resolved'], ...ran(41, 'run-3', null)),
      chain('inc-0000000004', opened(0)),
    );
    expect(resolvedAfterRun).toEqual({ count: 1, medianMs: 10 * MINUTE_MS });
    expect(resolvedWithoutRun).toEqual({ count: 2, medianMs: 30 * MINUTE_MS });
  });

  it('takes the last word on a run, in whichever chain it stands', () => {
    const { runbooks } = digestedOf(
      chain('all', [90, 'outcome', { id: 'outcome:run-1:relapsed', refs: { runId: 'run-1' } }]),
      chain('inc-0000000001', opened(-60), ...ran(2, 'run-1', 'recovered'), ...ran(30, 'run-2', 'recovered')),
      chain('inc-0000000002', ...ran(2, 'run-3', null), ...ran(4, 'run-4', null, ' without changing anything')),
      chain('inc-0000000003', ...ran(-5, 'run-5', 'recovered')),
    );
    expect(runbooks).toMatchObject([{ runbookId: 'restart-workers', runs: 3, dryRuns: 1, withoutOutcome: 1 }]);
    expect(runbooks[0]?.outcomes).toMatchObject({ recovered: 1, relapsed: 1, improved: 0 });
  });

  it('names a runbook by its document where the wish is lost, and a way back by its runbook', () => {
    const text = `started "Clear" ${HOSTS}`;
    const undo = 'asked to take back run-1 with rollback-config';
    const { runbooks } = digestedOf(
      chain('inc-0000000001', [
        1,
        'started',
        { text, refs: { runId: 'run-1', document: 'runbell-clear-caches-0a1b2c3d' } },
      ]),
      chain(
        'inc-0000000002',
        [1, 'permitted', { text: undo, refs: { runId: 'run-2' } }],
        [2, 'started', { text, refs: { runId: 'run-2' } }],
      ),
    );
    expect(runbooks.map(({ runbookId }) => runbookId)).toEqual(['clear-caches', 'rollback-config']);
  });

  it('counts refusals by reason and keeps freezes in their order', () => {
    const refused = (minute: number, why: string): Told => [minute, 'refused', { why }];
    const { refusals, freezes } = digestedOf(
      chain('all', [9, 'unfrozen'], refused(1, 'frozen'), refused(-1, 'stale')),
      chain('inc-0000000001', [3, 'frozen'], refused(2, 'notAllowed'), refused(4, 'notAllowed')),
    );
    expect(Object.entries(refusals)).toEqual([
      ['notAllowed', 2],
      ['frozen', 1],
    ]);
    expect(freezes.map(({ what }) => what)).toEqual(['frozen', 'unfrozen']);
  });

  it('leaves practices out, and what was asked of them', () => {
    const practice = opened(1, 'practice--orders-db');
    const refs = { targetId: 'practice--orders-db' };
    const digest = digestedOf(
      chain(
        'all',
        [1, 'opened', { ...practice[2], refs: { ...refs, incidentId: 'inc-0000000001' } }],
        [3, 'refused', { why: 'stale', refs }],
      ),
      chain(
        'inc-0000000001',
        practice,
        ...ran(2, 'run-1', 'recovered'),
        [3, 'refused', { why: 'stale' }],
        [9, 'resolved'],
      ),
    );
    expect(digest).toEqual(digestedOf());
  });
});

describe('what the timeline keeps', () => {
  const { parameters } = restartWorkers().manifest;
  const dry = { name: 'DryRun', from: 'run.dryRun', description: 'Only say it', pattern: '^(yes|no)$' } as const;
  const using = settings({}, [restartWorkers({ parameters: [...parameters, dry] })]);
  const target = troubled(using);
  const nowMs = NIGHT_MS + 2000;

  /** A run as it is decided, started and judged. */
  function storyOfRun(dryRun: boolean): TimelineDraft[] {
    const record = requestRecord(runRequest(target, { dryRun }));
    const decided = decide(decideState(using, target), record, nowMs);
    if (decided.kind !== 'start') throw new Error(`not permitted: ${JSON.stringify(decided)}`);
    const { permit } = decided;
    const wish = entryOfDecision({ ...record, decision: permitted(nowMs, permit.runId) }, null);
    const measure = { atMs: nowMs, connected: 10, connectionsMax: 100, full: false };
    const outcome = { kind: 'recovered', before: measure, after: measure, afterMs: MINUTE_MS } as const;
    const judged = { ...target, run: { ...targetRunOf(permit, target, nowMs), outcome } };
    const ended = storyOf({ before: target, after: judged, what: 'changed', nowMs: nowMs + MINUTE_MS });
    const kept = [...runStartedStory(permit, nowMs), ...ended].map((one) => ({ ...one, refs: one.refs ?? {} }));
    return wish === null ? kept : [wish.draft, ...kept];
  }

  it.each([false, true])('is understood in the very words that it is kept in; dry run: %s', (dryRun) => {
    const [first] = storyOf({ before: target, after: target, what: 'opened', nowMs });
    if (first === undefined) throw new Error('nothing has opened');
    const drafts = [{ ...first, refs: { targetId: target.targetId } }, ...storyOfRun(dryRun)];
    const place = { previousHash: '', previousAtMs: 0, hash: '', seq: 1 };
    const entries = drafts.map((one): TimelineEntry => ({ ...one, ...place }));
    const digest = digestOf([{ chain: 'inc-0000000001', entries }], NIGHT_MS, NIGHT_MS + DAY_MS);
    expect(Object.keys(digest.incidents.bySeverity)).toEqual([target.incident?.severity]);
    expect(digest.runbooks).toMatchObject([
      { runbookId: 'restart-workers', runs: dryRun ? 0 : 1, dryRuns: dryRun ? 1 : 0, withoutOutcome: 0 },
    ]);
    expect(digest.runbooks[0]?.outcomes.recovered).toBe(dryRun ? 0 : 1);
    expect(digest.nobodyAcknowledged).toEqual({ count: 1, withRun: dryRun ? 0 : 1 });
  });
});

describe('a median', () => {
  it('is the middle, between two where there are two, and none of nothing', () => {
    expect(medianOf([30, null, 10, 20])).toEqual({ count: 3, medianMs: 20 });
    expect(medianOf([40, 10, 20, 30])).toEqual({ count: 4, medianMs: 25 });
    expect(medianOf([null])).toEqual({ count: 0, medianMs: null });
    expect(Object.keys(countsOf(['b', 'c', 'a', 'c']))).toEqual(['c', 'a', 'b']);
  });
});

describe('the text of a digest', () => {
  const incidents = (count: number) =>
    Array.from({ length: count }, (_, at) =>
      chain(`inc-000000000${at}`, opened(at), ...ran(at + 1, `run-${at}`, at < 4 ? 'recovered' : 'notRecovered')),
    );

  it('has no percentage under five, and always how many there were', () => {
    expect(digestText(digestedOf(...incidents(4)), [])).toMatch(/restart-workers: 4 runs, recovered 4 of 4$/m);
    expect(digestText(digestedOf(...incidents(5)), [])).toMatch(
      /restart-workers: 5 runs, recovered 4 of 5 \(80 %\), notRecovered 1$/m,
    );
  });

  it('says that the two groups are not alike, and that an outcome is no cause', () => {
    const text = digestText(digestedOf(...incidents(1), chain('inc-0000000009', opened(0), [4, 'resolved'])), []);
    expect(text).toMatch(
      /healed by themselves, without any run: 1 of 1, median 4 minutes\n.*resolved with a run of whatever runbook: 0 of 1\n.*not alike/,
    );
    expect(text).toContain('not that the run was why');
  });

  it('says that a span is empty', () => {
    expect(digestText(digestedOf(), [])).toBe(
      'Runbell from 2026-11-16T00:00:00Z to 2026-11-23T00:00:00Z\n\nNothing\n  No incident, no run, no refusal and no freeze is kept of that time.',
    );
  });

  it('lets nothing that people wrote be markup', () => {
    const text = 'asked to freeze everything: <b> *sale* | [x](y)';
    const markdown = digestMarkdown(digestedOf(chain('all', [1, 'frozen', { byUserId: 'U0TESTER', text }])), []);
    expect(markdown).toContain(
      '- 2026-11-16T00:01:00Z  @U0TESTER asked to freeze everything: \\<b\\> \\*sale\\* \\| \\[x\\](y)',
    );
  });
});

describe('reading for a digest', () => {
  const open = { openTargets: async () => ({ items: [], setAside: [] }), dueIds: async () => [] };

  async function stored(): Promise<MemoryTimeline> {
    const timeline = new MemoryTimeline();
    for (const [minute, id] of [
      [-30 * 24 * 60, 'inc-0000000001'],
      [-60, 'inc-0000000002'],
      [5, 'inc-0000000003'],
    ] as const) {
      const entry = draft([minute, 'opened', { refs: { incidentId: id, targetId: 'orders-db' } }]);
      await timeline.append('all', { ...entry, id: `${id}:${entry.id}` });
      await timeline.append(id, entry);
      await timeline.append(id, draft([minute + 9, 'resolved']));
    }
    return timeline;
  }

  it('leaves what is long over unread, unless it is still open', async () => {
    const timeline = await stored();
    const names = async (at: Parameters<typeof readChains>[0]) =>
      (await readChains(at, FROM_MS, UNTIL_MS)).chains.map((one) => one.chain);
    expect(await names({ timeline, open })).toEqual(['all', 'inc-0000000003', 'inc-0000000002']);
    const value = aTarget({ incident: anIncident({ id: 'inc-0000000001' }) });
    const stillOpen = { ...open, openTargets: async () => ({ items: [{ value, revision: 1 }], setAside: [] }) };
    expect(await names({ timeline, open: stillOpen })).toContain('inc-0000000001');
  });

  it('says which chain is broken, and counts what can still be read', async () => {
    const timeline = await stored();
    timeline.chains.get('inc-0000000003')?.entries.pop();
    const { chains, gaps } = await readChains({ timeline, open }, FROM_MS, UNTIL_MS);
    expect(gaps).toMatchObject([{ kind: 'broken', chain: 'inc-0000000003', check: { what: 'cutOff' } }]);
    const text = digestText(digestOf(chains, FROM_MS, UNTIL_MS), gaps);
    expect(text).toMatch(/Not all of it can be trusted\n {2}inc-0000000003: BROKEN, entry 2 was cut off/);
    expect(text).toContain('1 opened');
  });

  it('says that a chain was too long to be read whole, and does not call that broken', async () => {
    const { gaps } = await readChains({ timeline: await stored(), open }, FROM_MS, UNTIL_MS, 2);
    expect(gaps).toEqual([{ kind: 'tooLong', chain: 'all', fromMs: FROM_MS - 60 * MINUTE_MS }]);
    expect(digestText(digestedOf(), gaps)).toContain(
      'all: too long to be read whole; what is before 2026-11-15T23:00:00Z',
    );
  });
});

describe('npx runbell digest', () => {
  const tableName = 'runbell-local';
  let aws: LocalAws;
  beforeEach(async () => {
    aws = await createLocalAws({ tableName });
  });
  afterEach(() => aws.close());

  async function digest(...args: string[]): Promise<string> {
    const io = new RecordingConsole(environmentFor(aws));
    expect(await run([...args, '--endpoint', aws.url], io)).toBe(0);
    return io.written.join('\n');
  }

  it('tells of the stored timelines, and of an empty table that there is nothing', async () => {
    expect(await digest()).toContain('No incident, no run, no refusal and no freeze');
    const { timeline } = openTable(tableName, 'us-east-1', environmentFor(aws));
    const fromMs = Date.now() - 2 * 60 * MINUTE_MS;
    const id = 'inc-a1b2c3d4e5';
    const first = draft(opened(0), fromMs);
    await timeline.append('all', { ...first, refs: { ...first.refs, incidentId: id } });
    for (const told of [opened(0), [4, 'acknowledged'], ...ran(5, 'run-1', 'recovered'), [10, 'resolved']] as Told[]) {
      await timeline.append(id, draft(told, fromMs));
    }
    const text = await digest('--since', '3h');
    expect(text).toMatch(/1 opened \(highest severity: warning 1\)[\s\S]*acknowledged: 1 of 1, median 4 minutes/);
    expect(text).toContain('restart-workers: 1 run, recovered 1 of 1\n');
    expect(JSON.parse(await digest('--json'))).toMatchObject({ incidents: { count: 1 }, gaps: [] });
    expect(await digest('--markdown')).toMatch(/^# Runbell from [\s\S]*## Refusals\n\n- none/);
    expect(await digest('--since', '90m')).toContain('No incident');
  });

  it.each(['7', '0d', '401d', 'week'])('refuses the span %s', async (span) => {
    await expect(run(['--since', span], new RecordingConsole({}))).rejects.toThrow('--since takes a span');
  });
});
