import type { Settings } from '../config/settings.ts';
import { reminderPageDueMs } from '../incident/pass-time.ts';
import type { TargetState } from '../incident/target-state.ts';

export type PageDue =
  | { readonly kind: 'no'; readonly why: 'nothingToPage' | 'noTopic' | 'notCritical' | 'pagedAlready' | 'silenced' }
  | { readonly kind: 'due'; readonly why: 'newCritical' | 'nobodyHasIt'; readonly topicArn: string };

/** Each incident that turns critical pages once, and once more when nobody has it. Slack wakes nobody at three in the morning. */
export function isPageDue(state: TargetState, settings: Settings, nowMs: number): PageDue {
  const { config } = settings;
  const { incident, notice, silence } = state;
  if (incident === null || incident.resolvedAtMs !== null) return { kind: 'no', why: 'nothingToPage' };
  if (config.page === undefined) return { kind: 'no', why: 'noTopic' };
  if (silence !== null && silence.untilMs > nowMs) return { kind: 'no', why: 'silenced' };
  const { topicArn } = config.page;
  const reminderMs = reminderPageDueMs(state, settings);
  if (reminderMs !== null && nowMs >= reminderMs) return { kind: 'due', why: 'nobodyHasIt', topicArn };
  if (incident.severity !== 'critical') return { kind: 'no', why: 'notCritical' };
  if (notice.pagedVersion > 0) return { kind: 'no', why: 'pagedAlready' };
  return { kind: 'due', why: 'newCritical', topicArn };
}
