import { describe, expect, it } from 'vitest';
import { markersOf } from '../../functions/core/store/markers.ts';
import { aHostRun, anApplication, anIncident, aRequest, aRun, aTarget, SAMPLE_NOW_MS } from '../fakes/sample-state.ts';

const NOW_MS = SAMPLE_NOW_MS;
const DAY_MS = 86_400_000;
const debt = aTarget().notice;

describe('markers of a target', () => {
  it('are none while nothing is wrong and nothing owed', () => {
    expect(markersOf('target', aTarget())).toEqual({});
  });

  it('say that a notice is owed until the version owed is shown', () => {
    const owing = aTarget({ notice: { ...debt, owedVersion: 2, shownVersion: 1, owedSinceMs: NOW_MS } });
    expect(markersOf('target', owing)).toEqual({ open: 'target', dueAtMs: NOW_MS + 15_000, owes: 'notice' });
    const shown = aTarget({ notice: { ...debt, owedVersion: 2, shownVersion: 2 } });
    expect(markersOf('target', shown)).toEqual({});
  });

  it('say that a notice is owed while the thread lacks an entry', () => {
    const storyOwed = [{ id: 's-1', atMs: NOW_MS, text: 'It was acknowledged.' }];
    expect(markersOf('target', aTarget({ storyOwed }))).toMatchObject({ open: 'target', owes: 'notice' });
  });

  it.each([
    ['the rate limit is over', { notBeforeMs: NOW_MS + 30_000 }],
    ['the lease of another has run out', { lease: { holder: 'n-1', untilMs: NOW_MS + 30_000 } }],
  ])('let the sweep wait until %s', (_, change) => {
    const notice = { ...debt, owedVersion: 1, owedSinceMs: NOW_MS, ...change };
    expect(markersOf('target', aTarget({ notice })).dueAtMs).toBe(NOW_MS + 30_000);
  });

  it('keep an open incident in the index, and a resolved one for as long as it may be reopened', () => {
    const open = aTarget({ incident: anIncident(), figuresWrittenAtMs: NOW_MS });
    expect(markersOf('target', open)).toEqual({ open: 'target', dueAtMs: NOW_MS + 60_000 });
    const resolved = aTarget({ incident: anIncident({ resolvedAtMs: NOW_MS }) });
    expect(markersOf('target', resolved)).toEqual({ open: 'target', dueAtMs: NOW_MS + DAY_MS });
  });

  it('keep a target with an unjudged run in the index, and drop it with the judgement', () => {
    const run = {
      runId: 'run-1',
      runbookId: 'restart-workers',
      runbookTitle: 'Restart workers',
      applicationId: 'orders',
      byUserId: 'U0TESTER',
      startedAtMs: NOW_MS,
      hosts: [],
      phase: 'verifying',
      before: null,
      endings: [],
      endedAtMs: NOW_MS + 5000,
      outcome: null,
      requestId: 'req-1',
      waiting: null,
      approvedBy: null,
      undoes: null,
      dryRun: false,
      stop: null,
    } as const;
    expect(markersOf('target', aTarget({ run }))).toEqual({ open: 'target', dueAtMs: NOW_MS + 65_000 });
    expect(markersOf('target', aTarget({ run: { ...run, phase: 'judged' } }))).toEqual({});
  });
});

describe('markers of a request', () => {
  const expiresAtMs = NOW_MS + 30 * DAY_MS;
  const decision = { kind: 'permitted', atMs: NOW_MS, runId: null, says: null, shows: null } as const;

  it('go from a decision to an answer to nothing', () => {
    const open = { open: 'request', dueAtMs: NOW_MS + 15_000, expiresAtMs };
    expect(markersOf('request', aRequest({ answerOwed: true }))).toEqual({ ...open, owes: 'decision' });
    expect(markersOf('request', aRequest({ decision, answerOwed: true }))).toEqual({ ...open, owes: 'answer' });
    expect(markersOf('request', aRequest({ decision }))).toEqual({ expiresAtMs });
  });
});

describe('markers of a run', () => {
  const [done, first] = [{ kind: 'done' } as const, aHostRun({ hostId: 'mi-00000000000000001' })];
  const second = aHostRun({ hostId: 'mi-00000000000000002' });

  it('ask for a step while a host waits or is claimed, each with its own deadline', () => {
    const waiting = aRun({ hosts: [first, second] });
    expect(markersOf('run', waiting)).toEqual({ open: 'run', dueAtMs: NOW_MS + 15_000, owes: 'step' });
    const claimed = { ...first, phase: 'claimed', claimedAtMs: NOW_MS + 1000 } as const;
    const dueAtMs = NOW_MS + 16_000;
    expect(markersOf('run', aRun({ hosts: [claimed, second] }))).toEqual({ open: 'run', dueAtMs, owes: 'step' });
    const ended = { ...first, phase: 'ended', endedAtMs: NOW_MS + 9000, ending: done } as const;
    expect(markersOf('run', aRun({ hosts: [ended, second] }))).toMatchObject({
      dueAtMs: NOW_MS + 24_000,
      owes: 'step',
    });
  });

  it('ask for no step while a command is out, only for a look', () => {
    const sent = { ...first, phase: 'sent', claimedAtMs: NOW_MS, sentAtMs: NOW_MS + 1000 } as const;
    expect(markersOf('run', aRun({ hosts: [sent, second] }))).toEqual({ open: 'run', dueAtMs: NOW_MS + 21_000 });
  });

  it('ask for the closing step when a crash left every host ended and the run open', () => {
    const ended = { ...first, phase: 'ended', endedAtMs: NOW_MS, ending: done } as const;
    expect(markersOf('run', aRun({ hosts: [ended] }))).toMatchObject({ open: 'run', owes: 'step' });
  });

  it('leave an ended run to expire after ninety days', () => {
    const ended = aRun({ phase: 'ended', endedAtMs: NOW_MS });
    expect(markersOf('run', ended)).toEqual({ expiresAtMs: NOW_MS + 90 * DAY_MS });
  });
});

describe('markers of an application', () => {
  it('are none: its lock runs out by itself', () => {
    const lock = { runId: 'run-1', targetId: 'orders-db', byUserId: 'U0TESTER', sinceMs: 1, expiresAtMs: 2 };
    expect(markersOf('application', anApplication({ lock }))).toEqual({});
  });

  it('say when its configuration has to be looked after, and nothing where it has not', () => {
    const snapshots = { dueAtMs: NOW_MS, why: 'daily', runId: null, hosts: {} } as const;
    expect(markersOf('application', anApplication({ snapshots }))).toEqual({ open: 'application', dueAtMs: NOW_MS });
    expect(markersOf('application', anApplication({ snapshots: { ...snapshots, dueAtMs: null } }))).toEqual({});
  });
});
