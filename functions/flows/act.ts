import { type Decided, permitted, runIdOf } from '../core/act/case.ts';
import { decide } from '../core/act/decide.ts';
import { type Asker, isListed } from '../core/act/who-may.ts';
import type { Config } from '../core/config/config.ts';
import { invariant } from '../core/invariant.ts';
import type { NotNow } from '../core/model/board-answer.ts';
import type { Decision, RefusalReason, RequestRecord } from '../core/model/decision.ts';
import { newFreezeState } from '../core/model/freeze.ts';
import type { Request, Requester } from '../core/model/request.ts';
import { peopleOf } from '../core/model/run.ts';
import type { TargetState } from '../core/model/target.ts';
import { isNotNow } from '../core/notify/notice-debt.ts';
import type { Basics, Stores, UserDirectory } from '../core/ports.ts';
import type { Settings } from '../core/settings.ts';
import { receivedRequest } from '../core/store/inbox.ts';
import { isUnreadableItem } from '../core/store/store-error.ts';
import { answerQuestion, type CarryOutDeps, carryOut } from './carry-out.ts';
import { changeItem, readFreezes, redrawCard } from './change-item.ts';
import { awaitSecondPerson, type DecidedOn, startRun } from './start-run.ts';

export interface DecideDeps extends Basics, CarryOutDeps {
  readonly stores: Stores;
  readonly directory: UserDirectory;
}

export type DecideReport = 'unknownRequest' | 'alreadyDecided' | 'tooEarly' | 'later' | 'contended' | Decision['kind'];

/** So long a request waits for Slack to say who somebody is; then it is refused with what is known. */
const ASK_MS_MAX = 120_000;
/** Refusals that another word of Slack's could turn round. */
const SLACK_SAYS: readonly RefusalReason[] = ['unknownPerson', 'membersUnknown', 'askerNotAllowed'];

/** Losing a race means deciding again, which finds the winner; past this the sweep delivers the request once more. */
const TRIES_MAX = 6;

/**
 * Decides one request. Each write is conditional and carries the request's or the run's own id, so that the same
 * request delivered again, or picked up after a crash, goes on where it stopped and never does anything twice.
 */
export async function decideRequest(deps: DecideDeps, requestId: string): Promise<DecideReport> {
  const record = (await deps.stores.requests.read(requestId))?.value;
  return record === undefined ? 'unknownRequest' : decideRecord(deps, record);
}

/** Decides what waits in an inbox. What is put there once more, or is changed there afterwards, changes nothing. */
export async function decideInbox(deps: DecideDeps, inboxId: string): Promise<DecideReport> {
  const { inbox, requests } = deps.stores;
  const waiting = await inbox.read(inboxId);
  if (waiting === null || !waiting.value.answerOwed) return 'unknownRequest';
  const record = receivedRequest(waiting.value, deps.clock.nowMs());
  const report = await decideRecord(deps, (await requests.read(record.id))?.value ?? record);
  if (report !== 'contended') await inbox.write(inboxId, { ...waiting.value, answerOwed: false }, waiting.revision);
  return report;
}

async function decideRecord(deps: DecideDeps, record: RequestRecord): Promise<DecideReport> {
  if (record.decision !== null) return 'alreadyDecided';
  if ((record.notBeforeMs ?? 0) > deps.clock.nowMs()) return 'tooEarly';
  for (let tries = 0; tries < TRIES_MAX; tries += 1) {
    const decision = await decideOnce(deps, record);
    if (decision !== 'lostRace')
      return decision.kind === 'later' ? postpone(deps, record, decision) : settle(deps, record, decision);
  }
  deps.log.error('decision', { request: record.id, reason: 'contended' });
  return 'contended';
}

/** One item that cannot be read is a reason to refuse what is about it, and no other request's trouble. */
async function decideOnce(deps: DecideDeps, record: RequestRecord): Promise<Decision | NotNow | 'lostRace'> {
  const { settings, clock } = deps;
  try {
    return await decideByState(deps, record);
  } catch (error) {
    if (!isUnreadableItem(error)) throw error;
    const nothing = { settings, target: null, application: null, freezes: newFreezeState() };
    const state = { ...nothing, asker: (await askerOf(deps, record.by)).asker, unreadable: error.message };
    const decided = decide(state, record, clock.nowMs());
    invariant(decided.kind === 'refused', 'nothing is permitted on what nobody can read');
    return decided;
  }
}

async function decideByState(deps: DecideDeps, record: RequestRecord): Promise<Decision | NotNow | 'lostRace'> {
  const { stores, clock, settings } = deps;
  const { request } = record;
  const target = await readTarget(deps, request);
  const state = target?.value ?? null;
  if (state?.applied.includes(record.id)) return permitted(clock.nowMs(), null);
  const applicationId = applicationOf(request) ?? state?.run?.applicationId ?? null;
  const application = applicationId === null ? null : await readApplication(stores, applicationId);
  // After the items that its start changes: where there is no run yet, what was read is from before.
  const runId = request.kind === 'approve' ? request.runId : runIdOf(record.id);
  const started = (await stores.runs.read(runId))?.value;
  const isMine =
    started?.requestId === record.id ||
    (request.kind === 'approve' && started !== undefined && peopleOf(started).slice(1).includes(record.by.userId));
  if (started !== undefined && isMine) return permitted(clock.nowMs(), runId);
  const { asker, notNow } = await askerOf(deps, record.by);
  const people = request.kind === 'approve' ? await othersOf(deps, state) : [];
  const others = Object.fromEntries(people.map((one) => [one.userId, one.asker]));
  const freezes = await readFreezes(stores);
  const known = { settings, target: state, application: application?.value ?? null, freezes, asker, others };
  const decided = decide(known, record, clock.nowMs());
  const wait = notNow ?? people.find((one) => one.notNow !== null)?.notNow ?? null;
  const mayWait = clock.nowMs() < record.receivedAtMs + ASK_MS_MAX;
  if (wait !== null && mayWait && decided.kind === 'refused' && SLACK_SAYS.includes(decided.reason)) return wait;
  return apply(deps, record, decided, { target, application });
}

/** Slack did not say who somebody is. The request stays undecided until it may be asked again. */
async function postpone(deps: DecideDeps, record: RequestRecord, { notBeforeMs, why }: NotNow): Promise<DecideReport> {
  deps.log.info('decision', { request: record.id, reason: 'slackDidNotSay', why });
  const stored = await changeItem(deps.stores.requests, record.id, (value) =>
    value !== null && value.decision !== null ? null : { ...(value ?? record), notBeforeMs, lastProblem: why },
  );
  return stored.kind === 'contended' ? 'contended' : 'later';
}

function apply(
  deps: DecideDeps,
  record: RequestRecord,
  decided: Decided,
  { target, application }: Pick<DecidedOn, 'application'> & { readonly target: DecidedOn['target'] | null },
): Promise<Decision | 'lostRace'> {
  switch (decided.kind) {
    case 'refused':
      return Promise.resolve(decided);
    case 'start':
      invariant(target !== null, 'what starts was decided on a target');
      return startRun(deps, decided.permit, { target, application });
    case 'await':
      return awaitSecondPerson(deps, decided.permit, record.by, decided.untilMs);
    case 'details':
    case 'tell':
      return answerQuestion(deps, record, decided);
    default:
      return carryOut(deps, record, decided);
  }
}

/** Whoever asked and whoever has agreed: they may have lost their right since. */
async function othersOf(deps: DecideDeps, target: TargetState | null) {
  const waiting = target?.run?.waiting ?? null;
  const people = waiting === null ? [] : [waiting.by, ...(waiting.agreed ?? [])];
  return Promise.all(people.map(async (by) => ({ userId: by.userId, ...(await askerOf(deps, by)) })));
}

/** Of a slash command that names only the application, the target that is in trouble. */
async function readTarget({ stores, settings }: DecideDeps, request: Request) {
  const ids = targetIdsOf(settings.config, request);
  const reads = await Promise.allSettled(ids.map((id) => stores.targets.read(id)));
  const items = reads.flatMap((read) => (read.status === 'fulfilled' ? (read.value ?? []) : []));
  const troubled = items.find(({ value: { incident } }) => incident !== null && incident.resolvedAtMs === null);
  const failures = reads.flatMap((read) => (read.status === 'rejected' ? [read.reason as unknown] : []));
  const failure =
    failures.find((error) => !isUnreadableItem(error)) ?? (troubled === undefined ? failures[0] : undefined);
  if (failure !== undefined) throw failure;
  return troubled ?? items[0] ?? null;
}

/** A lock whose run has ended, or never began, holds nobody: an earlier version could leave one behind. */
async function readApplication({ applications, runs }: Stores, id: string): Promise<DecidedOn['application']> {
  const item = await applications.read(id);
  if (item === null || item.value.lock === null) return item;
  const holder = await runs.read(item.value.lock.runId);
  return holder?.value.phase === 'running' ? item : { ...item, value: { ...item.value, lock: null } };
}

function targetIdsOf(config: Config, request: Request): readonly string[] {
  if (!('targetId' in request)) return [];
  if (request.targetId !== null) return [request.targetId];
  const applicationId = applicationOf(request);
  return config.applications.find((one) => one.id === applicationId)?.targets ?? [];
}

function applicationOf(request: Request): string | null {
  if (request.kind === 'run' || request.kind === 'undo') return request.applicationId;
  return request.kind === 'details' ? (request.of?.applicationId ?? null) : null;
}

/** Reasons that mean: what this person saw is not what there is. */
const OUTDATED: readonly RefusalReason[] = ['stale', 'expired', 'runbookChanged', 'unknownRunbook', 'incidentClosed'];

/** The decision stands from here; whoever tells of it also keeps it in the timeline. */
async function settle(deps: DecideDeps, record: RequestRecord, decision: Decision): Promise<DecideReport> {
  const settled = await changeItem(deps.stores.requests, record.id, (value) =>
    value !== null && value.decision !== null ? null : { ...withoutWait(value ?? record), decision, answerOwed: true },
  );
  const targetId = 'targetId' in record.request ? record.request.targetId : null;
  const isOutdated = decision.kind === 'refused' && OUTDATED.includes(decision.reason);
  if (isOutdated && targetId !== null) await redrawCard(deps, targetId);
  const reason = decision.kind === 'refused' ? decision.reason : 'permitted';
  deps.log.info('decision', {
    request: record.id,
    kind: record.request.kind,
    user: record.by.userId,
    incident: 'incidentId' in record.request ? record.request.incidentId : undefined,
    run: decision.kind === 'permitted' ? decision.runId : undefined,
    reason,
    refusals: decision.kind === 'refused' ? 1 : 0,
  });
  return settled.kind === 'contended' ? 'contended' : decision.kind;
}

/** The answer is another matter than the question. */
function withoutWait({ notBeforeMs: _, lastProblem: __, ...record }: RequestRecord): RequestRecord {
  return record;
}

/** Asks Slack only for what the click and the configuration leave open. `notNow`: Slack did not say, and when to ask again. */
export async function askerOf(
  { settings, directory }: { readonly settings: Settings; readonly directory: UserDirectory },
  by: Requester,
): Promise<{ readonly asker: Asker; readonly notNow: NotNow | null }> {
  const { config } = settings;
  const isKnown = by.kind === 'operator' || isListed(config, by);
  const waits: NotNow[] = [];
  const said = <T>(answer: T | NotNow): T | 'unknown' => {
    if (!isNotNow(answer)) return answer;
    waits.push(answer);
    return 'unknown';
  };
  const groups = config.userGroups.map(async ({ slackGroupId }) => {
    const members = said(await directory.members(slackGroupId));
    return [slackGroupId, members === 'unknown' ? 'unknown' : members.includes(by.userId) ? 'in' : 'out'] as const;
  });
  const kind = isKnown || by.kind === 'foreign' ? 'member' : said(await directory.kindOf(by.userId));
  const asker = { kind, groups: Object.fromEntries(await Promise.all(groups)) };
  return { asker, notNow: waits.toSorted((a, b) => b.notBeforeMs - a.notBeforeMs)[0] ?? null };
}
