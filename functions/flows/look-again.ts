import { planLook } from '../core/act/plan-look.ts';
import { oweNotice } from '../core/incident/owe.ts';
import type { Run } from '../core/model/run.ts';
import type { Basics, Stores } from '../core/ports.ts';
import { lookedStory } from '../core/text/thread.ts';
import { foundBy, lookDueMs, withFound } from '../core/verify/liveness.ts';
import { changeItem, readFreezes } from './change-item.ts';

export type LookDeps = Basics & { readonly stores: Stores };

/** Begins a look at the application of a target where one is due. The run is stored and left to whoever may send. */
export async function lookIfDue(deps: LookDeps, targetId: string): Promise<void> {
  const { stores, settings, clock, ids, log } = deps;
  const current = await stores.targets.read(targetId);
  const nowMs = clock.nowMs();
  const liveness = current?.value.liveness;
  if (current === null || liveness === undefined || (lookDueMs(current.value) ?? Number.POSITIVE_INFINITY) > nowMs)
    return;
  const former = liveness.lookId === null ? null : await stores.runs.read(liveness.lookId);
  const plan = planLook({
    settings,
    targetId,
    liveness,
    lock: (await stores.applications.read(liveness.applicationId))?.value.lock ?? null,
    freezes: await readFreezes(stores),
    isLooking: former?.value.phase === 'running',
    newId: ids.newId('beside'),
    nowMs,
  });
  const next = oweNotice({ ...current.value, liveness: plan.liveness }, settings, nowMs);
  // Losing the race means that it has moved on; a death after this is a look that is begun anew.
  if ((await stores.targets.write(targetId, next, current.revision)) === 'conflict') return;
  if (plan.run !== null) await stores.runs.write(plan.run.runId, plan.run, null);
  log.info('look', { target: targetId, run: plan.run?.runId, why: plan.why });
}

/** What an ended look found, with the target that it was about. Repeated, it changes nothing. false: come back. */
export async function keepFound(deps: LookDeps, run: Run, targetId: string): Promise<boolean> {
  const nowMs = deps.clock.nowMs();
  const kept = await changeItem(deps.stores.targets, targetId, (state) => {
    // Asked anew meanwhile, or settled by the sampler.
    if (state?.liveness?.lookId !== run.runId) return null;
    const found = foundBy(run, nowMs);
    const liveness = { ...withFound(state.liveness, found, nowMs), lookId: null };
    return oweNotice(
      { ...state, liveness },
      deps.settings,
      nowMs,
      lookedStory(run, state.liveness.found, found, nowMs),
    );
  });
  return kept.kind !== 'contended';
}
