import type { DecisionPhase, Phase } from '../model/detector-phase.ts';
import type { TickRecord } from '../model/sample-record.ts';
import { createDetectorState, type DetectorState, type Memory } from './detector/detector-state.ts';

/** What is carried from one sample of a target to the next. */
export interface DecisionState {
  readonly detector: DetectorState;
  /** The newest records, for the rules. */
  readonly window: readonly TickRecord[];
  readonly phase: DecisionPhase;
}

export function createDecisionState(): DecisionState {
  return {
    detector: createDetectorState(),
    window: [],
    phase: { trouble: null, levelSince: null, endedAtMs: [] },
  };
}

/** Clocks of two machines that keep time differ by less. */
const CLOCK_STEP_MS_MIN = 2 * 60_000;

/** An instant that can only be still to come because the clock was put back since. */
export function isAhead(atMs: number, nowMs: number): boolean {
  return atMs - nowMs >= CLOCK_STEP_MS_MIN;
}

/**
 * The state for a sample of this instant. Where samples are known that lie well after it, the clock was put back: what
 * was seen "later" is forgotten, nothing has begun after now, and what is open stays open.
 */
export function steppedBack(state: DecisionState, nowMs: number): DecisionState {
  const { window, detector, phase } = state;
  const { countedUntilMs } = detector.memory;
  const newestMs = Math.max(window.at(-1)?.atMs ?? 0, countedUntilMs, detector.phase.evaluatedAtMs);
  if (!isAhead(newestMs, nowMs)) return state;
  return {
    window: window.filter(({ atMs }) => atMs < nowMs),
    detector: detectorAt(detector, nowMs),
    phase: phaseAt(phase, nowMs),
  };
}

function phaseAt({ trouble, levelSince, endedAtMs }: DecisionPhase, nowMs: number): DecisionPhase {
  const since = (ms: number) => Math.min(ms, nowMs);
  return {
    trouble,
    levelSince: levelSince && {
      warningMs: since(levelSince.warningMs),
      criticalMs: levelSince.criticalMs && since(levelSince.criticalMs),
    },
    endedAtMs: endedAtMs.map(since),
  };
}

function detectorAt(state: DetectorState, nowMs: number): DetectorState {
  return { ...state, memory: memoryAt(state.memory, nowMs), phase: detectorPhaseAt(state.phase, nowMs) };
}

function detectorPhaseAt(phase: Phase, nowMs: number): Phase {
  const { alert, countSinceMs, evaluatedAtMs, closedAtMs } = phase;
  const since = (ms: number) => Math.min(ms, nowMs);
  const { openedAtMs = 0, newHighAtMs = 0 } = alert ?? {};
  return {
    ...phase,
    alert: alert && { ...alert, openedAtMs: since(openedAtMs), newHighAtMs: since(newHighAtMs) },
    countSinceMs: countSinceMs && since(countSinceMs),
    evaluatedAtMs: since(evaluatedAtMs),
    closedAtMs: closedAtMs.map(since),
  };
}

/** What is still being gathered belongs to the later time; what is normal is kept. */
function memoryAt(memory: Memory, nowMs: number): Memory {
  const before = <T extends { readonly atMs: number }>(ring: readonly T[]) => ring.filter(({ atMs }) => atMs < nowMs);
  const { recent, halfMinutes, buckets, sinceMs, mutedUntilMs, countedUntilMs, limit } = memory;
  const mutedForMs = Math.max(0, mutedUntilMs - (recent.at(-1)?.atMs ?? 0));
  return {
    ...memory,
    recent: before(recent),
    halfMinutes: before(halfMinutes),
    buckets: before(buckets),
    halfMinute: null,
    bucket: null,
    record: null,
    sinceMs: Math.min(sinceMs, nowMs),
    mutedUntilMs: nowMs + mutedForMs,
    countedUntilMs: Math.min(countedUntilMs, nowMs),
    limit: { ...limit, changedAtMs: Math.min(limit.changedAtMs, nowMs) },
  };
}
