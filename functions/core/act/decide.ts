import { allowedFor, approversFor, everybodyListed } from '../config/people.ts';
import { unreachable } from '../invariant.ts';
import type { RequestRecord } from '../model/decision.ts';
import type { DetailsRequest, Request } from '../model/request.ts';
import type { TargetState } from '../model/target.ts';
import type { Settings } from '../settings.ts';
import { refusalSentence } from '../text/refusals.ts';
import { timeToken, userToken } from '../text/tokens.ts';
import {
  among,
  type Case,
  type Decided,
  type DecideState,
  isOpenIncident,
  isTooLate,
  type Refuse,
  wordsOf,
} from './case.ts';
import { decideApproval } from './decide-approval.ts';
import { decideRun } from './decide-run.ts';
import { FREEZES_MAX, inForce, sameScope } from './freezes.ts';
import { runRequestOf, serves } from './offers.ts';
import { keptOut } from './who-may.ts';

const SILENCE_SECONDS = { min: 60, max: 7 * 86_400 };

/** Decides every request, from whatever surface it came. First reason wins, in the order a person wants to hear it. */
export function decide(state: DecideState, record: RequestRecord, nowMs: number): Decided {
  const refuse: Refuse = (reason, more = {}) => ({
    kind: 'refused',
    atMs: nowMs,
    reason,
    sentence: refusalSentence(reason, more),
  });
  const { request, by } = record;
  if (request.kind === 'unreadable') return refuse('unreadableClick', { problem: request.problem });
  const out = keptOut(state.settings.config, by, state.asker);
  if (out !== null) return refuse(out);
  if (state.unreadable !== undefined) return refuse('stateUnreadable', { problem: state.unreadable });
  const one: Case = { state, record, nowMs, refuse };
  if (request.kind === 'freeze' || request.kind === 'unfreeze') return decideFreeze(one, request);
  if (request.kind === 'tell') return { kind: 'tell', what: request.what };
  const { target } = state;
  if (target === null || (request.targetId !== null && target.targetId !== request.targetId)) {
    return refuse('unknownTarget');
  }
  switch (request.kind) {
    case 'run':
    case 'undo':
      return decideRun(one, target, { request, requestId: record.id, by, agreed: [] });
    case 'approve':
      return decideApproval(one, target, request);
    case 'details':
      return decideDetails(one, target, request);
    default:
      return decideOnTarget(one, target, request);
  }
}

type OnTarget = Extract<Request, { readonly kind: 'reject' | 'cancel' | 'acknowledge' | 'silence' | 'unsilence' }>;

/** What concerns one target and starts nothing. */
function decideOnTarget(one: Case, target: TargetState, request: OnTarget): Decided {
  const { refuse, record } = one;
  const { targetId } = target;
  switch (request.kind) {
    case 'reject':
    case 'cancel':
      return decideEnd(one, target, request);
    case 'acknowledge': {
      if (!isOpenIncident(target, request.incidentId)) return refuse('incidentClosed');
      const had = target.acknowledgement;
      if (had !== null && had.userId !== record.by.userId) {
        return refuse('alreadyAcknowledged', { who: userToken(had.userId), at: timeToken(had.atMs) });
      }
      return { kind: 'acknowledge', targetId };
    }
    case 'silence':
      return decideSilence(one, target, request.forSeconds, request.why);
    case 'unsilence': {
      const notListed = among(one, everybodyListed(one.state.settings.config));
      if (notListed !== null) return notListed;
      return target.silence === null ? refuse('notSilenced') : { kind: 'unsilence', targetId };
    }
    default:
      return unreachable(request);
  }
}

/** The one who asked may always take it back; whoever may run it, or may agree to it, may end it. */
function decideEnd(one: Case, target: TargetState, request: Extract<Request, { kind: 'reject' | 'cancel' }>): Decided {
  const { run, targetId } = target;
  const { config } = one.state.settings;
  const isAwaiting = run?.phase === 'awaiting';
  if (run === null || run.runId !== request.runId || (!isAwaiting && run.phase !== 'running')) {
    return one.refuse(request.kind === 'cancel' ? 'nothingToCancel' : 'nothingToApprove');
  }
  if (!isAwaiting && request.kind === 'reject') return one.refuse('nothingToApprove');
  if (run.stop !== null && run.stop.byUserId !== one.record.by.userId) return one.refuse('nothingToCancel');
  const allowed = isAwaiting ? approversFor(config, run.runbookId) : allowedFor(config, run.runbookId);
  if (run.byUserId !== one.record.by.userId) {
    const notListed = among(one, allowed);
    if (notListed !== null) return notListed;
  }
  return { kind: isAwaiting ? 'withdraw' : 'cancel', targetId, runId: run.runId };
}

function decideSilence(one: Case, target: TargetState, forSeconds: number, why: string): Decided {
  const { record, nowMs, refuse, state } = one;
  const notListed = among(one, everybodyListed(state.settings.config));
  if (notListed !== null) return notListed;
  const words = wordsOf(why);
  if (words === '') return refuse('badWish', { problem: 'a silence needs a reason' });
  const { min, max } = SILENCE_SECONDS;
  if (!Number.isInteger(forSeconds) || forSeconds < min || forSeconds > max) {
    return refuse('badWish', { problem: 'a silence lasts from one minute to seven days' });
  }
  const had = target.silence;
  // A maintenance window is nobody's: somebody who listens may say more, or for longer.
  if (had !== null && had.byUserId !== null && had.untilMs > nowMs && had.byUserId !== record.by.userId) {
    return refuse('alreadySilenced', { who: userToken(had.byUserId), why: had.why });
  }
  const silence = { untilMs: nowMs + forSeconds * 1000, byUserId: record.by.userId, why: words };
  return { kind: 'silence', targetId: target.targetId, silence };
}

/** Everybody who may come in may pull the brake; only people who are listed may let it go. */
function decideFreeze(one: Case, request: Extract<Request, { kind: 'freeze' | 'unfreeze' }>): Decided {
  const { state, record, nowMs, refuse } = one;
  const { freezes } = state;
  if (freezes === 'unreadable') return refuse('freezeUnknown');
  const { scope } = request;
  if (request.kind === 'unfreeze') {
    const notListed = among(one, everybodyListed(state.settings.config));
    if (notListed !== null) return notListed;
    const isFrozen = inForce(freezes, nowMs).some((freeze) => sameScope(freeze.scope, scope));
    const isDone = freezes.freezes.some(({ ended }) => ended?.requestId === record.id);
    // Somebody may have frozen it anew since.
    if (!isDone && isTooLate(one)) return refuse('tooLate');
    return isFrozen || isDone ? { kind: 'unfreeze', scope } : refuse('notFrozen');
  }
  const why = wordsOf(request.why);
  if (why === '') return refuse('badWish', { problem: 'a freeze needs a reason' });
  const { forSeconds } = request;
  if (forSeconds !== null && !(forSeconds >= SILENCE_SECONDS.min && forSeconds <= 365 * 86_400)) {
    return refuse('badWish', { problem: 'a freeze lasts from one minute to a year, or until it is lifted' });
  }
  if (scope.kind !== 'everything' && !/^[\w-]{1,40}$/.test(scope.id)) {
    return refuse('badWish', { problem: 'it does not say what to freeze' });
  }
  const known = scope.kind === 'person' ? null : knownIds(state.settings, scope.kind);
  // A brake that holds nothing is worse than none: whoever pulls it would believe that it does.
  if (scope.kind !== 'everything' && known !== null && !known.includes(scope.id)) {
    return refuse('badWish', {
      problem: `there is no ${scope.kind} "${scope.id}"; there are ${known.join(', ') || 'none'}`,
    });
  }
  // Whatever list there is, the brake itself can be pulled.
  if (scope.kind !== 'everything' && inForce(freezes, nowMs).length >= FREEZES_MAX) return refuse('tooManyFreezes');
  const untilMs = forSeconds === null ? null : nowMs + forSeconds * 1000;
  const had = inForce(freezes, nowMs).find((freeze) => sameScope(freeze.scope, scope));
  const isShorter = had !== undefined && (had.untilMs ?? Infinity) > (untilMs ?? Infinity);
  // A shorter one in its place would lift it.
  if (isShorter && among(one, everybodyListed(state.settings.config)) !== null) {
    return refuse('frozenLonger', {
      who: userToken(had.byUserId),
      ...(had.untilMs === null ? {} : { until: `It ends at ${timeToken(had.untilMs)}.` }),
    });
  }
  const id = `frz-${record.id.slice(0, 16)}`;
  return { kind: 'freeze', freeze: { id, scope, byUserId: record.by.userId, sinceMs: nowMs, untilMs, why } };
}

function knownIds({ config, catalogue }: Settings, kind: 'everything' | 'application' | 'runbook'): readonly string[] {
  return kind === 'runbook' ? catalogue.map(({ manifest }) => manifest.id) : config.applications.map(({ id }) => id);
}

/** What a run would be is decided like the run itself, so that whoever may not run it hears so before any form. */
function decideDetails(one: Case, target: TargetState, { of }: DetailsRequest): Decided {
  const { state, record, refuse } = one;
  const { targetId } = target;
  if (of === null) {
    return target.incident === null ? refuse('unknownIncident') : { kind: 'details', targetId, permit: null };
  }
  const { config, catalogue } = state.settings;
  let request = of.kind === 'named' ? null : of;
  if (of.kind === 'named') {
    const application = config.applications.find((app) => app.id === of.applicationId && serves(app, targetId));
    if (application === undefined) return refuse('unknownApplication', { application: wordsOf(of.applicationId) });
    const entry = catalogue.find(({ manifest }) => manifest.id === of.runbookId);
    if (entry === undefined) return refuse('unknownRunbook');
    const drawn = runRequestOf(target, application, entry);
    request = of.hosts === null ? drawn : { ...drawn, hosts: of.hosts };
  }
  if (request === null) return refuse('unreadableClick');
  const decided = decideRun(one, target, { request, requestId: record.id, by: record.by, agreed: [] });
  return decided.kind === 'start' || decided.kind === 'await'
    ? { kind: 'details', targetId, permit: decided.permit }
    : decided;
}
