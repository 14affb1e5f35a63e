import { PACE_ID, type PaceState } from '../model/channel.ts';

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
