import { newDebt } from '../incident/new-target-state.ts';
import type { NoticeDebt } from '../incident/target-state.ts';
import { isOwed, owedAgain } from '../notify/notice-debt.ts';

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
/** More than this is a list that nobody reads; past it one has to be lifted first. */
export const FREEZES_MAX = 100;

/** What a run is, as far as a freeze can hold it back. */
export interface Freezable {
  readonly applicationId: string;
  readonly runbookId: string;
  /** Whoever asked for it and whoever agreed to it. */
  readonly userIds: readonly string[];
}

export function newFreezeState(): FreezeState {
  return { schema: 1, id: FREEZES_ID, freezes: [] };
}

/** The widest freeze in force over this run; null: it may run. */
export function freezeOver(state: FreezeState, what: Freezable, nowMs: number): Freeze | null {
  return inForce(state, nowMs).find(({ scope }) => holds(scope, what)) ?? null;
}

/** Freezes that have not ended, the widest first. */
export function inForce(state: FreezeState, nowMs: number): readonly Freeze[] {
  const order: readonly FreezeScope['kind'][] = ['everything', 'application', 'runbook', 'person'];
  return state.freezes
    .filter(({ untilMs, ended }) => ended === undefined && (untilMs === null || untilMs > nowMs))
    .toSorted((a, b) => order.indexOf(a.scope.kind) - order.indexOf(b.scope.kind));
}

export function holds(scope: FreezeScope, { applicationId, runbookId, userIds }: Freezable): boolean {
  switch (scope.kind) {
    case 'everything':
      return true;
    case 'application':
      return scope.id === applicationId;
    case 'runbook':
      return scope.id === runbookId;
    case 'person':
      return userIds.includes(scope.id);
  }
}

/** The same scope again replaces the former freeze. */
export function withFreeze(state: FreezeState, freeze: Freeze, nowMs: number): FreezeState {
  const { freezes } = withoutFreeze(state, freeze.scope, { byUserId: freeze.byUserId, atMs: nowMs });
  const announced = freeze.id === undefined ? freeze : { ...freeze, notice: owedAgain(newDebt(), nowMs) };
  return { ...state, freezes: [...freezes, announced] };
}

export function withoutFreeze(state: FreezeState, scope: FreezeScope, end: FreezeEnd): FreezeState {
  return endedWhere(state, (one) => sameScope(one.scope, scope), end);
}

/** What time alone has ended; null: nothing. */
export function timedOut(state: FreezeState, nowMs: number): FreezeState | null {
  const isOver = ({ untilMs, ended }: Freeze) => ended === undefined && untilMs !== null && untilMs <= nowMs;
  return state.freezes.some(isOver) ? endedWhere(state, isOver, { byUserId: null, atMs: nowMs }) : null;
}

/** What has ended is dropped once the channel says so. `untilMs` ends it for a version that knows no `ended`. */
function endedWhere(state: FreezeState, isMeant: (one: Freeze) => boolean, end: FreezeEnd): FreezeState {
  const isOwing = ({ notice }: Freeze) => notice !== undefined && isOwed(notice);
  const freezes = state.freezes
    .map((one) => {
      if (one.ended !== undefined || !isMeant(one)) return one;
      const atMs = Math.min(one.untilMs ?? end.atMs, end.atMs);
      const notice = one.notice === undefined ? {} : { notice: owedAgain(one.notice, end.atMs) };
      return { ...one, ...notice, ended: { ...end, atMs }, untilMs: atMs };
    })
    .filter((one) => one.ended === undefined || isOwing(one));
  return { ...state, freezes };
}

export function sameScope(a: FreezeScope, b: FreezeScope): boolean {
  return a.kind === b.kind && (a.kind === 'everything' || (b.kind !== 'everything' && a.id === b.id));
}

/** "everything", "the application shop", "the runbook restart-workers". */
export function scopeText(scope: FreezeScope, person: (userId: string) => string): string {
  switch (scope.kind) {
    case 'everything':
      return 'everything';
    case 'application':
      return `the application ${scope.id}`;
    case 'runbook':
      return `the runbook ${scope.id}`;
    case 'person':
      return `everything that ${person(scope.id)} starts`;
  }
}
