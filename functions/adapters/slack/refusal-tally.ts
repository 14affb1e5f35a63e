import type { Clock, Log } from '../../core/ports.ts';
import type { RequestRefusal } from './verify-request.ts';

const LINE_EVERY_MS = 10_000;
const MINUTE_MS = 60_000;
/** Lambda gives one execution environment ten requests a second at most; Slack's own are never refused. */
const FLOOD_A_MINUTE = 300;

interface Told {
  readonly atMs: number;
  /** Refused since, and in no line yet. */
  readonly since: number;
}

/**
 * Counts and tells of refused requests. `flood`: so many were refused in this minute and in the one before.
 *
 * The log has at most one line in ten seconds for each reason, with how many it stands for: it is billed by the byte,
 * and anybody can have a request refused. The first of a reason is told at once; what a flood leaves untold at its end
 * is in Lambda's own `Url4xxCount` and `Url5xxCount`.
 */
export function refusalTally(
  clock: Pick<Clock, 'nowMs'>,
  log: Log,
): (reason: RequestRefusal) => { readonly flood: boolean } {
  const lines = new Map<RequestRefusal, Told>();
  let minute = { at: 0, count: 0, before: 0 };
  return (reason) => {
    const nowMs = clock.nowMs();
    minute = countedIn(minute, Math.floor(nowMs / MINUTE_MS));
    const flood = Math.min(minute.count, minute.before) >= FLOOD_A_MINUTE;
    const last = lines.get(reason);
    const count = (last?.since ?? 0) + 1;
    // Also where the clock was put back.
    const isDue = last === undefined || Math.abs(nowMs - last.atMs) >= LINE_EVERY_MS;
    if (isDue) log.info('request.refused', { reason, count, ...(flood ? { flood } : {}) });
    lines.set(reason, isDue ? { atMs: nowMs, since: 0 } : { atMs: last.atMs, since: count });
    return { flood };
  };
}

/** One more in the minute `at`, with what the minute before it had. */
function countedIn(minute: { readonly at: number; readonly count: number; readonly before: number }, at: number) {
  if (at === minute.at) return { ...minute, count: minute.count + 1 };
  return { at, count: 1, before: at === minute.at + 1 ? minute.count : 0 };
}
