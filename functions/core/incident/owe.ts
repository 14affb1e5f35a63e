import { offerKeyOf } from '../act/offers.ts';
import { owedAgain } from '../model/delivery.ts';
import type { TargetState } from '../model/target.ts';
import type { Happening } from '../model/timeline.ts';
import type { Settings } from '../settings.ts';
import { isSilent } from './maintenance.ts';
import { nextWakeMs } from './pass-time.ts';

const STORY_OWED_MAX = 30;

/** The timeline does not depend on Slack, so what waits for it is what one invocation left behind. */
const TIMELINE_OWED_MAX = 60;

/**
 * Marks that people have something new to see. Stored in the same write as the change itself, so that a
 * notice is owed from the instant the change is true, and no change lacks its entry in the timeline. The offer
 * version grows only when a click would now do something else.
 */
export function oweNotice(
  state: TargetState,
  settings: Settings,
  nowMs: number,
  story: readonly Happening[] = [],
): TargetState {
  const offerKey = offerKeyOf(state, settings);
  // A silence says nothing in the thread either; what happens meanwhile is on the card and in the timeline.
  const told = isSilent(state, nowMs)
    ? []
    : story.flatMap(({ id, atMs, told: text, isLoud }) =>
        text === null ? [] : [{ id, atMs, text, ...(isLoud ? { isLoud } : {}) }],
      );
  const refs = { targetId: state.targetId, incidentId: state.incident?.id ?? '' };
  const kept = story.map(({ told: _, isLoud: __, ...draft }) => ({ ...draft, refs: { ...refs, ...draft.refs } }));
  return {
    ...state,
    offerKey,
    offerVersion: offerKey === state.offerKey ? state.offerVersion : state.offerVersion + 1,
    notice: owedAgain(state.notice, nowMs),
    storyOwed: [...state.storyOwed, ...told].slice(-STORY_OWED_MAX),
    timelineOwed: [...state.timelineOwed, ...kept].slice(-TIMELINE_OWED_MAX),
    wakeAtMs: nextWakeMs(state, settings),
  };
}

/** For how long Slack has lacked the present state of the card. A silence owes nobody anything. */
export function owedForMs(state: TargetState, nowMs: number): number {
  const { shownVersion, owedVersion, owedSinceMs } = state.notice;
  const isOwed = shownVersion < owedVersion && owedSinceMs !== null && !isSilent(state, nowMs);
  return isOwed ? Math.max(0, nowMs - owedSinceMs) : 0;
}

/** true while Slack lacks the present state of the card or an entry of its thread. */
export function isNoticeOwed(state: TargetState): boolean {
  if (state.incident === null) return false;
  return state.notice.shownVersion < state.notice.owedVersion || state.storyOwed.length > 0;
}

/** A request is delivered again within minutes; more than this many others on one target do not come in between. */
const APPLIED_MAX = 20;

/** Marks, in the same write as the change, that this request has been carried out. */
export function withApplied(state: TargetState, requestId: string): TargetState {
  return { ...state, applied: [...state.applied, requestId].slice(-APPLIED_MAX) };
}
