import { isAhead } from '../evaluate/decision-state.ts';
import type { TargetRun } from '../model/run.ts';
import type { Incident, TargetState } from '../model/target.ts';

/**
 * The state as it is read at this instant. A clock that was put back leaves instants behind that are still to come: they
 * count as now and are stored so, because what waits for them would wait until the old time comes again.
 */
export function noLaterThan(state: TargetState, nowMs: number): TargetState {
  const { incident, run, figuresWrittenAtMs, liveness } = state;
  const instants = [
    incident?.openedAtMs,
    incident?.lastBreachAtMs,
    incident?.healthySinceMs,
    incident?.resolvedAtMs,
    incident?.renewedAtMs,
    incident?.course?.sinceMs,
    run?.startedAtMs,
    run?.endedAtMs,
    figuresWrittenAtMs,
  ];
  if (!instants.some((atMs) => isAhead(atMs ?? 0, nowMs))) return state;
  return {
    ...state,
    incident: incident && incidentAt(incident, nowMs),
    run: run && runAt(run, nowMs),
    // Due now rather than at the old time.
    ...(liveness === undefined ? {} : { liveness: { ...liveness, lookAtMs: liveness.lookAtMs && nowMs } }),
    // So that it is written now, with the rest.
    figuresWrittenAtMs: 0,
  };
}

function incidentAt(incident: Incident, nowMs: number): Incident {
  const { openedAtMs, reopenedAtMs, renewedAtMs, course, lastBreachAtMs, healthySinceMs, resolvedAtMs } = incident;
  return {
    ...incident,
    openedAtMs: Math.min(openedAtMs, nowMs),
    ...(reopenedAtMs === undefined ? {} : { reopenedAtMs: Math.min(reopenedAtMs, nowMs) }),
    ...(renewedAtMs === undefined ? {} : { renewedAtMs: Math.min(renewedAtMs, nowMs) }),
    ...(course === undefined ? {} : { course: courseAt(course, nowMs) }),
    lastBreachAtMs: Math.min(lastBreachAtMs, nowMs),
    healthySinceMs: healthySinceMs && Math.min(healthySinceMs, nowMs),
    resolvedAtMs: resolvedAtMs && Math.min(resolvedAtMs, nowMs),
  };
}

type Course = NonNullable<Incident['course']>;

function courseAt(course: Course, nowMs: number): Course {
  const seen = Object.entries(course.seenAtMs).map(([kind, atMs]) => [kind, Math.min(atMs, nowMs)]);
  return { ...course, sinceMs: Math.min(course.sinceMs, nowMs), seenAtMs: Object.fromEntries(seen) };
}

function runAt(run: TargetRun, nowMs: number): TargetRun {
  const { startedAtMs, endedAtMs } = run;
  return { ...run, startedAtMs: Math.min(startedAtMs, nowMs), endedAtMs: endedAtMs && Math.min(endedAtMs, nowMs) };
}
