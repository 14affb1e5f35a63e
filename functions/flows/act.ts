import { type Decided, decide, type Permit, runIdOf } from '../core/act/decide.ts';
import { lockedFor, newApplicationState, newRun, targetRunOf } from '../core/act/new-run.ts';
import type { Decision, RequestRecord } from '../core/act/request.ts';
import { oweNotice } from '../core/incident/owe.ts';
import { runStartedStory } from '../core/notify/story.ts';
import type { Basics, Stores } from '../core/ports.ts';
import { changeItem } from './change-item.ts';

export interface DecideDeps extends Basics {
  readonly stores: Stores;
}

export type DecideReport = 'unknownRequest' | 'alreadyDecided' | 'contended' | Decision['kind'];

/**
 * Decides one request. Each write is conditional and carries the run's own id, so that the same request
 * delivered again, or picked up after a crash, goes on where it stopped and never starts a second run.
 */
export async function decideRequest(deps: DecideDeps, requestId: string): Promise<DecideReport> {
  const { stores, clock } = deps;
  const record = (await stores.requests.read(requestId))?.value;
  if (record === undefined) return 'unknownRequest';
  if (record.decision !== null) return 'alreadyDecided';
  const started = await stores.runs.read(runIdOf(requestId));
  const decided = started === null ? await judge(deps, record) : null;
  if (decided === null)
    return settle(deps, record, { kind: 'permitted', atMs: clock.nowMs(), runId: runIdOf(requestId) });
  switch (decided.kind) {
    case 'refused':
      return settle(deps, record, decided);
    case 'acknowledge':
      await acknowledge(deps, decided.targetId, decided.byUserId);
      return settle(deps, record, { kind: 'permitted', atMs: clock.nowMs(), runId: null });
    case 'run':
      return start(deps, record, decided.permit);
  }
}

async function judge(deps: DecideDeps, record: RequestRecord): Promise<Decided> {
  const { request } = record;
  const target = request.kind === 'unreadable' ? null : await deps.stores.targets.read(request.targetId);
  const application = request.kind === 'run' ? await deps.stores.applications.read(request.applicationId) : null;
  const state = { settings: deps.settings, target: target?.value ?? null, application: application?.value ?? null };
  return decide(state, record, deps.clock.nowMs());
}

/** Lock, target, run: in this order, so that whoever loses the lock has changed nothing. */
async function start(deps: DecideDeps, record: RequestRecord, permit: Permit): Promise<DecideReport> {
  const { stores, clock, settings } = deps;
  const { runId, request } = permit;
  const userId = record.by.userId;
  const nowMs = clock.nowMs();

  const application = await stores.applications.read(request.applicationId);
  const current = application?.value ?? newApplicationState(request.applicationId);
  if (current.lock?.runId !== runId) {
    const locked = lockedFor(current, permit, userId, nowMs);
    const written = await stores.applications.write(request.applicationId, locked, application?.revision ?? null);
    // Somebody was faster: decide again, which finds their lock and says who it was.
    if (written === 'conflict') return decideRequest(deps, record.id);
  }

  const run = newRun(permit, record.id, userId, nowMs);
  const shown = await changeItem(stores.targets, request.targetId, (state) => {
    if (state === null || state.run?.runId === runId || state.offerVersion !== request.offerVersion) return null;
    const story = runStartedStory(runId, run.runbookTitle, userId, request.hosts, nowMs);
    return oweNotice({ ...state, run: targetRunOf(run, state) }, settings, nowMs, [story]);
  });
  const isShown = (await stores.targets.read(request.targetId))?.value.run?.runId === runId;
  if (shown.kind === 'contended' || !isShown) {
    await takeBackLock(deps, request.applicationId, runId);
    return decideRequest(deps, record.id);
  }
  await stores.runs.write(runId, run, null);
  return settle(deps, record, { kind: 'permitted', atMs: nowMs, runId });
}

/** The application is free again, unless another run has taken it meanwhile. */
export async function releaseLock(
  deps: Pick<DecideDeps, 'stores'>,
  applicationId: string,
  runId: string,
): Promise<void> {
  await changeItem(deps.stores.applications, applicationId, (state) =>
    state === null || state.lock?.runId !== runId ? null : { ...state, lock: null },
  );
}

/** Nothing ran after all, so nothing cools down either. */
async function takeBackLock(deps: DecideDeps, applicationId: string, runId: string): Promise<void> {
  await changeItem(deps.stores.applications, applicationId, (state) =>
    state === null || state.lock?.runId !== runId
      ? null
      : { ...state, lock: null, attempts: state.attempts.filter((attempt) => attempt.runId !== runId) },
  );
}

async function acknowledge(deps: DecideDeps, targetId: string, userId: string): Promise<void> {
  const nowMs = deps.clock.nowMs();
  await changeItem(deps.stores.targets, targetId, (state) =>
    state === null ? null : oweNotice({ ...state, acknowledgement: { userId, atMs: nowMs } }, deps.settings, nowMs),
  );
}

async function settle(deps: DecideDeps, record: RequestRecord, decision: Decision): Promise<DecideReport> {
  const settled = await changeItem(deps.stores.requests, record.id, (value) =>
    value === null || value.decision !== null ? null : { ...value, decision, answerOwed: decision.kind === 'refused' },
  );
  const reason = decision.kind === 'refused' ? decision.reason : 'permitted';
  deps.log.info('decision', { request: record.id, kind: record.request.kind, user: record.by.userId, reason });
  return settled.kind === 'contended' ? 'contended' : decision.kind;
}
