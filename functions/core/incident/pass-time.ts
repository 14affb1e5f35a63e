import { PACED } from '../model/channel.ts';
import type { Incident, TargetState } from '../model/target.ts';
import { type Happening, happening } from '../model/timeline.ts';
import type { Settings } from '../settings.ts';
import { durationText, summaryText } from '../text/sentences.ts';
import { withdrawnStory } from '../text/thread.ts';
import { userToken } from '../text/tokens.ts';
import { lookDueMs } from '../verify/liveness.ts';
import { holdsBack, silenceNow } from './maintenance.ts';
import { endedPractice, practiceEndMs } from './practice.ts';

/** What time alone changes, with what there is to tell; null: nothing has come to its end. */
export function passTime(
  state: TargetState,
  settings: Settings,
  nowMs: number,
): { readonly state: TargetState; readonly story: readonly Happening[] } | null {
  const steps = [endSilence, endWaiting, endPractice, remind, call, sendPage];
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

const endSilence: Step = (state, { config }, nowMs) => {
  const { silence } = state;
  if (silence === null || silence.untilMs > nowMs) return null;
  const next = silenceNow(state, config, nowMs);
  if (next !== silence) return { state: { ...state, silence: next }, story: [] };
  const text = `The ${silence.byUserId === null ? 'maintenance window' : 'silence'} has ended`;
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
  const id = `reminded:${state.incident.id}:${unansweredSinceMs(state.incident)}`;
  const story = [happening({ id, atMs: nowMs, what: 'reminded', text, isLoud: true })];
  return { state: { ...state, reminder: { ...state.reminder, remindedAtMs: nowMs } }, story };
};

/** The next person is called by name, while nobody has it; whoever was called before still can. */
const call: Step = (state, settings, nowMs) => {
  const dueMs = callDueMs(state, settings);
  const { called = 0 } = state.reminder;
  const next = settings.config.reminder.escalation[called];
  if (dueMs === null || nowMs < dueMs || next === undefined || state.incident === null) return null;
  const open = durationText(nowMs - state.incident.openedAtMs);
  const text = `${userToken(next.slackUserId)}: nobody has it after ${open}. ${summaryText(state)}`;
  const id = `called:${state.incident.id}:${unansweredSinceMs(state.incident)}:${called}`;
  const story = [happening({ id, atMs: nowMs, what: 'reminded', text, isLoud: true })];
  return { state: { ...state, reminder: { ...state.reminder, called: called + 1 } }, story };
};

/** The page itself is sent and marked by whoever tells people; until it has been, each look owes it again. */
const sendPage: Step = (state, settings, nowMs) => {
  const pages = [reminderPageDueMs, undeliveredPageDueMs, glassPageDueMs, newPageDueMs];
  const dueMs = pages.map((of) => of(state, settings));
  return dueMs.some((ms) => ms !== null && nowMs >= ms) ? { state: { ...state }, story: [] } : null;
};

/** Somebody started a run alone where others would have had to agree, and the page topic has not heard of it. */
export function isGlassUnheard({ run, reminder }: TargetState): boolean {
  return run?.brokenGlass !== undefined && reminder.glassPagedFor !== run.runId;
}

function glassPageDueMs(state: TargetState, { config }: Settings): number | null {
  return config.page !== undefined && isGlassUnheard(state) ? (state.run?.startedAtMs ?? null) : null;
}

/** Whoever tells people pages with the card. This is for a page that the topic did not take then. */
const NEW_PAGE_MS = 30_000;

function newPageDueMs(state: TargetState, { config }: Settings): number | null {
  const { incident, notice } = state;
  if (config.page === undefined || incident === null || incident.resolvedAtMs !== null || holdsBack(state)) return null;
  if (incident.severity !== 'critical' || notice.pagedVersion > 0) return null;
  return unansweredSinceMs(incident) + NEW_PAGE_MS;
}

/** The next instant at which `passTime` has something to do; null: not by time alone. */
export function nextWakeMs(state: TargetState, settings: Settings): number | null {
  const { silence, run } = state;
  const instants = [
    silence?.untilMs ?? null,
    run?.phase === 'awaiting' ? (run.waiting?.untilMs ?? null) : null,
    practiceEndMs(state),
    reminderDueMs(state, settings),
    callDueMs(state, settings),
    reminderPageDueMs(state, settings),
    undeliveredPageDueMs(state, settings),
    glassPageDueMs(state, settings),
    newPageDueMs(state, settings),
    lookDueMs(state),
  ].filter((ms) => ms !== null);
  return instants.length === 0 ? null : Math.min(...instants);
}

function reminderDueMs(state: TargetState, settings: Settings): number | null {
  const { afterSeconds } = settings.config.reminder;
  return state.reminder.remindedAtMs === null ? nobodyHasItMs(state, settings, afterSeconds) : null;
}

function callDueMs(state: TargetState, settings: Settings): number | null {
  const next = settings.config.reminder.escalation[state.reminder.called ?? 0];
  return next === undefined ? null : nobodyHasItMs(state, settings, next.afterSeconds);
}

/** When the page topic hears that nobody has it; null: never, or it has. */
export function reminderPageDueMs(state: TargetState, settings: Settings): number | null {
  if (settings.config.page === undefined || state.reminder.pagedAtMs !== null) return null;
  return nobodyHasItMs(state, settings, settings.config.reminder.pageAfterSeconds);
}

function nobodyHasItMs(state: TargetState, { config }: Settings, afterSeconds: number): number | null {
  const { incident, acknowledgement } = state;
  if (config.reminder.off || incident === null || incident.resolvedAtMs !== null) return null;
  // Nobody has to have a practice, and it pages nobody.
  if (incident.isPractice) return null;
  if (acknowledgement !== null || holdsBack(state)) return null;
  return unansweredSinceMs(incident) + afterSeconds * 1000;
}

/** From when on somebody should have had it, as long as nobody does. */
function unansweredSinceMs({ renewedAtMs, reopenedAtMs, openedAtMs }: Incident): number {
  return renewedAtMs ?? reopenedAtMs ?? openedAtMs;
}

/** As in the configuration, where no `page` is written. */
const UNDELIVERED_SECONDS = 120;

/** When the page topic hears that Slack does not have a critical card; null: Slack has it, or the topic has heard. */
export function undeliveredPageDueMs(state: TargetState, { config }: Settings): number | null {
  const { incident, notice, reminder } = state;
  if (incident === null || incident.resolvedAtMs !== null || incident.severity !== 'critical') return null;
  if (notice.shownVersion >= notice.owedVersion || notice.owedSinceMs === null || holdsBack(state)) return null;
  // An edit that waits for its turn is late and not lost.
  if (reminder.undeliveredAtMs !== undefined || notice.lastProblem === PACED) return null;
  return notice.owedSinceMs + (config.page?.afterSeconds ?? UNDELIVERED_SECONDS) * 1000;
}
