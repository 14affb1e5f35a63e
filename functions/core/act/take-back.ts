import { changedOn, type TakeBack, type TargetRun } from '../model/run.ts';
import type { TargetState } from '../model/target.ts';
import type { Settings } from '../settings.ts';

/**
 * The newest run that can be taken back, after one more has ended. A run that nothing takes back, such as a restart,
 * leaves an earlier one where it was; one that does stands before it, because it may build on what that one did.
 */
export function takeBackAfter(state: TargetState, run: TargetRun, { catalogue }: Settings): TakeBack | null {
  const hosts = run.endings.flatMap((one) => (one !== null && changedOn(one.ending) !== 'no' ? [one.hostId] : []));
  const before = state.takeBack ?? null;
  if (run.dryRun || hosts.length === 0) return before;
  const { runId, runbookId, runbookTitle, applicationId, byUserId, startedAtMs, undoes } = run;
  const undo = catalogue.find(({ manifest }) => manifest.id === runbookId)?.manifest.undo ?? null;
  if (undo === null) return before?.runId === undoes ? null : before;
  return { runId, runbookId, runbookTitle, applicationId, byUserId, startedAtMs, hosts, undoes };
}

/** What can be taken back now. Items of an older version know of their newest run only. */
export function takeBackNow(state: TargetState, settings: Settings): TakeBack | null {
  const { run, takeBack } = state;
  if (takeBack !== undefined) return takeBack;
  return run === null || run.endedAtMs === null ? null : takeBackAfter(state, run, settings);
}
