import type { Incident } from '../model/target.ts';
import { type Breaching, isCriticalKind, type TroubleKind, troubleKindOf } from '../model/verdict.ts';

type Course = NonNullable<Incident['course']>;

/** Seen within this time it is no news: a database that goes to and fro between two kinds of trouble is told once of each. */
const NEWS_AFTER_MS = 15 * 60_000;

export function newCourse({ reasons }: Pick<Breaching, 'reasons'>, nowMs: number): Course {
  const kind = troubleKindOf(reasons);
  return { kind, sinceMs: nowMs, isTold: true, seenAtMs: seenNow({}, kind, nowMs) };
}

/** Items of an older version hold nothing but the reasons. */
export function courseOf({ course, reasons, lastBreachAtMs }: Incident): Course {
  return course ?? newCourse({ reasons }, lastBreachAtMs);
}

/**
 * What is wrong after one more breach. `isNews`: it is something else, or it is back after a rest, and people have to
 * hear of it. `renews`: whoever has the incident had something less bad.
 */
export function courseAfter(
  current: Incident,
  { reasons }: Breaching,
  nowMs: number,
): { readonly course: Course; readonly isNews: boolean; readonly renews: boolean } {
  const before = courseOf(current);
  const kind = troubleKindOf(reasons);
  const seenAtMs = seenNow(before.seenAtMs, kind, nowMs);
  const isOld = nowMs - (before.seenAtMs[kind] ?? Number.NEGATIVE_INFINITY) >= NEWS_AFTER_MS;
  if (kind === before.kind) {
    const isBack = current.healthySinceMs !== null && isOld;
    const isNews = isBack || (!before.isTold && nowMs - before.sinceMs >= NEWS_AFTER_MS);
    const course = { ...before, isTold: before.isTold || isNews, seenAtMs };
    return { course, isNews, renews: isNews && isCriticalKind(kind) };
  }
  // What is left of a full pool is no news, and a pool that fills up was foretold to whoever has a critical incident.
  const isLess = before.kind === 'full' && kind === 'connections';
  const isForetold = before.kind === 'connections' && kind === 'full' && current.severity === 'critical';
  const isNews = isOld && !isLess;
  const course = { kind, sinceMs: nowMs, isTold: isNews || isLess, seenAtMs };
  return { course, isNews, renews: isNews && !isForetold && isCriticalKind(kind) };
}

/** A full pool has also run out of connections. */
function seenNow(before: Course['seenAtMs'], kind: TroubleKind, nowMs: number): Course['seenAtMs'] {
  return { ...before, ...(kind === 'full' ? { connections: nowMs } : {}), [kind]: nowMs };
}
