import type { ApplicationConfig, TargetConfig } from '../config/config.ts';
import { allowedFor, approversFor, observes, split } from '../config/people.ts';
import type { Refusal } from '../model/decision.ts';
import type { Permit } from '../model/permit.ts';
import type { Requester, RunRequest, UndoRequest } from '../model/request.ts';
import type { TargetState } from '../model/target.ts';
import { canBeTried, fillParameters } from '../runbook/fill-parameters.ts';
import type { CatalogueEntry } from '../runbook/manifest.ts';
import { durationText } from '../text/sentences.ts';
import { scopeText } from '../text/thread.ts';
import { timeToken, userToken } from '../text/tokens.ts';
import { among, type Case, type Decided, isOpenIncident, isTooLate, runIdOf, wordsOf } from './case.ts';
import { freezeOver } from './freezes.ts';
import { fitsPractice, hostsMaxOf, isOccupied, serves, undoOfferOf } from './offers.ts';
import { secondPersonFor } from './second-person.ts';
import { takeBackNow } from './take-back.ts';
import { namesOf, notAmong } from './who-may.ts';

/** A run that somebody wants, or that a second person agrees to now. */
interface Wish {
  readonly request: RunRequest | UndoRequest;
  /** Of the request that began it: with a second person that is not the one being decided. */
  readonly requestId: string;
  readonly by: Requester;
  /** Everybody who agrees, whoever does so now last; empty: it is not about agreeing. */
  readonly agreed: readonly Requester[];
}

/** May this run? The same guards for a first wish, for the second person's yes, and for taking back. */
export function decideRun(one: Case, target: TargetState, asked: Wish): Decided {
  const { state, refuse } = one;
  const { requestId, by, agreed } = asked;
  const { config, catalogue } = state.settings;
  const application = config.applications.find((app) => app.id === asked.request.applicationId);
  const isObserved = application !== undefined && observes(config, application);
  const request = isObserved ? { ...asked.request, dryRun: true } : asked.request;
  const wish = { ...asked, request };
  const entry = catalogue.find(({ manifest }) => manifest.id === request.runbookId);
  if (entry === undefined) return refuse('unknownRunbook');
  const notListed = agreed.length === 0 ? among(one, allowedFor(config, request.runbookId)) : null;
  if (notListed !== null) return notListed;

  const runId = runIdOf(requestId);
  const hindered =
    frozenBy(one, wish) ??
    busyWith(one, target, runId) ??
    outdatedBy(one, target, wish, entry) ??
    exhaustedBy(one, request, entry);
  if (hindered !== null) return hindered;
  if (application === undefined || !serves(application, request.targetId)) return refuse('stale');
  if (!fitsPractice(entry.manifest, request.targetId)) {
    return refuse('badWish', { problem: 'a practice runs only what reads and changes nothing' });
  }
  const wrongHosts = unfitHosts(one, application, request);
  if (wrongHosts !== null) return wrongHosts;
  const filled = parametersOf(state.settings.config.targets, application, entry, request, runId);
  if (filled.kind === 'invalid') return refuse('parametersInvalid', { problems: filled.problems.join('; ') });

  const { parameters } = filled;
  const second = request.dryRun ? null : secondPersonFor(config, target, entry, request, application.kind);
  const mayBreakGlass = notAmong(split(config.breakGlass), by.userId, state.asker) === null;
  const work = { runId, requestId, request, entry, application, parameters, askedBy: by.userId };
  const agreedBy = agreed.map(({ userId }) => userId);
  return agreedTo(one, target, { ...work, agreedBy, second, brokenGlass: null, mayBreakGlass, isObserved }, agreed);
}

/** Whether it starts, waits for somebody else, or for one more. Nothing but a second person is passed by broken glass. */
function agreedTo(one: Case, { run, targetId }: TargetState, permit: Permit, agreed: readonly Requester[]): Decided {
  const { refuse, nowMs, state } = one;
  const { second, request, runId, mayBreakGlass } = permit;
  if (agreed.length > 0) {
    // Neither a deployment nor a drop of the load makes less of what was asked for and shown.
    const approversMin = Math.max(second?.approversMin ?? 1, run?.waiting?.second?.approversMin ?? 1);
    return agreed.length >= approversMin
      ? { kind: 'start', permit }
      : { kind: 'agree', targetId, runId, agreed, before: run?.waiting?.agreed ?? [], approversMin };
  }
  if (second === null) return { kind: 'start', permit };
  const { breakGlass } = request;
  if (breakGlass === undefined) return { kind: 'await', permit, untilMs: nowMs + second.withinSeconds * 1000 };
  if (!mayBreakGlass) {
    return refuse('glassClosed', {
      who: namesOf(approversFor(state.settings.config, request.runbookId), permit.askedBy),
    });
  }
  const brokenGlass = wordsOf(breakGlass);
  if (brokenGlass === '') return refuse('badWish', { problem: 'starting it alone needs a reason' });
  return { kind: 'start', permit: { ...permit, brokenGlass } };
}

function frozenBy({ state, nowMs, refuse }: Case, { request, by, agreed }: Wish): Refusal | null {
  if (state.freezes === 'unreadable') return refuse('freezeUnknown');
  const userIds = [by, ...agreed].map(({ userId }) => userId);
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

export function alreadyRunning({ refuse }: Case, run: NonNullable<TargetState['run']>): Refusal | null {
  if (run.phase !== 'running') return null;
  const who = userToken(run.byUserId);
  return refuse('alreadyRunning', { who, runbook: run.runbookTitle, at: timeToken(run.startedAtMs) });
}

/** A button is valid for what it was drawn for. What waits was drawn before it began to wait. */
function outdatedBy(one: Case, target: TargetState, wish: Wish, entry: CatalogueEntry): Refusal | null {
  const { nowMs, refuse } = one;
  const { request, agreed } = wish;
  if (request.kind === 'undo') {
    // What was done can be taken back after it has helped, too.
    if (target.incident?.id !== request.incidentId) return refuse('incidentClosed');
  } else if (!isOpenIncident(target, request.incidentId)) return refuse('incidentClosed');
  if (entry.document.sha256.slice(0, 16) !== request.documentHash) return refuse('runbookChanged');
  if (agreed.length === 0 && nowMs > request.expiresAtMs) return refuse('expired');
  if (isTooLate(one)) return refuse('tooLate');
  if (agreed.length > 0) return null;
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
  if (request.dryRun && !canBeTried(manifest)) {
    return { kind: 'invalid', problems: [`${manifest.id} cannot be tried without doing it`] } as const;
  }
  const { dryRun, choices: person } = request;
  const undoes = request.kind === 'undo' ? { undoes: request.undoes } : {};
  return fillParameters(manifest, { application, targets, runId, dryRun, person, ...undoes });
}

function sameHosts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((host, at) => host === b[at]);
}
