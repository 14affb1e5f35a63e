import type { TargetState } from '../model/target.ts';

/** A request is delivered again within minutes; more than this many others on one target do not come in between. */
const APPLIED_MAX = 20;

/** Marks, in the same write as the change, that this request has been carried out. */
export function withApplied(state: TargetState, requestId: string): TargetState {
  return { ...state, applied: [...state.applied, requestId].slice(-APPLIED_MAX) };
}
