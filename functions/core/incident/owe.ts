import { offerKeyOf, offersOf } from '../act/offers.ts';
import type { Settings } from '../config/settings.ts';
import type { StoryEntry, TargetState } from './target-state.ts';

const STORY_OWED_MAX = 30;

/**
 * Marks that people have something new to see. Stored in the same write as the change itself, so that a
 * notice is owed from the instant the change is true. The offer version grows only when a click would now
 * do something else.
 */
export function oweNotice(
  state: TargetState,
  settings: Settings,
  nowMs: number,
  story: readonly StoryEntry[] = [],
): TargetState {
  const offerKey = offerKeyOf(state, offersOf(state, settings));
  const { notice } = state;
  return {
    ...state,
    offerKey,
    offerVersion: offerKey === state.offerKey ? state.offerVersion : state.offerVersion + 1,
    notice: {
      ...notice,
      owedVersion: notice.owedVersion + 1,
      owedSinceMs: notice.shownVersion < notice.owedVersion ? notice.owedSinceMs : nowMs,
    },
    storyOwed: [...state.storyOwed, ...story].slice(-STORY_OWED_MAX),
  };
}

/** true while Slack lacks the present state of the card or an entry of its thread. */
export function isNoticeOwed(state: TargetState): boolean {
  if (state.incident === null) return false;
  return state.notice.shownVersion < state.notice.owedVersion || state.storyOwed.length > 0;
}
