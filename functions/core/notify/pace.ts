import { isSilent } from '../incident/maintenance.ts';
import { isGlassUnheard, reminderPageDueMs, undeliveredPageDueMs } from '../incident/pass-time.ts';
import { PACE_ID, type PaceState } from '../model/channel.ts';
import type { TargetState } from '../model/target.ts';
import type { Settings } from '../settings.ts';

export const EDITS_PER_MINUTE_MAX = 40;

/** A full bucket may be spent at once, so it holds less than a minute's worth; the rest comes as time passes. */
const TOKENS_MAX = 20;

const TOKEN_MS = 60_000 / (EDITS_PER_MINUTE_MAX - TOKENS_MAX);

/** How much must be left for it: the worst may take the last token, fresh figures only from a full half. */
export type Urgency = 'worst' | 'change' | 'figures';

const leftMin: Readonly<Record<Urgency, number>> = { worst: 0, change: 5, figures: 10 };

export type Paced =
  | { readonly kind: 'go'; readonly state: PaceState }
  | { readonly kind: 'wait'; readonly notBeforeMs: number };

export function newPaceState(nowMs: number): PaceState {
  return { schema: 1, id: PACE_ID, tokens: TOKENS_MAX, atMs: nowMs };
}

/** Takes a token for one edit, or says when there will be one for an edit of this urgency. */
export function paced(state: PaceState, urgency: Urgency, nowMs: number): Paced {
  const tokens = Math.min(TOKENS_MAX, state.tokens + Math.max(0, nowMs - state.atMs) / TOKEN_MS);
  const lacking = leftMin[urgency] + 1 - tokens;
  if (lacking > 0) return { kind: 'wait', notBeforeMs: nowMs + Math.ceil(lacking * TOKEN_MS) };
  return { kind: 'go', state: { ...state, tokens: tokens - 1, atMs: nowMs } };
}

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
