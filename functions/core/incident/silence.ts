import type { TargetState } from '../model/target.ts';

/** Nothing new is posted, replied or paged. */
export function isSilent(state: TargetState, nowMs: number): boolean {
  return holdsBack(state) && (state.silence?.untilMs ?? 0) > nowMs;
}

/** A window that somebody ends does not begin again. */
export function withoutSilence(state: TargetState): TargetState {
  const { silence } = state;
  const ended = silence !== null && silence.byUserId === null ? { windowEndedMs: silence.untilMs } : {};
  return { ...state, ...ended, silence: null };
}

/** Whether what is stored as a silence concerns trouble as bad as this. */
export function holdsBack({ silence, incident }: Pick<TargetState, 'silence' | 'incident'>): boolean {
  return silence !== null && !(silence.lets === 'critical' && incident?.severity === 'critical');
}
