import { observes } from '../config/people.ts';
import type { ApplicationState } from '../model/application.ts';
import type { Permit } from '../model/permit.ts';
import type { Requester } from '../model/request.ts';
import type { Beside, HostRun, Run, TargetRun } from '../model/run.ts';
import type { TargetState } from '../model/target.ts';
import { canBeTried, fillParameters } from '../runbook/fill-parameters.ts';
import type { CatalogueEntry } from '../runbook/manifest.ts';
import type { Settings } from '../settings.ts';

/** SSM's delivery limit, and some time for its own bookkeeping. */
const DELIVERY_MS = 90_000;

/** As many as a budget can count, of each runbook. */
const ATTEMPTS_KEPT_MAX = 40;

/** In whose name Runbell looks by itself; no member id looks like it. */
export const RUNBELL = 'Runbell';

/** Takes the application for one run. The attempt counts from here, however it ends; one that changes nothing does not. */
export function lockedFor(state: ApplicationState, permit: Permit, nowMs: number): ApplicationState {
  const { runId, request, entry, askedBy } = permit;
  const hostMs = entry.manifest.timeoutSeconds * 1000 + DELIVERY_MS;
  const expiresAtMs = nowMs + hostMs * request.hosts.length + DELIVERY_MS;
  const lock = { runId, targetId: request.targetId, byUserId: askedBy, sinceMs: nowMs, expiresAtMs };
  if (request.dryRun) return { ...state, lock };
  const runbookId = entry.manifest.id;
  const own = state.attempts.filter((attempt) => attempt.runbookId === runbookId);
  const dropped = own.length < ATTEMPTS_KEPT_MAX ? undefined : own[0];
  const attempts = state.attempts.filter((attempt) => attempt !== dropped);
  return { ...state, lock, attempts: [...attempts, { runbookId, atMs: nowMs, runId }] };
}

/** The lock of a run that begins its next host, for as long as that may take; null: it is not this run's any more. */
export function lockKept(state: ApplicationState | null, run: Run, nowMs: number): ApplicationState | null {
  const lock = state?.lock ?? null;
  if (state === null || lock?.runId !== run.runId || lock.expiresAtMs <= nowMs) return null;
  const waiting = run.hosts.filter(({ phase }) => phase === 'waiting').length;
  const expiresAtMs = Math.max(lock.expiresAtMs, nowMs + run.hostTimeoutMs * waiting + DELIVERY_MS);
  return { ...state, lock: { ...lock, expiresAtMs } };
}

export function newRun(permit: Permit, nowMs: number): Run {
  const { runId, requestId, request, entry, parameters } = permit;
  return {
    ...startedRun(entry, { runId, applicationId: request.applicationId, parameters, hosts: request.hosts }, nowMs),
    requestId,
    targetId: request.targetId,
    incidentId: request.incidentId,
    byUserId: permit.askedBy,
    ...partsOf(permit),
    undoes: request.kind === 'undo' ? request.undoes : null,
    dryRun: request.dryRun,
  };
}

/** Who agreed, or why nobody did. */
function partsOf({ agreedBy, brokenGlass }: Permit): Pick<Run, 'approvedBy' | 'agreedBy' | 'brokenGlass'> {
  const approvedBy = agreedBy.at(-1) ?? null;
  return {
    approvedBy,
    ...(approvedBy === null ? {} : { agreedBy }),
    ...(brokenGlass === null ? {} : { brokenGlass }),
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
  const { second } = permit;
  const previous = state.run === null ? null : { ...state.run, waiting: null };
  return {
    ...shownRunOf(permit, nowMs),
    phase: 'awaiting',
    waiting: { request: permit.request, by, untilMs, previous, ...(second === null ? {} : { second }) },
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
    ...partsOf(permit),
    undoes: request.kind === 'undo' ? request.undoes : null,
    dryRun: request.dryRun,
    stop: null,
    before: null,
    endings: request.hosts.map(() => null),
    endedAtMs: null,
    outcome: null,
  };
}

export interface BesideWork {
  readonly runId: string;
  readonly runbookId: string;
  readonly applicationId: string;
  readonly beside: Beside;
  readonly hosts?: readonly string[];
  readonly person?: Readonly<Record<string, string>>;
}

/** A run of Runbell's own on all hosts, unless told where; null: there is nothing to run, or nowhere to run it. */
export function besideRun({ config, catalogue }: Settings, work: BesideWork, nowMs: number): Run | null {
  const { runId, runbookId, applicationId, beside, person = {} } = work;
  const entry = catalogue.find(({ manifest }) => manifest.id === runbookId);
  const application = config.applications.find(({ id }) => id === applicationId);
  const hosts = work.hosts ?? application?.hosts ?? [];
  if (entry === undefined || application === undefined || hosts.length === 0) return null;
  const dryRun = observes(config, application);
  if (dryRun && !canBeTried(entry.manifest)) return null;
  const facts = { application, targets: config.targets, runId, dryRun, person };
  const filled = fillParameters(entry.manifest, facts);
  if (filled.kind === 'invalid') return null;
  return {
    ...startedRun(entry, { runId, applicationId, parameters: filled.parameters, hosts }, nowMs),
    beside,
    dryRun,
  };
}
