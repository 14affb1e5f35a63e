import { changedBy, type Measure, type Outcome, type TargetRun } from '../model/run.ts';
import type { TickRecord } from '../model/sample-record.ts';
import type { Liveness } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import { isGivenUp, mayBeGreen } from './liveness.ts';

/** Two samples in a row, so that one lucky instant is not called a recovery. */
const HEALTHY_SAMPLES_MIN = 2;
/** A fall by at least this share of what was there before is an improvement. */
const IMPROVED_SHARE_MIN = 0.2;
/** One look may have met processes that were still starting. */
const DOWN_LOOKS_MIN = 2;
/** For an answer of the hosts, after the window is over. */
const LOOK_MS_MAX = 5 * 60_000;

export interface JudgeInput {
  /** `before`: the last measure before the run; null when the target could not be read then. */
  readonly run: Pick<TargetRun, 'before' | 'endings'> & { readonly endedAtMs: number };
  readonly verdict: Verdict;
  /** Whether the application still runs, as far as anybody doubted it. */
  readonly liveness: Liveness | undefined;
  /** Oldest first; only those after the end count. */
  readonly records: readonly TickRecord[];
  readonly nowMs: number;
  readonly windowMs: number;
}

/**
 * What a run that may have changed something did: by the sampler's word, and nothing good while the application is not
 * known to run. null: too early to say.
 */
export function judgeOutcome(input: JudgeInput): Outcome | null {
  const { run, verdict, nowMs, liveness } = input;
  const { before } = run;
  const after = measuresSince(input.records, run.endedAtMs);
  const newest = after.at(-1) ?? null;
  const overMs = nowMs - run.endedAtMs - input.windowMs;
  const unclear = (why: string): Outcome => ({ kind: 'inconclusive', before, why });

  const found = liveness?.found;
  if (found?.kind === 'down' || found?.kind === 'partly') {
    const isSure = (liveness?.looks ?? 0) >= DOWN_LOOKS_MIN || overMs >= 0;
    return isSure ? { kind: 'applicationDown', before, after: newest, up: found.up, down: found.down } : null;
  }
  const isWell = (verdict.kind === 'healthy' || verdict.kind === 'settling') && after.length >= HEALTHY_SAMPLES_MIN;
  if (overMs < 0 && !(isWell && before !== null)) return null;
  const hasFallen = newest !== null && fellFar(before, newest);
  // That nothing got better needs no look at the hosts.
  if (!mayBeGreen(liveness) && (verdict.kind !== 'breaching' || hasFallen)) {
    if (liveness !== undefined && isGivenUp(liveness))
      return unclear('no host said whether the application still runs');
    return overMs < LOOK_MS_MAX ? null : unclear('nobody knows whether the application still runs');
  }
  if (before === null) return unclear('the database could not be read before the run');
  if (newest === null) return unclear('the database could not be read afterwards');
  if (changedBy(run.endings) !== 'yes') return unclear('nobody knows what it changed before it ended');
  if (liveness !== undefined && isGivenUp(liveness) && (isWell || hasFallen)) {
    return unclear('no host said whether the application still runs');
  }
  const judged = { before, after: newest, afterMs: newest.atMs - run.endedAtMs };
  if (isWell) return { kind: 'recovered', ...judged };
  if (verdict.kind === 'unknown') return unclear('too few samples came back after the run');
  return { kind: hasFallen ? 'improved' : 'notRecovered', ...judged };
}

function fellFar(before: Measure | null, after: Measure): boolean {
  return before !== null && before.connected - after.connected >= before.connected * IMPROVED_SHARE_MIN;
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
