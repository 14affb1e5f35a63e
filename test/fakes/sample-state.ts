import type { ApplicationState } from '../../functions/core/model/application.ts';
import type { RequestRecord } from '../../functions/core/model/decision.ts';
import type { HostRun, Run } from '../../functions/core/model/run.ts';
import type { Incident, TargetState } from '../../functions/core/model/target.ts';

/** An instant that all samples of state are built around. */
export const SAMPLE_NOW_MS = 1_795_410_300_000;

/** A target about which nothing is known and nothing owed. */
export function aTarget(change: Partial<TargetState> = {}): TargetState {
  return {
    schema: 1,
    targetId: 'orders-db',
    incident: null,
    figures: null,
    figuresWrittenAtMs: 0,
    offerVersion: 0,
    offerKey: '',
    run: null,
    tried: [],
    notice: {
      owedVersion: 0,
      shownVersion: 0,
      owedSinceMs: null,
      message: null,
      postIntentAtMs: null,
      lease: null,
      notBeforeMs: 0,
      failures: 0,
      lastProblem: null,
      pagedVersion: 0,
    },
    storyOwed: [],
    acknowledgement: null,
    silence: null,
    timelineOwed: [],
    reminder: { remindedAtMs: null, pagedAtMs: null },
    foldedInto: null,
    applied: [],
    wakeAtMs: null,
    ...change,
  };
}

export function anIncident(change: Partial<Incident> = {}): Incident {
  return {
    id: 'inc-0000000001',
    openedAtMs: SAMPLE_NOW_MS,
    severity: 'warning',
    severityHighest: 'warning',
    reasons: [{ rule: 'absolute', connected: 45, bound: 40 }],
    forecast: null,
    lastBreachAtMs: SAMPLE_NOW_MS,
    healthySinceMs: null,
    resolvedAtMs: null,
    reopenedTimes: 0,
    ...change,
  };
}

export function aRequest(change: Partial<RequestRecord> = {}): RequestRecord {
  return {
    schema: 1,
    id: 'req-1',
    receivedAtMs: SAMPLE_NOW_MS,
    by: { userId: 'U0TESTER', teamId: 'T0TESTING', kind: 'member' },
    channel: 'C0TESTING',
    messageTs: null,
    request: { kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-0000000001' },
    decision: null,
    answerOwed: false,
    answerFailures: 0,
    ...change,
  };
}

export function aHostRun(change: Partial<HostRun> = {}): HostRun {
  return {
    hostId: 'mi-00000000000000001',
    phase: 'waiting',
    claimId: null,
    claimedAtMs: null,
    commandId: null,
    sentAtMs: null,
    endedAtMs: null,
    ending: null,
    lines: [],
    ...change,
  };
}

export function aRun(change: Partial<Run> = {}): Run {
  return {
    schema: 1,
    runId: 'run-0000000000000001',
    requestId: 'req-1',
    targetId: 'orders-db',
    incidentId: 'inc-0000000001',
    applicationId: 'orders',
    runbookId: 'restart-workers',
    runbookTitle: 'Restart workers',
    document: { name: 'runbell-restart-workers-00000000', sha256: '0'.repeat(64) },
    parameters: { RunId: 'run-0000000000000001' },
    byUserId: 'U0TESTER',
    approvedBy: null,
    undoes: null,
    dryRun: false,
    permittedAtMs: SAMPLE_NOW_MS,
    hostTimeoutMs: 120_000,
    hosts: [aHostRun()],
    phase: 'running',
    endedAtMs: null,
    stop: null,
    ...change,
  };
}

export function anApplication(change: Partial<ApplicationState> = {}): ApplicationState {
  return { schema: 1, applicationId: 'orders', lock: null, attempts: [], outcomes: [], ...change };
}
