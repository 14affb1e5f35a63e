import { isOwed, newDebt, owedAgain } from '../model/delivery.ts';
import type { Freeze, FreezeEnd, FreezeScope, FreezeState } from '../model/freeze.ts';

/** More than this is a list that nobody reads; past it one has to be lifted first. */
export const FREEZES_MAX = 100;

/** What a run is, as far as a freeze can hold it back. */
export interface Freezable {
  readonly applicationId: string;
  readonly runbookId: string;
  /** Whoever asked for it and whoever agreed to it. */
  readonly userIds: readonly string[];
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
