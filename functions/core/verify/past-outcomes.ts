import type { ApplicationState } from '../model/application.ts';
import { newApplicationState } from '../model/application.ts';
import type { TargetRun } from '../model/run.ts';

const OUTCOMES_PER_RUNBOOK_MAX = 5;

/** Remembers what a run did, for whoever thinks about the next one; a later word on the same run replaces the former. */
export function withOutcome(state: ApplicationState | null, targetId: string, run: TargetRun): ApplicationState | null {
  const { runbookId, runId, byUserId, startedAtMs: atMs, outcome } = run;
  if (outcome === null || run.dryRun) return null;
  const known = state ?? newApplicationState(run.applicationId);
  const others = known.outcomes.filter((one) => one.runId !== runId);
  const same = [
    ...others.filter((one) => one.runbookId === runbookId),
    { runbookId, runId, targetId, byUserId, atMs, outcome },
  ];
  const outcomes = [...others.filter((one) => one.runbookId !== runbookId), ...same.slice(-OUTCOMES_PER_RUNBOOK_MAX)];
  return { ...known, outcomes };
}
