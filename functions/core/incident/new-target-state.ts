import type { TargetState } from './target-state.ts';

/** A target of which nothing was ever written. */
export function newTargetState(targetId: string): TargetState {
  return {
    schema: 1,
    targetId,
    incident: null,
    figures: null,
    figuresWrittenAtMs: 0,
    offerVersion: 0,
    offerKey: '',
    run: null,
    tried: [],
    notice: {
      owedVersion: 0,
      shownVersion: 0,
      owedSinceMs: null,
      message: null,
      postIntentAtMs: null,
      lease: null,
      notBeforeMs: 0,
      failures: 0,
      lastProblem: null,
      pagedVersion: 0,
    },
    storyOwed: [],
    acknowledgement: null,
    silence: null,
    timelineOwed: [],
    reminder: { remindedAtMs: null, pagedAtMs: null },
    foldedInto: null,
    applied: [],
    wakeAtMs: null,
  };
}
