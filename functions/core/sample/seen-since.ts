import { isSeen } from '../evaluate/rules/rule.ts';
import type { TickRecord } from './tick-record.ts';

/** A tick may be late by jitter and the work before it; anything longer is a sample that is missing. */
const GAP_TICKS_MAX = 1.6;

/** When the present run of samples without a gap began: a missing or unreadable sample ends it. `nowMs` when there is none. */
export function seenSinceMs(records: readonly TickRecord[], nowMs: number, everyMs: number): number {
  let sinceMs = nowMs;
  for (const record of records.toReversed()) {
    if (!isSeen(record) || sinceMs - record.atMs > everyMs * GAP_TICKS_MAX) break;
    sinceMs = record.atMs;
  }
  return sinceMs;
}
