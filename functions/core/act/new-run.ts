import type { TargetRun, TargetState } from '../incident/target-state.ts';
import type { ApplicationState } from './application-state.ts';
import type { Permit } from './decide.ts';
import type { HostRun, Run } from './run.ts';

/** SSM's delivery limit, and some time for its own bookkeeping. */
const DELIVERY_MS = 90_000;
const ATTEMPTS_KEPT_MAX = 50;

export function newApplicationState(applicationId: string): ApplicationState {
  return { schema: 1, applicationId, lock: null, attempts: [] };
}

/** Takes the application for one run. The attempt counts from here, however it ends. */
export function lockedFor(state: ApplicationState, permit: Permit, byUserId: string, nowMs: number): ApplicationState {
  const { runId, request, entry } = permit;
  const hostTimeoutMs = hostTimeoutOf(permit);
  const expiresAtMs = nowMs + hostTimeoutMs * request.hosts.length + DELIVERY_MS;
  const attempts = [...state.attempts, { runbookId: entry.manifest.id, atMs: nowMs, runId }].slice(-ATTEMPTS_KEPT_MAX);
  return { ...state, lock: { runId, targetId: request.targetId, byUserId, sinceMs: nowMs, expiresAtMs }, attempts };
}

function hostTimeoutOf(permit: Permit): number {
  return permit.entry.manifest.timeoutSeconds * 1000 + DELIVERY_MS;
}

export function newRun(permit: Permit, requestId: string, byUserId: string, nowMs: number): Run {
  const { request, entry } = permit;
  return {
    schema: 1,
    runId: permit.runId,
    requestId,
    targetId: request.targetId,
    incidentId: request.incidentId,
    applicationId: request.applicationId,
    runbookId: entry.manifest.id,
    runbookTitle: entry.manifest.title,
    document: entry.document,
    parameters: permit.parameters,
    byUserId,
    permittedAtMs: nowMs,
    hostTimeoutMs: hostTimeoutOf(permit),
    hosts: request.hosts.map(waitingHost),
    phase: 'running',
    endedAtMs: null,
  };
}

function waitingHost(hostId: string): HostRun {
  return {
    hostId,
    phase: 'waiting',
    claimId: null,
    claimedAtMs: null,
    commandId: null,
    sentAtMs: null,
    endedAtMs: null,
    ending: null,
    lines: [],
  };
}

/** The run as its target shows it, with the last measure before it. */
export function targetRunOf(run: Run, state: TargetState): TargetRun {
  const { figures } = state;
  const before =
    figures === null || figures.lostSight !== null
      ? null
      : {
          atMs: figures.atMs,
          connected: figures.connected,
          connectionsMax: figures.connectionsMax,
          full: figures.full,
        };
  return {
    runId: run.runId,
    runbookId: run.runbookId,
    runbookTitle: run.runbookTitle,
    applicationId: run.applicationId,
    byUserId: run.byUserId,
    startedAtMs: run.permittedAtMs,
    hosts: run.hosts.map((host) => host.hostId),
    phase: 'running',
    before,
    endings: run.hosts.map(() => null),
    endedAtMs: null,
    outcome: null,
  };
}
