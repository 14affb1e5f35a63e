import type { ApplicationConfig, TargetConfig } from '../config/config.ts';
import type { TargetState } from '../incident/target-state.ts';
import { timeToken, userToken } from '../notify/tokens.ts';
import { durationText } from '../notify/words.ts';
import { fillParameters } from '../runbook/fill-parameters.ts';
import type { CatalogueEntry } from '../runbook/manifest.ts';
import { among, type Case, type Decided, isOpenIncident } from './case.ts';
import { freezeOver, scopeText } from './freezes.ts';
import { fitsPractice, hostsMaxOf, isOccupied, serves, undoOfferOf } from './offers.ts';
import { runIdOf } from './permit.ts';
import type { ApproveRequest, Refusal, Requester, RunRequest, UndoRequest } from './request.ts';
import { takeBackNow } from './take-back.ts';
import { allowedFor, approversFor, namesOf } from './who-may.ts';

/** A run that somebody wants, or that a second person agrees to now. */
interface Wish {
  readonly request: RunRequest | UndoRequest;
  /** Of the request that began it: with a second person that is not the one being decided. */
  readonly requestId: string;
  readonly by: Requester;
  readonly approvedBy: string | null;
}

/** May this run? The same guards for a first wish, for the second person's yes, and for taking back. */
export function decideRun(one: Case, target: TargetState, wish: Wish): Decided {
  const { state, nowMs, refuse } = one;
  const { request, requestId, by, approvedBy } = wish;
  const { config, catalogue } = state.settings;
  const entry = catalogue.find(({ manifest }) => manifest.id === request.runbookId);
  if (entry === undefined) return refuse('unknownRunbook');
  const notListed = approvedBy === null ? among(one, allowedFor(config, request.runbookId)) : null;
  if (notListed !== null) return notListed;

  const runId = runIdOf(requestId);
  // A request whose own lock or run is stored already goes on where it stopped.
  const isResumed = state.application?.lock?.runId === runId || (target.run?.runId === runId && approvedBy === null);
  if (!isResumed) {
    const hindered =
      frozenBy(one, wish) ??
      busyWith(one, target, runId) ??
      outdatedBy(one, target, wish, entry) ??
      exhaustedBy(one, request, entry);
    if (hindered !== null) return hindered;
  }
  const application = config.applications.find((app) => app.id === request.applicationId);
  if (application === undefined || !serves(application, request.targetId)) return refuse('stale');
  if (!fitsPractice(entry.manifest, request.targetId)) {
    return refuse('badWish', { problem: 'a practice runs only what reads and changes nothing' });
  }
  const wrongHosts = unfitHosts(one, application, request);
  if (wrongHosts !== null) return wrongHosts;
  const filled = parametersOf(state.settings.config.targets, application, entry, request, runId);
  if (filled.kind === 'invalid') return refuse('parametersInvalid', { problems: filled.problems.join('; ') });

  const { parameters } = filled;
  const permit = { runId, requestId, request, entry, application, parameters, askedBy: by.userId, approvedBy };
  const { approval } = config.runbooks[request.runbookId] ?? {};
  if (approval === undefined || request.dryRun || approvedBy !== null) return { kind: 'start', permit };
  return { kind: 'await', permit, untilMs: nowMs + approval.withinSeconds * 1000 };
}

/** The second person's yes: to what waits, from somebody else, who is certain to be that person. */
export function decideApproval(one: Case, target: TargetState, request: ApproveRequest): Decided {
  const { state, record, nowMs, refuse } = one;
  const { run } = target;
  if (run === null || run.runId !== request.runId || run.waiting === null) return refuse('nothingToApprove');
  const { by: asked, request: wanted, untilMs } = run.waiting;
  if (record.by.kind === 'operator') return refuse('notFromHere');
  const approvers = approversFor(state.settings.config, run.runbookId);
  if (asked.userId === record.by.userId) return refuse('samePerson', { who: namesOf(approvers, asked.userId) });
  const notListed = among(one, approvers);
  if (notListed !== null) return notListed;
  const isMine = run.approvedBy === record.by.userId;
  if (!isMine && run.phase !== 'awaiting') return alreadyRunning(one, run) ?? refuse('nothingToApprove');
  if (!isMine && nowMs > untilMs) return refuse('approvalExpired');
  if (!isMine && request.offerVersion !== target.offerVersion) return refuse('stale');
  const wish = { request: wanted, requestId: run.requestId, by: asked, approvedBy: record.by.userId };
  return decideRun(one, target, wish);
}

function frozenBy({ state, nowMs, refuse }: Case, { request, by, approvedBy }: Wish): Refusal | null {
  if (state.freezes === 'unreadable') return refuse('freezeUnknown');
  const userIds = approvedBy === null ? [by.userId] : [by.userId, approvedBy];
  const what = { applicationId: request.applicationId, runbookId: request.runbookId, userIds };
  const freeze = freezeOver(state.freezes, what, nowMs);
  if (freeze === null) return null;
  return refuse('frozen', {
    who: userToken(freeze.byUserId),
    scope: scopeText(freeze.scope, userToken),
    at: timeToken(freeze.sinceMs),
    why: freeze.why,
    until: freeze.untilMs === null ? 'It lasts until somebody lifts it.' : `It ends at ${timeToken(freeze.untilMs)}.`,
  });
}

/** Said before "stale", because a person who clicks second wants to hear who was first. */
function busyWith(one: Case, target: TargetState, runId: string): Refusal | null {
  const { state, nowMs, refuse } = one;
  const { run } = target;
  const isOther = run !== null && isOccupied(target) && run.runId !== runId;
  if (isOther && run.phase === 'running') return alreadyRunning(one, run);
  if (isOther && (run.waiting?.untilMs ?? 0) > nowMs) {
    const who = userToken(run.byUserId);
    return refuse('alreadyWaiting', { who, runbook: run.runbookTitle, at: timeToken(run.startedAtMs) });
  }
  const lock = state.application?.lock ?? null;
  if (lock === null || lock.expiresAtMs <= nowMs) return null;
  return refuse('applicationBusy', { who: userToken(lock.byUserId), at: timeToken(lock.sinceMs) });
}

function alreadyRunning({ refuse }: Case, run: NonNullable<TargetState['run']>): Refusal | null {
  if (run.phase !== 'running') return null;
  const who = userToken(run.byUserId);
  return refuse('alreadyRunning', { who, runbook: run.runbookTitle, at: timeToken(run.startedAtMs) });
}

/** A button is valid for what it was drawn for. What waits was drawn before it began to wait. */
function outdatedBy(one: Case, target: TargetState, wish: Wish, entry: CatalogueEntry): Refusal | null {
  const { nowMs, refuse } = one;
  const { request, approvedBy } = wish;
  if (request.kind === 'undo') {
    // What was done can be taken back after it has helped, too.
    if (target.incident?.id !== request.incidentId) return refuse('incidentClosed');
  } else if (!isOpenIncident(target, request.incidentId)) return refuse('incidentClosed');
  if (entry.document.sha256.slice(0, 16) !== request.documentHash) return refuse('runbookChanged');
  if (approvedBy !== null) return null;
  if (nowMs > request.expiresAtMs) return refuse('expired');
  if (request.kind === 'undo') {
    const offer = undoOfferOf(target, one.state.settings);
    if (offer === null || offer.request.undoes !== request.undoes) return notTheNewest(one, target, request.undoes);
    if (offer.request.runbookId !== request.runbookId || !sameHosts(offer.request.hosts, request.hosts)) {
      return refuse('stale');
    }
  }
  return request.offerVersion === target.offerVersion ? null : refuse('stale');
}

/** What came later may build on what this one did: the newest is taken back first. */
function notTheNewest({ state, refuse }: Case, target: TargetState, undoes: string): Refusal {
  const newest = takeBackNow(target, state.settings);
  if (newest === null || newest.runId === undoes || newest.undoes === undoes) return refuse('nothingToUndo');
  const { runbookTitle: runbook, byUserId, startedAtMs } = newest;
  return refuse('notNewestRun', { runbook, who: userToken(byUserId), at: timeToken(startedAtMs) });
}

/** Cool-down and budget, per runbook and application; attempts count however they ended. Taking back waits for nothing. */
function exhaustedBy(one: Case, request: RunRequest | UndoRequest, { manifest }: CatalogueEntry): Refusal | null {
  const { state, nowMs, refuse } = one;
  if (request.dryRun) return null;
  const setting = state.settings.config.runbooks[manifest.id];
  const attempts = (state.application?.attempts ?? []).filter((attempt) => attempt.runbookId === manifest.id);
  const cooldownMs = (setting?.cooldownSeconds ?? manifest.cooldownSeconds) * 1000;
  const last = attempts.at(-1);
  if (last !== undefined && request.kind === 'run' && nowMs - last.atMs < cooldownMs) {
    return refuse('coolingDown', { at: timeToken(last.atMs), wait: durationText(last.atMs + cooldownMs - nowMs) });
  }
  const { runs, perSeconds } = setting?.budget ?? DEFAULT_BUDGET;
  const recent = attempts.filter(({ atMs }) => nowMs - atMs < perSeconds * 1000);
  const oldest = recent.at(-runs);
  if (oldest === undefined) return null;
  return refuse('budgetSpent', {
    runs: String(runs),
    span: durationText(perSeconds * 1000),
    wait: durationText(oldest.atMs + perSeconds * 1000 - nowMs),
  });
}

/** What `runbooks.<id>.budget` gives when nothing is written for a runbook. */
const DEFAULT_BUDGET = { runs: 10, perSeconds: 3600 };

/** Hosts that are not the application's any more mean that the world moved on; too many mean that nothing runs. */
function unfitHosts(one: Case, { id, hosts }: ApplicationConfig, request: RunRequest | UndoRequest): Refusal | null {
  const { refuse, state } = one;
  if (hosts.length === 0) return refuse('noHosts', { application: id });
  const isDrifted = request.hostsTotal !== hosts.length || !request.hosts.every((host) => hosts.includes(host));
  if (isDrifted || request.hosts.length === 0) return refuse('stale');
  const most = hostsMaxOf(state.settings.config, request.runbookId, hosts.length);
  if (new Set(request.hosts).size === request.hosts.length && request.hosts.length <= most) return null;
  const count = String(request.hosts.length);
  return refuse('tooManyHosts', { hosts: count, total: String(hosts.length), limit: String(most) });
}

function parametersOf(
  targets: readonly TargetConfig[],
  application: ApplicationConfig,
  entry: CatalogueEntry,
  request: RunRequest | UndoRequest,
  runId: string,
) {
  const { manifest } = entry;
  if (request.dryRun && !manifest.parameters.some((one) => one.from === 'run.dryRun')) {
    return { kind: 'invalid', problems: [`${manifest.id} cannot be tried without doing it`] } as const;
  }
  const { dryRun, choices: person } = request;
  const undoes = request.kind === 'undo' ? { undoes: request.undoes } : {};
  return fillParameters(manifest, { application, targets, runId, dryRun, person, ...undoes });
}

function sameHosts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((host, at) => host === b[at]);
}
