import type { Config } from '../config/config.ts';
import type { TargetState } from '../incident/target-state.ts';

export type PageDue =
  | { readonly kind: 'no'; readonly why: 'nothingToPage' | 'noTopic' | 'notCritical' | 'pagedAlready' | 'silenced' }
  | { readonly kind: 'due'; readonly why: 'newCritical'; readonly topicArn: string };

/** Each incident that turns critical pages once. Slack wakes nobody at three in the morning. */
export function isPageDue(state: TargetState, config: Config, nowMs: number): PageDue {
  const { incident, notice, silence } = state;
  if (incident === null || incident.resolvedAtMs !== null) return { kind: 'no', why: 'nothingToPage' };
  if (incident.severity !== 'critical') return { kind: 'no', why: 'notCritical' };
  if (config.page === undefined) return { kind: 'no', why: 'noTopic' };
  if (notice.pagedVersion > 0) return { kind: 'no', why: 'pagedAlready' };
  if (silence !== null && silence.untilMs > nowMs) return { kind: 'no', why: 'silenced' };
  return { kind: 'due', why: 'newCritical', topicArn: config.page.topicArn };
}
