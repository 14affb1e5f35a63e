import type { UnreadableCause } from '../sample/sample.ts';
import type { Cause } from './name-causes.ts';
import type { Culprit } from './name-culprit.ts';

/** What a window says about a target. `unknown` is an answer of its own: neither healthy nor breaching. */
export type Verdict =
  | { readonly kind: 'healthy' }
  | { readonly kind: 'unknown'; readonly why: 'tooFewSamples' | 'unreadable' }
  /** Nothing raises any more, but not for long enough: it neither opens a trouble nor ends one. */
  | { readonly kind: 'settling'; readonly severity: Severity }
  | Breaching;

export interface Breaching {
  readonly kind: 'breaching';
  readonly severity: Severity;
  /** Most telling first, at least one. */
  readonly reasons: readonly Reason[];
  readonly forecast: Forecast | null;
  /** What stands behind it, most telling first; missing where no look at holders could tell. */
  readonly causes?: readonly Cause[];
  /** Whose connections grew. */
  readonly culprit?: Culprit | null;
}

export type Severity = 'warning' | 'critical';

/** Why a verdict breaches, with its evidence as data. Sentences are made of it in `core/notify`. */
export type Reason =
  | { readonly rule: 'full'; readonly refusedSamples: number }
  | { readonly rule: 'refused'; readonly refused: number }
  | {
      readonly rule: 'level';
      readonly connected: number;
      readonly connectionsMax: number;
      readonly boundShare: number;
      readonly severity: Severity;
    }
  | { readonly rule: 'absolute'; readonly connected: number; readonly bound: number }
  | {
      readonly rule: 'leak';
      readonly shape: 'idle' | 'count' | 'fast';
      readonly perMinute: number;
      readonly sinceMs: number;
      readonly evidence: string;
    }
  | { readonly rule: 'unreadable'; readonly cause: UnreadableCause; readonly samples: number }
  | { readonly rule: 'blindMonitor' };

export type RuleName = Reason['rule'];

/** Where it goes if nothing changes. */
export type Forecast =
  | { readonly kind: 'exhaustion'; readonly inSeconds: number; readonly perMinute: number }
  | { readonly kind: 'levelsOff'; readonly atConnections: number; readonly perMinute: number };

/** Unreadable and blind-monitor trouble is about our sight; everything else is about connections. */
export function isSightRule(rule: RuleName): boolean {
  return rule === 'unreadable' || rule === 'blindMonitor';
}
