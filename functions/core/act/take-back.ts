import type { Settings } from '../config/settings.ts';
import type { TargetRun, TargetState } from '../incident/target-state.ts';
import type { Ending } from './run.ts';

/** A run that something can take back. */
export interface TakeBack {
  readonly runId: string;
  readonly runbookId: string;
  readonly runbookTitle: string;
  readonly applicationId: string;
  readonly byUserId: string;
  readonly startedAtMs: number;
  /** Where it may have changed something. */
  readonly hosts: readonly string[];
  /** The run that it took back itself. */
  readonly undoes: string | null;
}

/**
 * The newest run that can be taken back, after one more has ended. A run that nothing takes back, such as a restart,
 * leaves an earlier one where it was; one that does stands before it, because it may build on what that one did.
 */
export function takeBackAfter(state: TargetState, run: TargetRun, { catalogue }: Settings): TakeBack | null {
  const hosts = run.endings.flatMap((one) => (one !== null && mayHaveChanged(one.ending) ? [one.hostId] : []));
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

function mayHaveChanged(ending: Ending): boolean {
  return ending.kind !== 'nothingToDo' && ending.kind !== 'refused';
}
