import type { NoticeDebt } from './delivery.ts';

/** What a freeze holds back. */
export type FreezeScope =
  | { readonly kind: 'everything' }
  | { readonly kind: 'application'; readonly id: string }
  | { readonly kind: 'runbook'; readonly id: string }
  /** A Slack member id: whatever this person starts or has started. */
  | { readonly kind: 'person'; readonly id: string };

export interface Freeze {
  /** `frz-` and the beginning of the request's id. Missing in items of an older version, which announced nothing. */
  readonly id?: string;
  readonly scope: FreezeScope;
  readonly byUserId: string;
  readonly sinceMs: number;
  /** null: until somebody lifts it. */
  readonly untilMs: number | null;
  readonly why: string;
  /** Missing while it is in force. */
  readonly ended?: FreezeEnd;
  /** Its message in the channel. What has ended is kept until that says so. */
  readonly notice?: NoticeDebt;
}

export interface FreezeEnd {
  /** null: its time was over. */
  readonly byUserId: string | null;
  readonly atMs: number;
  /** The request that ended it, so that the same one delivered again finds it done. */
  readonly requestId?: string;
}

/** The one item of all freezes, read by every decision and again before every claim. */
export interface FreezeState {
  readonly schema: 1;
  readonly id: typeof FREEZES_ID;
  readonly freezes: readonly Freeze[];
}

export const FREEZES_ID = 'all';

export function newFreezeState(): FreezeState {
  return { schema: 1, id: FREEZES_ID, freezes: [] };
}
