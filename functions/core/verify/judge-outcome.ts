import type { Measure, Outcome } from '../model/run.ts';
import type { TickRecord } from '../model/sample-record.ts';
import type { Verdict } from '../model/verdict.ts';

/** Two samples in a row, so that one lucky instant is not called a recovery. */
const HEALTHY_SAMPLES_MIN = 2;
/** A fall by at least this share of what was there before is an improvement. */
const IMPROVED_SHARE_MIN = 0.2;

export interface JudgeInput {
  /** The last measure before the run; null when the target could not be read then. */
  readonly before: Measure | null;
  readonly endedAtMs: number;
  readonly verdict: Verdict;
  /** Oldest first; only those after `endedAtMs` count. */
  readonly records: readonly TickRecord[];
  readonly nowMs: number;
  readonly windowMs: number;
}

/** What a run did to the target, by the sampler's word alone. null: too early to say. */
export function judgeOutcome(input: JudgeInput): Outcome | null {
  const { before, endedAtMs, verdict, nowMs } = input;
  const after = measuresSince(input.records, endedAtMs);
  const newest = after.at(-1);
  const isOver = nowMs - endedAtMs >= input.windowMs;
  if (before === null)
    return isOver ? { kind: 'inconclusive', before, why: 'the target could not be read before the run' } : null;
  if (newest === undefined) {
    return isOver ? { kind: 'inconclusive', before, why: 'the target could not be read after the run' } : null;
  }
  const judged = { before, after: newest, afterMs: newest.atMs - endedAtMs };
  const isWell = verdict.kind === 'healthy' || verdict.kind === 'settling';
  if (isWell && after.length >= HEALTHY_SAMPLES_MIN) return { kind: 'recovered', ...judged };
  if (!isOver) return null;
  if (verdict.kind === 'unknown')
    return { kind: 'inconclusive', before, why: 'too few samples came back after the run' };
  const fell = before.connected - newest.connected;
  return { kind: fell >= before.connected * IMPROVED_SHARE_MIN ? 'improved' : 'notRecovered', ...judged };
}

/** A recovery that did not last. */
export function relapseOf(
  outcome: Outcome,
  verdict: Verdict,
  newest: TickRecord | undefined,
  judgedUntilMs: number,
): Outcome | null {
  if (outcome.kind !== 'recovered' || verdict.kind !== 'breaching') return null;
  if (newest === undefined || newest.kind === 'unreadable' || newest.atMs > judgedUntilMs) return null;
  return {
    kind: 'relapsed',
    before: outcome.before,
    after: measureOf(newest),
    afterMs: newest.atMs - outcome.after.atMs,
  };
}

function measuresSince(records: readonly TickRecord[], sinceMs: number): Measure[] {
  return records.flatMap((record) =>
    record.kind === 'unreadable' || record.atMs <= sinceMs ? [] : [measureOf(record)],
  );
}

export function measureOf(record: Exclude<TickRecord, { kind: 'unreadable' }>): Measure {
  return {
    atMs: record.atMs,
    connected: record.connected,
    connectionsMax: record.connectionsMax,
    full: record.kind === 'full',
  };
}
