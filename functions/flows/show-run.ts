import { takeBackAfter } from '../core/act/take-back.ts';
import { isPracticeId } from '../core/config/target-id.ts';
import { oweNotice } from '../core/incident/owe.ts';
import type { Run, Stop } from '../core/model/run.ts';
import type { TargetState } from '../core/model/target.ts';
import type { Basics, Stores } from '../core/ports.ts';
import { hostEndedStory, stoppedStory } from '../core/text/thread.ts';
import { changeItem } from './change-item.ts';

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
