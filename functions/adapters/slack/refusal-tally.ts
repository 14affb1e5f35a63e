import type { Clock, Log } from '../../core/ports.ts';
import type { RequestRefusal } from './verify-request.ts';

const LINE_EVERY_MS = 10_000;

interface Told {
  readonly atMs: number;
  /** Refused since, and in no line yet. */
  readonly since: number;
}

/**
 * Tells the log of refused requests, at most one line in ten seconds for each reason, with how many it stands for: the
 * log is billed by the byte, and anybody can have a request refused. The first of a reason is told at once; what a
 * flood leaves untold at its end is in Lambda's own `Url4xxCount`.
 */
export function refusalTally(clock: Pick<Clock, 'nowMs'>, log: Log): (reason: RequestRefusal) => void {
  const lines = new Map<RequestRefusal, Told>();
  return (reason) => {
    const nowMs = clock.nowMs();
    const last = lines.get(reason);
    const count = (last?.since ?? 0) + 1;
    // Also where the clock was put back.
    if (last === undefined || Math.abs(nowMs - last.atMs) >= LINE_EVERY_MS) {
      log.info('request.refused', { reason, count });
      lines.set(reason, { atMs: nowMs, since: 0 });
    } else {
      lines.set(reason, { atMs: last.atMs, since: count });
    }
  };
}
