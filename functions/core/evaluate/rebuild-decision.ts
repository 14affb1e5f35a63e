import type { DecisionPhase, Phase } from '../model/detector-phase.ts';
import {
  createDecisionState,
  type DecisionOptions,
  type DecisionState,
  decideSample,
  WINDOW_MAX,
} from './decide-sample.ts';
import { rebuildDetector, type StoredCourse } from './detector/rebuild-detector.ts';

/** Where the decision stood when its target was last written; null: nobody knows. */
export interface StoredPhase {
  readonly detector: Phase | null;
  readonly decision: (DecisionPhase & { readonly atMs: number }) | null;
}

/** What is judged again: longer than any streak or wait that a decision counts. */
const AGAIN_MS_MAX = 20 * 60_000;

/**
 * The decision of a cold container. The course up to the stored phase is only remembered; the samples after it are
 * judged again, as the container before judged them.
 */
export function rebuildDecision(course: StoredCourse, stored: StoredPhase, options: DecisionOptions): DecisionState {
  const start = startOf(course, stored);
  const newestMs = start.window.at(-1)?.atMs ?? 0;
  return course.ticks
    .filter(({ atMs }) => atMs > newestMs)
    .reduce((state, tick) => decideSample(state, tick, options).state, start);
}

function startOf(course: StoredCourse, { detector, decision }: StoredPhase): DecisionState {
  const created = createDecisionState();
  const oldestMs = (course.ticks.at(-1)?.atMs ?? 0) - AGAIN_MS_MAX;
  const isFresh = decision !== null && decision.atMs >= oldestMs;
  const sinceMs = isFresh ? decision.atMs : oldestMs;
  const isYoung = course.buckets.length === 0 && course.peaks.length === 0;
  const known = course.ticks.filter(({ atMs }) => atMs <= sinceMs);
  // Older than its samples: without one of them nobody knows where the buckets end.
  const before = known.length > 0 || isYoung ? known : course.ticks;
  const phase = decision ?? created.phase;
  const rebuilt = rebuildDetector({ ...course, ticks: before }, detector);
  return {
    detector: isFresh
      ? rebuilt
      : { ...rebuilt, phase: { ...rebuilt.phase, streak: 0, stormStreak: 0, countSinceMs: null } },
    window: before.slice(-WINDOW_MAX),
    phase: isFresh ? phase : { ...phase, levelSince: null },
  };
}
