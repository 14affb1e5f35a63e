import type { Outcome } from '../act/run.ts';
import type { Advance } from '../incident/advance-incident.ts';
import type { StoryEntry, TargetState } from '../incident/target-state.ts';
import { foreign, userToken } from './tokens.ts';
import { durationText, outcomeText, summaryText } from './words.ts';

export interface StoryInput {
  readonly before: TargetState;
  readonly after: TargetState;
  readonly what: Advance['what'];
  readonly nowMs: number;
}

/** What a person would want to read later in the thread: turning points, not a log. */
export function storyOf({ before, after, what, nowMs }: StoryInput): StoryEntry[] {
  const entry = (id: string, text: string): StoryEntry => ({ id: `${id}:${nowMs}`, atMs: nowMs, text });
  const { incident, run } = after;
  const entries: StoryEntry[] = [];
  if (incident !== null) {
    const summary = summaryText(after);
    if (what === 'escalated') entries.push(entry('escalated', `Now critical: ${summary}.`));
    if (what === 'reopened') entries.push(entry('reopened', `The same trouble is back: ${summary}.`));
    if (what === 'resolved') {
      const lasted = durationText(nowMs - incident.openedAtMs);
      entries.push(entry('resolved', `Resolved after ${lasted}: ${summary}.`));
    }
  }
  const outcome: Outcome | null = run?.outcome ?? null;
  if (run !== null && outcome !== null && outcome !== before.run?.outcome) {
    entries.push(entry(`outcome:${run.runId}`, `${foreign(run.runbookTitle)}: ${outcomeText(outcome)}.`));
  }
  return entries;
}

export function runStartedStory(
  runId: string,
  title: string,
  userId: string,
  hosts: readonly string[],
  nowMs: number,
): StoryEntry {
  return {
    id: `started:${runId}`,
    atMs: nowMs,
    text: `${userToken(userId)} started "${foreign(title)}" on ${hosts.join(', ')}.`,
  };
}

export function hostEndedStory(
  runId: string,
  hostId: string,
  says: string,
  lines: readonly string[],
  nowMs: number,
): StoryEntry {
  return {
    id: `ended:${runId}:${hostId}`,
    atMs: nowMs,
    text: [`${hostId}: ${foreign(says)}`, ...lines.map(foreign)].join('\n'),
  };
}
