import type { Settings } from '../config/settings.ts';
import { type Happening, happening, withdrawnStory } from '../notify/story.ts';
import { durationText, summaryText } from '../notify/words.ts';
import { endedPractice, practiceEndMs } from './practice.ts';
import type { TargetState } from './target-state.ts';

/** What time alone changes, with what there is to tell; null: nothing has come to its end. */
export function passTime(
  state: TargetState,
  settings: Settings,
  nowMs: number,
): { readonly state: TargetState; readonly story: readonly Happening[] } | null {
  const steps = [endSilence, endWaiting, endPractice, remind, remindOfPage];
  let moved = state;
  const story: Happening[] = [];
  for (const step of steps) {
    const next = step(moved, settings, nowMs);
    if (next === null) continue;
    moved = next.state;
    story.push(...next.story);
  }
  return moved === state ? null : { state: moved, story };
}

type Step = (
  state: TargetState,
  settings: Settings,
  nowMs: number,
) => { readonly state: TargetState; readonly story: readonly Happening[] } | null;

const endSilence: Step = (state, _, nowMs) => {
  const { silence } = state;
  if (silence === null || silence.untilMs > nowMs) return null;
  const text = 'The silence has ended';
  const story = [happening({ id: `silenceEnded:${silence.untilMs}`, atMs: nowMs, what: 'silenceEnded', text })];
  return { state: { ...state, silence: null }, story };
};

/** Whoever agrees later is too late, whether or not this has been noticed yet. */
const endWaiting: Step = (state, _, nowMs) => {
  const { run } = state;
  if (run?.phase !== 'awaiting' || run.waiting === null || run.waiting.untilMs >= nowMs) return null;
  return { state: { ...state, run: run.waiting.previous }, story: withdrawnStory(run, null, nowMs) };
};

const endPractice: Step = (state, _, nowMs) => endedPractice(state, nowMs);

/** Once, while nobody has it. A running action is no answer. */
const remind: Step = (state, settings, nowMs) => {
  const dueMs = reminderDueMs(state, settings);
  if (dueMs === null || nowMs < dueMs || state.incident === null) return null;
  const open = durationText(nowMs - state.incident.openedAtMs);
  const text = `Nobody has it after ${open}: ${summaryText(state)}`;
  const story = [happening({ id: `reminded:${state.incident.id}`, atMs: nowMs, what: 'reminded', text })];
  return { state: { ...state, reminder: { ...state.reminder, remindedAtMs: nowMs } }, story };
};

/** The page itself is sent and marked by whoever tells people; until it has been, each look owes it again. */
const remindOfPage: Step = (state, settings, nowMs) => {
  const dueMs = reminderPageDueMs(state, settings);
  return dueMs === null || nowMs < dueMs ? null : { state: { ...state }, story: [] };
};

/** The next instant at which `passTime` has something to do; null: not by time alone. */
export function nextWakeMs(state: TargetState, settings: Settings): number | null {
  const { silence, run } = state;
  const instants = [
    silence?.untilMs ?? null,
    run?.phase === 'awaiting' ? (run.waiting?.untilMs ?? null) : null,
    practiceEndMs(state),
    reminderDueMs(state, settings),
    reminderPageDueMs(state, settings),
  ].filter((ms) => ms !== null);
  return instants.length === 0 ? null : Math.min(...instants);
}

function reminderDueMs(state: TargetState, settings: Settings): number | null {
  const { afterSeconds } = settings.config.reminder;
  return state.reminder.remindedAtMs === null ? nobodyHasItMs(state, settings, afterSeconds) : null;
}

/** When the page topic hears that nobody has it; null: never, or it has. */
export function reminderPageDueMs(state: TargetState, settings: Settings): number | null {
  if (settings.config.page === undefined || state.reminder.pagedAtMs !== null) return null;
  return nobodyHasItMs(state, settings, settings.config.reminder.pageAfterSeconds);
}

function nobodyHasItMs(state: TargetState, { config }: Settings, afterSeconds: number): number | null {
  const { incident, acknowledgement, silence } = state;
  if (config.reminder.off || incident === null || incident.resolvedAtMs !== null) return null;
  // Nobody has to have a practice, and it pages nobody.
  if (incident.isPractice) return null;
  if (acknowledgement !== null || silence !== null) return null;
  return incident.openedAtMs + afterSeconds * 1000;
}
