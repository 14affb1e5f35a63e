import { isGlassUnheard, reminderPageDueMs, undeliveredPageDueMs } from '../incident/pass-time.ts';
import { isSilent } from '../incident/silence.ts';
import type { TargetState } from '../model/target.ts';
import type { Settings } from '../settings.ts';

export type PageDue =
  | { readonly kind: 'no'; readonly why: 'nothingToPage' | 'noTopic' | 'notCritical' | 'pagedAlready' | 'silenced' }
  | {
      readonly kind: 'due';
      readonly why: 'newCritical' | 'nobodyHasIt' | 'undelivered' | 'brokenGlass';
      readonly topicArn: string;
    };

/**
 * Each incident that turns critical pages once, once more when nobody has it, and once more when Slack does not have
 * it. Slack wakes nobody at three in the morning. `ownTopicArn` hears only of the last, where no `page` is configured.
 */
export function isPageDue(state: TargetState, settings: Settings, nowMs: number, ownTopicArn?: string): PageDue {
  const { page } = settings.config;
  const { incident, notice } = state;
  const topicArn = page?.topicArn ?? ownTopicArn;
  // Whatever is silenced, and wherever it is told: nobody breaks the glass unheard.
  if (isGlassUnheard(state) && topicArn !== undefined) return { kind: 'due', why: 'brokenGlass', topicArn };
  if (incident === null || incident.resolvedAtMs !== null) return { kind: 'no', why: 'nothingToPage' };
  if (topicArn === undefined) return { kind: 'no', why: 'noTopic' };
  if (isSilent(state, nowMs)) return { kind: 'no', why: 'silenced' };
  const isPast = (dueMs: number | null) => dueMs !== null && nowMs >= dueMs;
  if (isPast(reminderPageDueMs(state, settings))) return { kind: 'due', why: 'nobodyHasIt', topicArn };
  if (incident.severity !== 'critical') return { kind: 'no', why: 'notCritical' };
  if (page !== undefined && notice.pagedVersion === 0) return { kind: 'due', why: 'newCritical', topicArn };
  if (isPast(undeliveredPageDueMs(state, settings))) return { kind: 'due', why: 'undelivered', topicArn };
  return { kind: 'no', why: page === undefined ? 'noTopic' : 'pagedAlready' };
}
