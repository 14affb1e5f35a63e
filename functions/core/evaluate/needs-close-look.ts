import type { Config } from '../config/config.ts';
import type { UnreadableCause } from '../model/sample.ts';
import { isSeen, newestSeen, type TickRecord } from '../model/sample-record.ts';

/** From this share of the raise bound on, a tick brings holders and is followed by closer looks. */
const NEAR_BOUND_SHARE = 0.85;

/** A rise by this share of max_connections within the last samples is worth a closer look. */
const RISE_SHARE = 0.1;

const RISE_SAMPLES = 4;

const MOVE_SHARE = 0.01;

/** Full, or not where it was a few samples ago: looking again soon may tell something new. */
export function isMoving(records: readonly TickRecord[]): boolean {
  const newest = newestSeen(records);
  const oldest = records.slice(-RISE_SAMPLES).find(isSeen);
  if (newest === null || oldest === undefined || newest === oldest || newest.kind === 'full') return true;
  return newest.connected - oldest.connected >= newest.connectionsMax * MOVE_SHARE;
}

/** Whether a target deserves more than a calm tick: near a bound, full, or rising fast. */
export function isSuspicious(records: readonly TickRecord[], rules: Config['rules']): boolean {
  const newest = newestSeen(records);
  if (newest === null || newest !== records.at(-1)) return false;
  if (newest.kind === 'full') return true;
  const { raiseAt } = rules.absolute;
  if (raiseAt !== null && newest.connected >= raiseAt * NEAR_BOUND_SHARE) return true;
  const max = newest.connectionsMax;
  if (!rules.level.off && max > 0 && newest.connected >= max * rules.level.warningAtShare * NEAR_BOUND_SHARE)
    return true;
  const oldest = records.slice(-RISE_SAMPLES).find(isSeen);
  return oldest !== undefined && max > 0 && newest.connected - oldest.connected >= max * RISE_SHARE;
}

/** Each of these costs a whole time limit; a server that answers "no" costs nothing. */
const SLOW_CAUSES: readonly UnreadableCause[] = ['unreachable', 'frozen', 'nameUnknown', 'queryTimedOut'];

/** Long enough in the dark to be told as an incident with usual rules, and longer. */
const FAILURES_MIN = 6;

const BACK_OFF_MS_MIN = 60_000;

/** Sight that comes back is seen within this time, so that it is far below anybody's patience. */
const BACK_OFF_MS_MAX = 300_000;

/** A tick that is a little early is the tick that was meant. */
const EARLY_MS = 5000;

/** How long a target that does not answer is left alone, so that it cannot eat the others' time; 0: it is tried on every tick. */
export function backOffMs(records: readonly TickRecord[]): number {
  const answered = records.findLastIndex((one) => one.kind !== 'unreadable' || !SLOW_CAUSES.includes(one.cause));
  const failures = records.length - 1 - answered;
  if (failures < FAILURES_MIN) return 0;
  return Math.min(BACK_OFF_MS_MAX, BACK_OFF_MS_MIN * 2 ** Math.min(8, failures - FAILURES_MIN));
}

/** Not yet its turn. */
export function isBackedOff(records: readonly TickRecord[], nowMs: number): boolean {
  const sinceMs = nowMs - (records.at(-1)?.atMs ?? 0);
  // A clock that was put back is no reason to wait for longer.
  return sinceMs >= -EARLY_MS && sinceMs < backOffMs(records) - EARLY_MS;
}
