import type { ApplicationConfig } from '../config/config.ts';
import type { Settings } from '../config/settings.ts';
import type { TargetState } from '../incident/target-state.ts';
import { unreachable } from '../invariant.ts';
import { timeToken, userToken } from '../notify/tokens.ts';
import { fillParameters } from '../runbook/fill-parameters.ts';
import type { CatalogueEntry } from '../runbook/manifest.ts';
import type { ApplicationState } from './application-state.ts';
import { allowedUserIds, isRunning } from './offers.ts';
import { refusalSentence } from './refusal-sentence.ts';
import type { Refusal, RefusalReason, RequestRecord, RunRequest } from './request.ts';

/** Everything a decision may depend on. Reading it is the caller's work. */
export interface DecideState {
  readonly settings: Settings;
  readonly target: TargetState | null;
  readonly application: ApplicationState | null;
}

export type Decided =
  | { readonly kind: 'run'; readonly permit: Permit }
  | { readonly kind: 'acknowledge'; readonly targetId: string; readonly byUserId: string }
  | Refusal;

/** What may now be done, and nothing more: exactly what the card showed. */
export interface Permit {
  readonly runId: string;
  readonly request: RunRequest;
  readonly entry: CatalogueEntry;
  readonly application: ApplicationConfig;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Decides every request, from whatever surface it came. First reason wins, in the order a person wants to hear it. */
export function decide(state: DecideState, record: RequestRecord, nowMs: number): Decided {
  const refuse = (reason: RefusalReason, more: Readonly<Record<string, string>> = {}): Refusal => ({
    kind: 'refused',
    atMs: nowMs,
    reason,
    sentence: refusalSentence(reason, more),
  });
  const { request, by } = record;
  if (request.kind === 'unreadable') return refuse('unreadableClick', { problem: request.problem });
  if (by.kind === 'foreign' || by.teamId !== state.settings.config.slack.workspaceId) return refuse('foreignWorkspace');
  const { target } = state;
  if (target === null || target.targetId !== request.targetId) return refuse('unknownTarget');
  switch (request.kind) {
    case 'acknowledge':
      if (!isOpenIncident(target, request.incidentId)) return refuse('incidentClosed');
      return { kind: 'acknowledge', targetId: request.targetId, byUserId: by.userId };
    case 'run':
      return decideRun(state, target, record, request, nowMs, refuse);
    default:
      return unreachable(request);
  }
}

type Refuse = (reason: RefusalReason, more?: Readonly<Record<string, string>>) => Refusal;

function decideRun(
  state: DecideState,
  target: TargetState,
  record: RequestRecord,
  request: RunRequest,
  nowMs: number,
  refuse: Refuse,
): Decided {
  const { config, catalogue } = state.settings;
  const entry = catalogue.find((one) => one.manifest.id === request.runbookId);
  if (entry === undefined) return refuse('unknownRunbook', { runbook: request.runbookId });
  const allowed = allowedUserIds(config, request.runbookId);
  if (allowed.length === 0) return refuse('nobodyConfigured');
  if (!allowed.includes(record.by.userId)) return refuse('notAllowed', { who: allowed.map(userToken).join(', ') });

  const runId = runIdOf(record.id);
  // A request whose own lock or run is already stored goes on where it stopped.
  const isResumed = target.run?.runId === runId || state.application?.lock?.runId === runId;
  if (!isResumed) {
    const hindered =
      busyWith(state, target, nowMs, refuse) ??
      outdatedBy(target, request, entry, nowMs, refuse) ??
      coolingDown(state, entry, nowMs, refuse);
    if (hindered !== null) return hindered;
  }

  const application = config.applications.find((one) => one.id === request.applicationId);
  if (application === undefined || !application.targets.includes(request.targetId)) return refuse('stale');
  if (!sameHosts(application.hosts, request.hosts)) return refuse('stale');
  if (application.hosts.length === 0) return refuse('noHosts', { application: application.id });
  const filled = fillParameters(entry.manifest, { application, runId, dryRun: false, person: {} });
  if (filled.kind === 'invalid') return refuse('parametersInvalid', { problems: filled.problems.join('; ') });
  return { kind: 'run', permit: { runId, request, entry, application, parameters: filled.parameters } };
}

/** A request delivered again names the same run. */
export function runIdOf(requestId: string): string {
  return `run-${requestId.slice(0, 16)}`;
}

function isOpenIncident(target: TargetState, incidentId: string): boolean {
  return target.incident !== null && target.incident.id === incidentId && target.incident.resolvedAtMs === null;
}

/** Said before "stale", because a person who clicks second wants to hear who was first. */
function busyWith(state: DecideState, target: TargetState, nowMs: number, refuse: Refuse): Refusal | null {
  const { run } = target;
  if (run !== null && isRunning(target)) {
    return refuse('alreadyRunning', {
      who: userToken(run.byUserId),
      runbook: run.runbookTitle,
      at: timeToken(run.startedAtMs),
    });
  }
  const lock = state.application?.lock ?? null;
  if (lock === null || lock.expiresAtMs <= nowMs) return null;
  return refuse('applicationBusy', { who: userToken(lock.byUserId), at: timeToken(lock.sinceMs) });
}

/** A button is valid for what it was drawn for. */
function outdatedBy(
  target: TargetState,
  request: RunRequest,
  entry: CatalogueEntry,
  nowMs: number,
  refuse: Refuse,
): Refusal | null {
  if (!isOpenIncident(target, request.incidentId)) return refuse('incidentClosed');
  if (entry.document.sha256.slice(0, 16) !== request.documentHash) return refuse('runbookChanged');
  if (nowMs > request.expiresAtMs) return refuse('expired');
  if (request.offerVersion !== target.offerVersion) return refuse('stale');
  return null;
}

function sameHosts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((host, at) => host === b[at]);
}

function coolingDown(state: DecideState, { manifest }: CatalogueEntry, nowMs: number, refuse: Refuse): Refusal | null {
  const seconds = state.settings.config.runbooks[manifest.id]?.cooldownSeconds ?? manifest.cooldownSeconds;
  const last = state.application?.attempts.findLast((attempt) => attempt.runbookId === manifest.id);
  if (last === undefined || nowMs - last.atMs >= seconds * 1000) return null;
  const waitSeconds = Math.ceil((last.atMs + seconds * 1000 - nowMs) / 1000);
  return refuse('coolingDown', { at: timeToken(last.atMs), wait: `${waitSeconds} s` });
}
