import { describe, expect, it } from 'vitest';
import { decide } from '../../../functions/core/act/decide.ts';
import { targetRunOf, waitingRunOf } from '../../../functions/core/act/new-run.ts';
import type { Ending, Outcome, TargetRun } from '../../../functions/core/model/run.ts';
import type { Incident, TargetState } from '../../../functions/core/model/target.ts';
import { noticeOf } from '../../../functions/core/notify/notice-of.ts';
import { plainTokens } from '../../../functions/core/text/tokens.ts';
import { unreadableSentence } from '../../../functions/core/text/unreadable.ts';
import {
  decideState,
  incident,
  MINUTE_MS,
  NIGHT_MS,
  requestRecord,
  runRequest,
  settings,
  troubled,
} from '../../support/builders.ts';

const using = settings();
const trouble = troubled(using);
const measure = { atMs: NIGHT_MS, connected: 90, connectionsMax: 100, full: false };
const outcomeOf = (kind: 'recovered' | 'improved' | 'notRecovered'): Outcome => ({
  kind,
  before: measure,
  after: { ...measure, connected: 12 },
  afterMs: 40_000,
});

function permitOf() {
  const decided = decide(decideState(using, trouble), requestRecord(runRequest(trouble)), NIGHT_MS);
  if (decided.kind !== 'start') throw new Error(`expected a permit, got ${decided.kind}`);
  return decided.permit;
}

function runOf(
  change: Partial<TargetRun>,
  endings: readonly Ending[] = [{ kind: 'done' }, { kind: 'done' }],
): TargetRun {
  const run = targetRunOf(permitOf(), trouble, NIGHT_MS);
  const ended = run.hosts.map((hostId, at) => ({
    hostId,
    ending: endings[at] ?? ({ kind: 'done' } as const),
    lines: ['queue: pid 1 -> 2'],
  }));
  return { ...run, endings: ended, phase: 'judged', endedAtMs: NIGHT_MS, ...change };
}

function shown(change: Partial<TargetState>, how: Partial<Incident> = {}) {
  const notice = noticeOf({ ...trouble, incident: incident({ ...trouble.incident, ...how }), ...change }, using);
  if (notice === null) throw new Error('there is nothing to show');
  return notice;
}

describe('the face of a card', () => {
  const lastBreachAtMs = NIGHT_MS - MINUTE_MS;
  const healthy = { lastBreachAtMs, healthySinceMs: NIGHT_MS } as const;

  it('is red only for what is wrong now', () => {
    expect(shown({}).face).toBe(trouble.incident?.severity);
    expect(shown({}, healthy).face).toBe('settling');
    expect(shown({}, { ...healthy, resolvedAtMs: NIGHT_MS }).face).toBe('resolved');
  });

  it('is the outcome until the incident has moved on', () => {
    const did = (kind: Parameters<typeof outcomeOf>[0]) => ({ run: runOf({ outcome: outcomeOf(kind) }) });
    expect(shown(did('notRecovered')).face).toBe('notRecovered');
    expect(shown(did('notRecovered'), healthy).face).toBe('settling');
    expect(shown(did('improved'), healthy).face).toBe('settling');
    expect(shown(did('recovered'), healthy).face).toBe('recovered');
    // Out of sight nobody knows better.
    expect(shown(did('recovered'), { lastBreachAtMs }).face).toBe('recovered');
    expect(shown(did('recovered'), { lastBreachAtMs: NIGHT_MS + 1 }).face).toBe(trouble.incident?.severity);
  });
});

describe('what a card says of a run', () => {
  it('is where it is done, once the database has the word and all went well', () => {
    const [first, second] = runOf({}).hosts;
    const { run } = shown({ run: runOf({ outcome: outcomeOf('recovered') }) });
    expect(run?.brief).toBe(`Done on ${first}, ${second}; what each said is in the details`);
    expect(plainTokens(run?.headline ?? '')).toBe(
      '"Restart workers" by @U0FIRST at 2026-11-23T03:00:00Z: it helped: 90 → 12 of 100 connections, 40 seconds after it ended',
    );
  });

  it.each<[string, Partial<TargetRun>, Ending]>([
    ['a host failed', { outcome: outcomeOf('notRecovered') }, { kind: 'failed', reason: 'no daemon' }],
    ['a host had nothing to do', { phase: 'verifying' }, { kind: 'nothingToDo', reason: 'no idle connection' }],
    ['it only looked', { outcome: null }, { kind: 'done' }],
    ['it is running', { phase: 'running' }, { kind: 'done' }],
  ])('is what each host said while %s', (_, change, ending) => {
    expect(shown({ run: runOf(change, [ending]) }).run?.brief).toBeNull();
  });

  it('never says of one that waits that it has started', () => {
    const by = { userId: 'U0FIRST', teamId: 'T0TEAM', kind: 'member' } as const;
    const run = waitingRunOf(permitOf(), by, NIGHT_MS + MINUTE_MS, trouble, NIGHT_MS);
    expect(plainTokens(shown({ run }).run?.headline ?? '')).toMatch(
      /^"Restart workers", asked for by @U0FIRST at 2026-11-23T03:00:00Z, waits for .* nothing runs before$/,
    );
  });

  it('is that nothing was changed where it only looked', () => {
    expect(shown({ run: runOf({}) }).run?.headline).toContain('has ended; nothing was changed');
  });

  it('names the hosts that were left alone after one had failed, once it has ended', () => {
    const ended = runOf({ outcome: outcomeOf('notRecovered') }, [{ kind: 'failed', reason: 'no daemon' }]);
    const endings = [ended.endings[0] ?? null, null];
    expect(shown({ run: { ...ended, endings } }).run?.lines.at(-1)).toBe(`${ended.hosts[1]}: left alone`);
    const running = { ...ended, endings, phase: 'running', endedAtMs: null, outcome: null } as const;
    expect(shown({ run: running }).run?.lines.at(-1)).toBe('queue: pid 1 -> 2');
  });
});

describe('the facts on a card', () => {
  it('say of trouble that is over why it began, and that nothing was run where nothing was', () => {
    const over = { healthySinceMs: NIGHT_MS, resolvedAtMs: NIGHT_MS } as const;
    expect(shown({}, over).facts).toEqual([expect.stringMatching(/^Why it began: /), 'Nothing was run against it']);
    expect(shown({ run: runOf({ outcome: outcomeOf('recovered') }) }, over).facts).toHaveLength(1);
  });

  it('say what to do about a database that cannot be read, below what happened', () => {
    const [target] = using.config.targets;
    if (target === undefined || trouble.figures === null) throw new Error('there is no target');
    const sentence = unreadableSentence('denied', { target, port: 3306, code: '1045', why: null });
    const lostSight = { sinceMs: NIGHT_MS, cause: 'denied', sentence } as const;
    const { summary, facts } = shown({ figures: { ...trouble.figures, lostSight } });
    expect(summary).toMatch(/refused the login of runbell \(error 1045\); last seen: /);
    expect(facts[1]).toMatch(/^Whether it is running out of connections is not known. Check that .*[^.]$/);
  });
});
