import { unreachable } from '../invariant.ts';
import type { Advance, Incident } from '../model/target.ts';
import {
  type Breaching,
  isCriticalKind,
  isSightRule,
  kindsOf,
  type Reason,
  type Severity,
  type Verdict,
} from '../model/verdict.ts';
import { courseAfter, courseOf, newCourse } from './course.ts';

export interface AdvanceInput {
  /** The open incident, or a resolved one that may still be reopened. */
  readonly current: Incident | null;
  readonly verdict: Verdict;
  readonly nowMs: number;
  /** Used only when an incident opens. */
  readonly newId: string;
  readonly reopenMs: number;
}

/** The only place where an incident moves. Nothing resolves it but a verdict of health, which waits out the quiet period. */
export function advanceIncident(input: AdvanceInput): Advance {
  const { current, verdict, nowMs } = input;
  switch (verdict.kind) {
    case 'breaching':
      if (current === null) return { what: 'opened', incident: open(input.newId, verdict, nowMs) };
      return current.resolvedAtMs === null
        ? breachAgain(current, verdict, nowMs)
        : reopenOrOpen(input, current, verdict);
    case 'unknown':
      if (current === null || current.resolvedAtMs !== null) return forgetOld(input);
      // Losing sight opens and closes nothing, and it restarts the quiet period.
      return { what: 'continued', incident: { ...current, healthySinceMs: null } };
    case 'settling':
    case 'healthy':
      if (current === null || current.resolvedAtMs !== null) return forgetOld(input);
      return rest(current, verdict.kind, nowMs);
    default:
      return unreachable(verdict);
  }
}

function open(id: string, verdict: Breaching, nowMs: number): Incident {
  return {
    id,
    openedAtMs: nowMs,
    severity: verdict.severity,
    severityHighest: verdict.severity,
    reasons: verdict.reasons,
    forecast: verdict.forecast,
    causes: verdict.causes ?? [],
    culprit: verdict.culprit ?? null,
    course: newCourse(verdict, nowMs),
    lastBreachAtMs: nowMs,
    healthySinceMs: null,
    resolvedAtMs: null,
    reopenedTimes: 0,
  };
}

function breachAgain(current: Incident, verdict: Breaching, nowMs: number): Advance {
  const severity = higher(current.severity, verdict.severity);
  const reasons = keepConnectionReasons(current.reasons, verdict.reasons);
  const { course, isNews, renews } = courseAfter(current, verdict, nowMs);
  const incident: Incident = {
    ...current,
    severity,
    severityHighest: severity,
    reasons,
    forecast: verdict.forecast,
    causes: verdict.causes ?? current.causes ?? [],
    // Once it has stopped growing, whoever grew is still whose connections they are.
    culprit: verdict.culprit ?? current.culprit ?? null,
    course,
    ...(renews ? { renewedAtMs: nowMs } : {}),
    // No sample says that the application is away, and none has to see the end of it.
    lastBreachAtMs: verdict.reasons.every(({ rule }) => rule === 'applicationDown') ? current.lastBreachAtMs : nowMs,
    healthySinceMs: null,
  };
  if (isNews) return { what: 'turned', incident, ...(renews ? { renews } : {}) };
  if (severity !== current.severity) return { what: 'escalated', incident };
  const isSame =
    ruleNames(reasons) === ruleNames(current.reasons) &&
    kindsOf(incident.causes ?? []) === kindsOf(current.causes ?? []);
  return { what: isSame ? 'continued' : 'changed', incident };
}

/** A connection incident that goes out of sight is still a connection incident. */
function keepConnectionReasons(before: readonly Reason[], now: readonly Reason[]): readonly Reason[] {
  if (!now.every((reason) => isSightRule(reason.rule))) return now;
  return [...before.filter((reason) => !isSightRule(reason.rule)), ...now];
}

function reopenOrOpen(input: AdvanceInput, resolved: Incident, verdict: Breaching): Advance {
  const sinceMs = input.nowMs - (resolved.resolvedAtMs ?? 0);
  const fresh = open(input.newId, verdict, input.nowMs);
  if (sinceMs > input.reopenMs) return { what: 'opened', incident: fresh };
  const { seenAtMs } = courseOf(resolved);
  const course = newCourse(verdict, input.nowMs);
  // Another trouble on the card of a former one.
  const renews = isCriticalKind(course.kind) && seenAtMs[course.kind] === undefined;
  return {
    what: 'reopened',
    ...(renews ? { renews } : {}),
    incident: {
      ...fresh,
      id: resolved.id,
      course: { ...course, seenAtMs: { ...seenAtMs, ...course.seenAtMs } },
      openedAtMs: resolved.openedAtMs,
      reopenedAtMs: input.nowMs,
      reopenedTimes: resolved.reopenedTimes + 1,
    },
  };
}

function forgetOld({ current, nowMs, reopenMs }: AdvanceInput): Advance {
  if (current === null) return { what: 'nothing', incident: null };
  const isOld = current.resolvedAtMs !== null && nowMs - current.resolvedAtMs > reopenMs;
  return isOld ? { what: 'forgotten', incident: null } : { what: 'nothing', incident: current };
}

function rest(current: Incident, verdict: 'settling' | 'healthy', nowMs: number): Advance {
  const resting = { ...current, healthySinceMs: current.healthySinceMs ?? nowMs, forecast: null };
  if (verdict === 'settling') return { what: 'continued', incident: resting };
  return { what: 'resolved', incident: { ...resting, resolvedAtMs: nowMs } };
}

function higher(a: Severity, b: Severity): Severity {
  return a === 'critical' || b === 'critical' ? 'critical' : 'warning';
}

function ruleNames(reasons: readonly Reason[]): string {
  return reasons
    .map((reason) => reason.rule)
    .sort()
    .join();
}
