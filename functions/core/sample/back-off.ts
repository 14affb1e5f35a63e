import type { UnreadableCause } from '../model/sample.ts';
import type { TickRecord } from '../model/sample-record.ts';

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
  return nowMs - (records.at(-1)?.atMs ?? 0) < backOffMs(records) - EARLY_MS;
}
