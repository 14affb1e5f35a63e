import { describe, expect, it } from 'vitest';
import type { ApplicationState } from '../../../functions/core/act/application-state.ts';
import { type DecideState, decide, runIdOf } from '../../../functions/core/act/decide.ts';
import { newRun, targetRunOf } from '../../../functions/core/act/new-run.ts';
import type { RefusalReason, RequestRecord } from '../../../functions/core/act/request.ts';
import type { TargetState } from '../../../functions/core/incident/target-state.ts';
import {
  freeApplication,
  incident,
  NIGHT_MS,
  requestRecord,
  restartWorkers,
  runRequest,
  settings,
  troubled,
} from '../../support/builders.ts';

const using = settings();
const target = troubled(using);
const nowMs = NIGHT_MS + 2000;
const allowed = {
  record: requestRecord(runRequest(target)),
  state: { settings: using, target, application: freeApplication },
};

function lockedBy(runId: string): ApplicationState {
  const lock = {
    runId,
    targetId: 'orders-db',
    byUserId: 'U0SECOND',
    sinceMs: NIGHT_MS,
    expiresAtMs: NIGHT_MS + 60_000,
  };
  return { ...freeApplication, lock };
}

function runningBy(runId: string): TargetState {
  const permitted = decide(allowed.state, allowed.record, nowMs);
  if (permitted.kind !== 'run') throw new Error(`expected a permit, got ${permitted.kind}`);
  const run = { ...newRun(permitted.permit, allowed.record.id, 'U0SECOND', NIGHT_MS), runId };
  return { ...target, offerVersion: target.offerVersion + 1, run: targetRunOf(run, target) };
}

const fresh = (change: Parameters<typeof runRequest>[1]): RequestRecord => requestRecord(runRequest(target, change));

describe('a click on a button that is still true', () => {
  it('is permitted with exactly what the card showed', () => {
    expect(decide(allowed.state, allowed.record, nowMs)).toMatchObject({
      kind: 'run',
      permit: {
        runId: 'run-0123456789abcdef',
        request: allowed.record.request,
        entry: { document: { sha256: restartWorkers().document.sha256 } },
        parameters: { RunId: 'run-0123456789abcdef', Processes: 'orders-queue' },
      },
    });
  });

  it('stays permitted when only the figures are newer', () => {
    const figures = target.figures === null ? null : { ...target.figures, connected: 99 };
    const state = { ...allowed.state, target: { ...target, figures, figuresWrittenAtMs: nowMs } };
    expect(decide(state, allowed.record, nowMs).kind).toBe('run');
  });

  it('goes on where it stopped when its own lock or run is stored already', () => {
    const own = runIdOf(allowed.record.id);
    const attempts = [{ runbookId: 'restart-workers', atMs: nowMs, runId: own }];
    expect(decide({ ...allowed.state, application: { ...lockedBy(own), attempts } }, allowed.record, nowMs).kind).toBe(
      'run',
    );
    expect(decide({ ...allowed.state, target: runningBy(own) }, allowed.record, nowMs).kind).toBe('run');
  });
});

describe('a request is refused', () => {
  const rows: [RefusalReason, { record?: RequestRecord; state?: Partial<DecideState>; atMs?: number }][] = [
    ['unreadableClick', { record: requestRecord({ kind: 'unreadable', problem: 'the value is not JSON' }) }],
    ['foreignWorkspace', { record: { ...allowed.record, by: { ...allowed.record.by, teamId: 'T0OTHER' } } }],
    ['foreignWorkspace', { record: { ...allowed.record, by: { ...allowed.record.by, kind: 'foreign' } } }],
    ['unknownTarget', { state: { target: null } }],
    ['nobodyConfigured', { state: { settings: settings({ people: [] }) } }],
    ['notAllowed', { record: { ...allowed.record, by: { ...allowed.record.by, userId: 'U0STRANGER' } } }],
    ['incidentClosed', { state: { target: { ...target, incident: incident({ resolvedAtMs: NIGHT_MS }) } } }],
    ['incidentClosed', { record: fresh({ incidentId: 'inc-0000000000' }) }],
    ['unknownRunbook', { record: fresh({ runbookId: 'format-disk' }) }],
    ['runbookChanged', { record: fresh({ documentHash: 'cd'.repeat(8) }) }],
    ['stale', { record: fresh({ offerVersion: target.offerVersion - 1 }) }],
    ['stale', { record: fresh({ hosts: ['i-0000000000000001'] }) }],
    ['stale', { record: fresh({ applicationId: 'billing' }) }],
    ['expired', { atMs: NIGHT_MS + 3_600_001 }],
    ['alreadyRunning', { state: { target: runningBy('run-ffffffffffffffff') } }],
    ['applicationBusy', { state: { application: lockedBy('run-ffffffffffffffff') } }],
    [
      'coolingDown',
      {
        state: {
          application: {
            ...freeApplication,
            attempts: [{ runbookId: 'restart-workers', atMs: NIGHT_MS - 297_000, runId: 'run-1' }],
          },
        },
      },
    ],
  ];

  it.each(rows)('with %s', (reason, change) => {
    const record = change.record ?? allowed.record;
    const refused = decide({ ...allowed.state, ...change.state }, record, change.atMs ?? nowMs);
    expect(refused).toMatchObject({ kind: 'refused', reason });
  });

  it('with a sentence that says what was not changed', () => {
    for (const [, change] of rows) {
      const refused = decide(
        { ...allowed.state, ...change.state },
        change.record ?? allowed.record,
        change.atMs ?? nowMs,
      );
      expect(refused.kind === 'refused' && refused.sentence).toContain('Nothing was started or changed.');
    }
  });

  it('no longer once the lock has expired or the cool-down is over', () => {
    const application = {
      ...lockedBy('run-ffffffffffffffff'),
      attempts: [{ runbookId: 'restart-workers', atMs: NIGHT_MS - 298_000, runId: 'run-1' }],
    };
    const unlocked = { ...application, lock: null };
    expect(decide({ ...allowed.state, application: unlocked }, allowed.record, nowMs).kind).toBe('run');
    expect(
      decide({ ...allowed.state, application: { ...application, attempts: [] } }, allowed.record, NIGHT_MS + 60_000)
        .kind,
    ).toBe('run');
  });
});

describe('an acknowledgement', () => {
  it('is for the open incident only', () => {
    const request = { kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' } as const;
    expect(decide(allowed.state, requestRecord(request), nowMs).kind).toBe('acknowledge');
    expect(decide(allowed.state, requestRecord({ ...request, incidentId: 'inc-older00000' }), nowMs)).toMatchObject({
      reason: 'incidentClosed',
    });
  });
});
