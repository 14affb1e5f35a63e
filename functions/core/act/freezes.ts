/** What a freeze holds back. */
export type FreezeScope =
  | { readonly kind: 'everything' }
  | { readonly kind: 'application'; readonly id: string }
  | { readonly kind: 'runbook'; readonly id: string }
  /** A Slack member id: whatever this person starts or has started. */
  | { readonly kind: 'person'; readonly id: string };

export interface Freeze {
  readonly scope: FreezeScope;
  readonly byUserId: string;
  readonly sinceMs: number;
  /** null: until somebody lifts it. */
  readonly untilMs: number | null;
  readonly why: string;
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
    .filter(({ untilMs }) => untilMs === null || untilMs > nowMs)
    .toSorted((a, b) => order.indexOf(a.scope.kind) - order.indexOf(b.scope.kind));
}

function holds(scope: FreezeScope, { applicationId, runbookId, userIds }: Freezable): boolean {
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

/** The same scope again replaces the former freeze; those that have ended are dropped. */
export function withFreeze(state: FreezeState, freeze: Freeze, nowMs: number): FreezeState {
  const others = inForce(state, nowMs).filter(({ scope }) => !sameScope(scope, freeze.scope));
  return { ...state, freezes: [...others, freeze] };
}

export function withoutFreeze(state: FreezeState, scope: FreezeScope, nowMs: number): FreezeState {
  return { ...state, freezes: inForce(state, nowMs).filter((one) => !sameScope(one.scope, scope)) };
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
