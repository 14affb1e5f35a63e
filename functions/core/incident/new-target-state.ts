import type { NoticeDebt, TargetState } from './target-state.ts';

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
    notice: newDebt(),
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

/** Nothing is owed and nothing is shown. */
export function newDebt(): NoticeDebt {
  return {
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
  };
}
