import type { Allowed } from '../config/people.ts';
import type { ApplicationState } from '../model/application.ts';
import type { Permitted, Refusal, RefusalReason, RequestRecord } from '../model/decision.ts';
import type { Freeze, FreezeScope, FreezeState } from '../model/freeze.ts';
import type { Permit } from '../model/permit.ts';
import type { Requester, TellRequest } from '../model/request.ts';
import type { Silence, TargetState } from '../model/target.ts';
import type { Settings } from '../settings.ts';
import { type Asker, namesOf, notAmong } from './who-may.ts';

/** Everything a decision may depend on. Reading it is the caller's work. */
export interface DecideState {
  readonly settings: Settings;
  readonly target: TargetState | null;
  readonly application: ApplicationState | null;
  /** `unreadable`: nobody can say what is frozen, and so nothing runs. */
  readonly freezes: FreezeState | 'unreadable';
  readonly asker: Asker;
  /** Likewise of whoever else has a part in a run that waits, by member id. */
  readonly others?: Readonly<Record<string, Asker>>;
  /** Which item cannot be read that the decision depends on, and why; missing: none. */
  readonly unreadable?: string;
}

export type Decided =
  | { readonly kind: 'start'; readonly permit: Permit }
  | { readonly kind: 'await'; readonly permit: Permit; readonly untilMs: number }
  /** One more yes, and not the last that it takes. `agreed`: all that count, this one too; `before`: all that there were. */
  | {
      readonly kind: 'agree';
      readonly targetId: string;
      readonly runId: string;
      readonly agreed: readonly Requester[];
      readonly before: readonly Requester[];
      readonly approversMin: number;
    }
  /** Ends a run that waits for a second person. */
  | { readonly kind: 'withdraw' | 'cancel'; readonly targetId: string; readonly runId: string }
  | { readonly kind: 'acknowledge' | 'unsilence'; readonly targetId: string }
  | { readonly kind: 'silence'; readonly targetId: string; readonly silence: Silence }
  | { readonly kind: 'freeze'; readonly freeze: Freeze }
  | { readonly kind: 'unfreeze'; readonly scope: FreezeScope }
  /** `permit` is what the run would be; null: it is about the incident. */
  | { readonly kind: 'details'; readonly targetId: string; readonly permit: Permit | null }
  | { readonly kind: 'tell'; readonly what: TellRequest['what'] }
  | Refusal;

export type Refuse = (reason: RefusalReason, more?: Readonly<Record<string, string>>) => Refusal;

/** One request being decided: what the helpers have in common. */
export interface Case {
  readonly state: DecideState;
  readonly record: RequestRecord;
  readonly nowMs: number;
  readonly refuse: Refuse;
}

/** null: among them. */
export function among({ state, record, refuse }: Case, allowed: Allowed): Refusal | null {
  const { userId } = record.by;
  const reason = notAmong(allowed, userId, state.asker);
  return reason === null ? null : refuse(reason, { who: namesOf(allowed, userId) });
}

const WHY_CHARS_MAX = 200;

/** A person's own words, on one line and of bounded length. */
export function wordsOf(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, WHY_CHARS_MAX);
}

/** A wish is decided within seconds; one that lay for longer may have been seen to by hand meanwhile. */
const WISH_AGE_MS_MAX = 5 * 60_000;

export function isTooLate({ record, nowMs }: Case): boolean {
  return nowMs - record.receivedAtMs > WISH_AGE_MS_MAX;
}

export function isOpenIncident(target: TargetState, incidentId: string): boolean {
  return target.incident !== null && target.incident.id === incidentId && target.incident.resolvedAtMs === null;
}

export function permitted(atMs: number, runId: string | null, says: string | null = null): Permitted {
  return { kind: 'permitted', atMs, runId, says, shows: null };
}

/** A request delivered again names the same run. */
export function runIdOf(requestId: string): string {
  return `run-${requestId.slice(0, 16)}`;
}
