import { practiceIdOf } from '../config/target-id.ts';
import type { TargetState } from '../model/target.ts';
import { newTargetState } from '../model/target.ts';
import { type Happening, happening } from '../model/timeline.ts';
import { durationText } from '../text/sentences.ts';

/** Long enough to try what there is to try; then it ends by itself. */
export const PRACTICE_MS = 15 * 60_000;

export interface NewPractice {
  readonly incidentId: string;
  /** As the timeline keeps it. */
  readonly begunBy: string;
  readonly nowMs: number;
}

/** A practice that has just begun and is owed to Slack. `before`: the item of an earlier one that is over. */
export function newPractice(targetId: string, before: TargetState | null, { incidentId, begunBy, nowMs }: NewPractice) {
  const fresh = newTargetState(practiceIdOf(targetId));
  const owedVersion = (before?.notice.owedVersion ?? 0) + 1;
  const text = `practice for ${targetId}, nothing is wrong; begun by ${begunBy}`;
  const { told: _, ...opened } = happening({ id: `opened:${nowMs}`, atMs: nowMs, what: 'opened', text });
  return {
    ...fresh,
    incident: {
      id: incidentId,
      openedAtMs: nowMs,
      severity: 'warning',
      severityHighest: 'warning',
      reasons: [],
      forecast: null,
      lastBreachAtMs: nowMs,
      healthySinceMs: null,
      resolvedAtMs: null,
      reopenedTimes: 0,
      isPractice: true,
    },
    offerVersion: (before?.offerVersion ?? 0) + 1,
    notice: { ...fresh.notice, owedVersion, shownVersion: owedVersion - 1, owedSinceMs: nowMs },
    timelineOwed: [...(before?.timelineOwed ?? []), { ...opened, refs: { targetId: fresh.targetId, incidentId } }],
    wakeAtMs: nowMs + PRACTICE_MS,
  } satisfies TargetState;
}

/** When time ends it; null: it is none, or over. A run that is out ends first. */
export function practiceEndMs({ incident }: TargetState): number | null {
  return incident?.isPractice === true && incident.resolvedAtMs === null ? incident.openedAtMs + PRACTICE_MS : null;
}

/** null: there is no practice to end now. */
export function endedPractice(
  state: TargetState,
  nowMs: number,
): { readonly state: TargetState; readonly story: readonly Happening[] } | null {
  const { incident, run } = state;
  const endMs = practiceEndMs(state);
  if (incident === null || endMs === null || nowMs < endMs || run?.phase === 'running') return null;
  const text = `The practice is over after ${durationText(nowMs - incident.openedAtMs)}`;
  const story = [happening({ id: `resolved:${nowMs}`, atMs: nowMs, what: 'resolved', text })];
  return { state: { ...state, incident: { ...incident, healthySinceMs: nowMs, resolvedAtMs: nowMs } }, story };
}
