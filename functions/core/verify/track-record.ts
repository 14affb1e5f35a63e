import { type ApplicationState, newApplicationState } from '../model/application.ts';
import type { RunRequest } from '../model/request.ts';
import type { PastIncident, PastRun, TargetRun } from '../model/run.ts';
import type { TargetState } from '../model/target.ts';
import type { Settings } from '../settings.ts';

const PAST_MAX = 20;

/** How often a runbook helped, of the runs about which that can be said. */
export interface Helped {
  readonly times: number;
  readonly of: number;
}

/** What became of trouble here that nothing was run against. */
export interface Baseline {
  readonly alone: number;
  readonly of: number;
  readonly medianMs: number | null;
}

/** Remembers an incident once it is over; one that came back and ended again is remembered as it ended last. */
export function withPast(state: TargetState, settings: Settings): TargetState {
  const { incident } = state;
  if (incident === null || incident.resolvedAtMs === null || incident.isPractice) return state;
  const endedMs = incident.healthySinceMs ?? incident.resolvedAtMs;
  const past = { id: incident.id, lastedMs: endedMs - incident.openedAtMs, runs: runsOf(state, settings) };
  return { ...state, past: [...pastOf(state), past].slice(-PAST_MAX) };
}

/** Among this target's last incidents and in the present one, by the same runbook on the same application. */
export function helpedBefore(
  state: TargetState,
  settings: Settings,
  { runbookId, applicationId }: Pick<RunRequest, 'runbookId' | 'applicationId'>,
): Helped {
  const runs = [...pastOf(state).flatMap((one) => one.runs), ...runsOf(state, settings)].filter(
    (run) => run.runbookId === runbookId && run.applicationId === applicationId && run.outcome !== 'inconclusive',
  );
  return { times: runs.filter(({ outcome }) => outcome === 'recovered').length, of: runs.length };
}

export function endedAlone(state: TargetState): Baseline {
  const past = pastOf(state);
  const alone = past.filter(({ runs }) => runs.length === 0).map(({ lastedMs }) => lastedMs);
  return { alone: alone.length, of: past.length, medianMs: medianOf(alone) };
}

/** Without the present one, which may have ended before and come back. */
function pastOf({ past = [], incident }: TargetState): readonly PastIncident[] {
  return past.filter(({ id }) => id !== incident?.id);
}

/** A look at the hosts changes nothing: trouble that ends after it has ended by itself. */
function runsOf({ tried }: TargetState, { catalogue }: Settings): PastRun[] {
  const isLook = (runbookId: string) =>
    catalogue.some(({ manifest }) => manifest.id === runbookId && manifest.risk === 'read');
  return tried
    .filter(({ runbookId }) => !isLook(runbookId))
    .map(({ runbookId, applicationId, outcome }) => ({
      runbookId,
      outcome: outcome.kind,
      ...(applicationId === undefined ? {} : { applicationId }),
    }));
}

export function medianOf(given: readonly number[]): number | null {
  const values = given.toSorted((a, b) => a - b);
  const upper = values[Math.floor(values.length / 2)];
  const lower = values[Math.floor((values.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (lower + upper) / 2;
}

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
