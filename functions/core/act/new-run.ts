import type { TargetRun, TargetState } from '../incident/target-state.ts';
import type { CatalogueEntry } from '../runbook/manifest.ts';
import type { ApplicationState } from './application-state.ts';
import type { Permit } from './permit.ts';
import type { Requester } from './request.ts';
import type { HostRun, Run } from './run.ts';

/** SSM's delivery limit, and some time for its own bookkeeping. */
const DELIVERY_MS = 90_000;
const ATTEMPTS_KEPT_MAX = 50;
/** In whose name Runbell looks by itself; no member id looks like it. */
export const RUNBELL = 'Runbell';

export function newApplicationState(applicationId: string): ApplicationState {
  return { schema: 1, applicationId, lock: null, attempts: [], outcomes: [] };
}

/** Takes the application for one run. The attempt counts from here, however it ends; one that changes nothing does not. */
export function lockedFor(state: ApplicationState, permit: Permit, nowMs: number): ApplicationState {
  const { runId, request, entry, askedBy } = permit;
  const hostMs = entry.manifest.timeoutSeconds * 1000 + DELIVERY_MS;
  const expiresAtMs = nowMs + hostMs * request.hosts.length + DELIVERY_MS;
  const lock = { runId, targetId: request.targetId, byUserId: askedBy, sinceMs: nowMs, expiresAtMs };
  if (request.dryRun) return { ...state, lock };
  const attempts = [...state.attempts, { runbookId: entry.manifest.id, atMs: nowMs, runId }].slice(-ATTEMPTS_KEPT_MAX);
  return { ...state, lock, attempts };
}

export function newRun(permit: Permit, nowMs: number): Run {
  const { runId, requestId, request, entry, parameters } = permit;
  return {
    ...startedRun(entry, { runId, applicationId: request.applicationId, parameters, hosts: request.hosts }, nowMs),
    requestId,
    targetId: request.targetId,
    incidentId: request.incidentId,
    byUserId: permit.askedBy,
    approvedBy: permit.approvedBy,
    undoes: request.kind === 'undo' ? request.undoes : null,
    dryRun: request.dryRun,
  };
}

/** A run in Runbell's own name, before anything of it has happened. */
export function startedRun(
  { manifest, document }: CatalogueEntry,
  { hosts, ...given }: Pick<Run, 'runId' | 'applicationId' | 'parameters'> & { readonly hosts: readonly string[] },
  nowMs: number,
): Run {
  return {
    schema: 1,
    requestId: '',
    targetId: '',
    incidentId: '',
    runbookId: manifest.id,
    runbookTitle: manifest.title,
    document,
    byUserId: RUNBELL,
    approvedBy: null,
    undoes: null,
    dryRun: false,
    permittedAtMs: nowMs,
    hostTimeoutMs: manifest.timeoutSeconds * 1000 + DELIVERY_MS,
    hosts: hosts.map(waitingHost),
    phase: 'running',
    endedAtMs: null,
    stop: null,
    ...given,
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
export function targetRunOf(permit: Permit, state: TargetState, nowMs: number): TargetRun {
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
  const waiting = state.run?.runId === permit.runId ? state.run.waiting : null;
  return { ...shownRunOf(permit, nowMs), phase: 'running', waiting, before };
}

/** The wish as its target shows it until a second person agrees. */
export function waitingRunOf(
  permit: Permit,
  by: Requester,
  untilMs: number,
  state: TargetState,
  nowMs: number,
): TargetRun {
  const previous = state.run === null ? null : { ...state.run, waiting: null };
  return {
    ...shownRunOf(permit, nowMs),
    phase: 'awaiting',
    waiting: { request: permit.request, by, untilMs, previous },
  };
}

function shownRunOf(permit: Permit, nowMs: number): TargetRun {
  const { request, entry } = permit;
  return {
    runId: permit.runId,
    runbookId: entry.manifest.id,
    runbookTitle: entry.manifest.title,
    applicationId: request.applicationId,
    byUserId: permit.askedBy,
    startedAtMs: nowMs,
    hosts: request.hosts,
    phase: 'running',
    requestId: permit.requestId,
    waiting: null,
    approvedBy: permit.approvedBy,
    undoes: request.kind === 'undo' ? request.undoes : null,
    dryRun: request.dryRun,
    stop: null,
    before: null,
    endings: request.hosts.map(() => null),
    endedAtMs: null,
    outcome: null,
  };
}
