import { type Allowed, allowedFor, approversFor } from '../config/people.ts';
import type { Refusal } from '../model/decision.ts';
import type { ApproveRequest, Requester } from '../model/request.ts';
import type { TargetState } from '../model/target.ts';
import { userToken } from '../text/tokens.ts';
import { among, type Case, type Decided } from './case.ts';
import { alreadyRunning, decideRun } from './decide-run.ts';
import { keptOut, namesOf, notAmong } from './who-may.ts';

/** The second person's yes: to what waits, from somebody else, who is certain to be that person. */
export function decideApproval(one: Case, target: TargetState, request: ApproveRequest): Decided {
  const { state, record, nowMs, refuse } = one;
  const { run } = target;
  if (run === null || run.runId !== request.runId || run.waiting === null) return refuse('nothingToApprove');
  const { by: asked, request: wanted, untilMs, agreed = [] } = run.waiting;
  if (record.by.kind === 'operator') return refuse('notFromHere');
  const approvers = approversFor(state.settings.config, run.runbookId);
  if (asked.userId === record.by.userId) return refuse('samePerson', { who: namesOf(approvers, asked.userId) });
  const notListed = among(one, approvers);
  if (notListed !== null) return notListed;
  const wasAllowed = stillAllowed(one, asked, run.runbookId);
  if (wasAllowed !== null) return wasAllowed;
  if (run.phase !== 'awaiting') return alreadyRunning(one, run) ?? refuse('nothingToApprove');
  if (nowMs > untilMs) return refuse('approvalExpired');
  if (request.offerVersion !== target.offerVersion) return refuse('stale');
  if (agreed.some(({ userId }) => userId === record.by.userId)) {
    return refuse('alreadyAgreed', { who: namesOf(approvers, asked.userId) });
  }
  // Whoever agreed before counts only as long as they may.
  const others = agreed.filter((by) => rightOf(one, by, approvers) === null);
  const wish = { request: wanted, requestId: run.requestId, by: asked, agreed: [...others, record.by] };
  return decideRun(one, target, wish);
}

/** Whoever asked may have been taken off the list since. */
function stillAllowed(one: Case, asked: Requester, runbookId: string): Refusal | null {
  const reason = rightOf(one, asked, allowedFor(one.state.settings.config, runbookId));
  if (reason === null) return null;
  const isUnknown = reason === 'membersUnknown' || reason === 'unknownPerson';
  return one.refuse(isUnknown ? 'membersUnknown' : 'askerNotAllowed', { who: userToken(asked.userId) });
}

/** The right of somebody who does not press now. null: they have it. */
function rightOf({ state }: Case, by: Requester, allowed: Allowed) {
  const asker = state.others?.[by.userId] ?? { kind: 'unknown', groups: {} };
  return keptOut(state.settings.config, by, asker) ?? notAmong(allowed, by.userId, asker);
}
