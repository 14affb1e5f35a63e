import { permitted } from '../core/act/case.ts';
import { lockedFor, newRun, targetRunOf, waitingRunOf } from '../core/act/new-run.ts';
import { takeBackAfter } from '../core/act/take-back.ts';
import { isPracticeId } from '../core/config/target-id.ts';
import { oweNotice, withApplied } from '../core/incident/owe.ts';
import { newApplicationState } from '../core/model/application.ts';
import type { Decision } from '../core/model/decision.ts';
import type { Permit } from '../core/model/permit.ts';
import type { Requester } from '../core/model/request.ts';
import type { Run, Stop } from '../core/model/run.ts';
import type { TargetState } from '../core/model/target.ts';
import type { Basics, Stores } from '../core/ports.ts';
import { hostEndedStory, runAwaitsStory, runStartedStory, stoppedStory } from '../core/text/thread.ts';
import { changeItem } from './change-item.ts';

export interface StartRunDeps extends Basics {
  readonly stores: Stores;
}

/** Lock, target, run: in this order, so that whoever loses the lock has changed nothing. */
export async function startRun(deps: StartRunDeps, permit: Permit): Promise<Decision | 'lostRace'> {
  const { stores, clock, settings } = deps;
  const { runId, request } = permit;
  const nowMs = clock.nowMs();

  const application = await stores.applications.read(request.applicationId);
  const current = application?.value ?? newApplicationState(request.applicationId);
  if (current.lock?.runId !== runId) {
    // Somebody holds it since the decision: decide again, which says who it is.
    if (current.lock !== null && current.lock.expiresAtMs > nowMs) return 'lostRace';
    const locked = lockedFor(current, permit, nowMs);
    const written = await stores.applications.write(request.applicationId, locked, application?.revision ?? null);
    if (written === 'conflict') return 'lostRace';
  }
  await changeItem(stores.targets, request.targetId, (state) => {
    if (state === null || !isFree(state.run, permit) || state.run?.phase === 'running') return null;
    if (permit.agreedBy.length === 0 && state.offerVersion !== request.offerVersion) return null;
    return oweNotice(
      { ...state, run: targetRunOf(permit, state, nowMs) },
      settings,
      nowMs,
      runStartedStory(permit, nowMs),
    );
  });
  const shown = (await stores.targets.read(request.targetId))?.value.run ?? null;
  const isShown = shown?.runId === runId && shown.phase === 'running';
  if (!isShown) await takeBackLock(deps, request.applicationId, runId);
  // Somebody else agreed first: it is their run, and their lock.
  if (!isShown || shown.approvedBy !== (permit.agreedBy.at(-1) ?? null)) return 'lostRace';
  await stores.runs.write(runId, newRun(permit, nowMs), null);
  return permitted(nowMs, runId);
}

/** With a second person it has to be what waits; without one, nothing else may be on its way. */
function isFree(run: { readonly runId: string; readonly phase: string } | null, { runId, agreedBy }: Permit): boolean {
  if (agreedBy.length > 0) return run?.runId === runId && run.phase === 'awaiting';
  return run === null || (run.phase !== 'running' && run.phase !== 'awaiting');
}

/** Shows the wish to everybody; nothing is locked and nothing runs before somebody else agrees. */
export async function awaitSecondPerson(
  { stores, clock, settings }: StartRunDeps,
  permit: Permit,
  by: Requester,
  untilMs: number,
): Promise<Decision | 'lostRace'> {
  const nowMs = clock.nowMs();
  const { targetId, offerVersion } = permit.request;
  await changeItem(stores.targets, targetId, (state) => {
    if (state === null || state.offerVersion !== offerVersion || !isFree(state.run, permit)) return null;
    const run = waitingRunOf(permit, by, untilMs, state, nowMs);
    const moved = withApplied({ ...state, run }, permit.requestId);
    return oweNotice(moved, settings, nowMs, runAwaitsStory(permit, untilMs, nowMs));
  });
  const shown = (await stores.targets.read(targetId))?.value;
  const isMine = shown?.run?.runId === permit.runId || (shown?.applied.includes(permit.requestId) ?? false);
  return isMine ? permitted(nowMs, permit.runId) : 'lostRace';
}

/** The application is free again, unless another run has taken it meanwhile. */
export async function releaseLock(
  { stores }: { readonly stores: Pick<Stores, 'applications'> },
  applicationId: string,
  runId: string,
): Promise<void> {
  await changeItem(stores.applications, applicationId, (state) =>
    state === null || state.lock?.runId !== runId ? null : { ...state, lock: null },
  );
}

/** Nothing ran after all, so nothing cools down either. */
async function takeBackLock(
  { stores }: { readonly stores: Pick<Stores, 'applications'> },
  applicationId: string,
  runId: string,
): Promise<void> {
  await changeItem(stores.applications, applicationId, (state) =>
    state === null || state.lock?.runId !== runId
      ? null
      : { ...state, lock: null, attempts: state.attempts.filter((attempt) => attempt.runId !== runId) },
  );
}

export interface ShowRunDeps extends Basics {
  readonly stores: Pick<Stores, 'targets'>;
}

/** A stop that the run already has, for everybody to see. */
export async function showStop(deps: ShowRunDeps, { targetId, runId }: Run, stop: Stop): Promise<void> {
  await changeItem(deps.stores.targets, targetId, (state) => {
    if (state?.run?.runId !== runId || state.run.stop !== null) return null;
    const next = { ...state, run: { ...state.run, stop } };
    return oweNotice(next, deps.settings, deps.clock.nowMs(), stoppedStory(runId, stop));
  });
}

/** The endings of a run on its target; with `endedAtMs` the run as a whole has ended. */
export async function showEndings(deps: ShowRunDeps, run: Run, endedAtMs: number | null): Promise<void> {
  const nowMs = deps.clock.nowMs();
  await changeItem(deps.stores.targets, run.targetId, (state) => {
    const shown = state?.run;
    if (
      state === null ||
      shown === null ||
      shown === undefined ||
      shown.runId !== run.runId ||
      shown.phase !== 'running'
    )
      return null;
    const endings = run.hosts.map((host) =>
      host.ending === null ? null : { hostId: host.hostId, ending: host.ending, lines: host.lines },
    );
    const isNews =
      endedAtMs !== null || endings.some((one, at) => one !== null && (shown.endings[at] ?? null) === null);
    if (!isNews) return null;
    const ended = { ...shown, endings, phase: phaseAfter(deps, run, endedAtMs), endedAtMs, stop: run.stop };
    const takeBack = endedAtMs === null ? {} : { takeBack: takeBackAfter(state, ended, deps.settings) };
    const next: TargetState = { ...state, ...takeBack, run: ended };
    const news = run.hosts.filter((_, at) => (shown.endings[at] ?? null) === null);
    return oweNotice(
      next,
      deps.settings,
      nowMs,
      news.flatMap((host) => hostEndedStory(run, host, nowMs)),
    );
  });
}

/** Nothing was done, so there is nothing to judge: a look helps nobody but its reader. */
function phaseAfter({ settings }: ShowRunDeps, run: Run, endedAtMs: number | null): 'running' | 'verifying' | 'judged' {
  if (endedAtMs === null) return 'running';
  const { risk } = settings.catalogue.find(({ manifest }) => manifest.id === run.runbookId)?.manifest ?? {};
  const isLook = run.dryRun || risk === 'read' || isPracticeId(run.targetId);
  const isIdle = isLook || run.hosts.every((host) => host.claimId === null);
  return isIdle ? 'judged' : 'verifying';
}
