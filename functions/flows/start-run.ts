import { permitted } from '../core/act/case.ts';
import { lockedFor, newRun, targetRunOf, waitingRunOf } from '../core/act/new-run.ts';
import { isOccupied } from '../core/act/offers.ts';
import { takeBackAfter } from '../core/act/take-back.ts';
import { isPracticeId } from '../core/config/target-id.ts';
import { oweNotice, withApplied } from '../core/incident/owe.ts';
import { type ApplicationState, newApplicationState } from '../core/model/application.ts';
import type { Decision } from '../core/model/decision.ts';
import type { Permit } from '../core/model/permit.ts';
import type { Requester } from '../core/model/request.ts';
import { changedOn, type Run, type Stop, type TargetRun } from '../core/model/run.ts';
import type { TargetState } from '../core/model/target.ts';
import type { Basics, Stores, Versioned } from '../core/ports.ts';
import type { Settings } from '../core/settings.ts';
import { hostEndedStory, runAwaitsStory, runStartedStory, stoppedStory, unchangedStory } from '../core/text/thread.ts';
import { askedAfterRun, foundBy, withFound } from '../core/verify/liveness.ts';
import { changeItem } from './change-item.ts';

export interface StartRunDeps extends Basics {
  readonly stores: Stores;
}

/** The items that a start was decided on; one that has moved since is decided anew. */
export interface DecidedOn {
  readonly target: Versioned<TargetState>;
  readonly application: Versioned<ApplicationState> | null;
}

/** Lock, card and run in one write. `lostRace`: one of them has moved since the decision, which is made again. */
export async function startRun(
  deps: StartRunDeps,
  permit: Permit,
  { target, application }: DecidedOn,
): Promise<Decision | 'lostRace'> {
  const { stores, clock, settings, log } = deps;
  const { runId, request } = permit;
  const nowMs = clock.nowMs();
  const shown = { ...target.value, run: targetRunOf(permit, target.value, nowMs) };
  const free = application?.value ?? newApplicationState(request.applicationId);
  const answer = await stores.starts.start({
    run: newRun(permit, nowMs),
    target: {
      value: oweNotice(shown, settings, nowMs, runStartedStory(permit, nowMs)),
      revision: target.revision,
    },
    application: { value: lockedFor(free, permit, nowMs), revision: application?.revision ?? null },
  });
  if (answer === 'written') return permitted(nowMs, runId);
  log.info('notStarted', { run: runId, incident: request.incidentId, why: answer });
  return 'lostRace';
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
    if (state === null || state.offerVersion !== offerVersion || isOccupied(state)) return null;
    const run = waitingRunOf(permit, by, untilMs, state, nowMs);
    const moved = withApplied({ ...state, run }, permit.requestId);
    return oweNotice(moved, settings, nowMs, runAwaitsStory(permit, untilMs, nowMs));
  });
  const shown = (await stores.targets.read(targetId))?.value;
  const isMine = shown?.run?.runId === permit.runId || (shown?.applied.includes(permit.requestId) ?? false);
  return isMine ? permitted(nowMs, permit.runId) : 'lostRace';
}

/** The application is free again, unless another run has taken it meanwhile. false: it is not known to be. */
export async function releaseLock(
  { stores }: { readonly stores: Pick<Stores, 'applications'> },
  applicationId: string,
  runId: string,
): Promise<boolean> {
  const released = await changeItem(stores.applications, applicationId, (state) =>
    state === null || state.lock?.runId !== runId ? null : { ...state, lock: null },
  );
  return released.kind !== 'contended';
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

/** The endings of a run on its target; with `endedAtMs` the run as a whole has ended. false: they are not shown yet. */
export async function showEndings(deps: ShowRunDeps, run: Run, endedAtMs: number | null): Promise<boolean> {
  const nowMs = deps.clock.nowMs();
  const told = await changeItem(deps.stores.targets, run.targetId, (state) => {
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
    const news = run.hosts.filter((_, at) => (shown.endings[at] ?? null) === null);
    const story = news.flatMap((host) => hostEndedStory(run, host, nowMs));
    const over = endedAtMs === null ? null : afterRun(deps, state, ended, run, nowMs);
    const next: TargetState = { ...state, ...over?.change, run: ended };
    return oweNotice(next, deps.settings, nowMs, [...story, ...(over?.story ?? [])]);
  });
  return told.kind !== 'contended';
}

/** What of a run outlasts it: how it is taken back, and whether the application has to be looked at again. */
function afterRun({ settings }: ShowRunDeps, state: TargetState, ended: TargetRun, run: Run, nowMs: number) {
  const takeBack = takeBackAfter(state, ended, settings);
  if (isLook(settings, run)) {
    // Somebody else looked: what they found counts as well.
    const { liveness } = state;
    const isAbout = liveness?.applicationId === run.applicationId && run.hosts.some(({ app }) => app !== undefined);
    return {
      change: { takeBack, liveness: isAbout ? withFound(liveness, foundBy(run, nowMs), nowMs) : liveness },
      story: [],
    };
  }
  const liveness = askedAfterRun(state, ended, nowMs);
  return { change: { takeBack, liveness }, story: ended.phase === 'judged' ? unchangedStory(ended, nowMs) : [] };
}

function isLook({ catalogue }: Settings, run: Run): boolean {
  const { risk } = catalogue.find(({ manifest }) => manifest.id === run.runbookId)?.manifest ?? {};
  return run.dryRun || risk === 'read' || isPracticeId(run.targetId);
}

/** Nothing was changed, so there is nothing to judge: a look helps nobody but its reader. */
function phaseAfter({ settings }: ShowRunDeps, run: Run, endedAtMs: number | null): 'running' | 'verifying' | 'judged' {
  if (endedAtMs === null) return 'running';
  const isIdle = run.hosts.every(({ ending }) => ending === null || changedOn(ending) === 'no');
  return isLook(settings, run) || isIdle ? 'judged' : 'verifying';
}
