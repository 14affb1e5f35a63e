import { DOWN_CAUSES, type UnreadableCause } from './sample.ts';

/** How a leak shows: sleepers that nobody wakes, a count that only grows, or seconds to the wall. */
export type LeakShape = 'idle' | 'count' | 'fast';

/** What grows, since when, how fast, and why it is not the load: data, made into sentences elsewhere. */
export interface LeakEvidence {
  readonly shape: LeakShape;
  readonly sinceMs: number;
  readonly perMinute: number;
  readonly connectedThen: number;
  readonly connectedNow: number;
  /** Age and growth of the sleepers; null when the shape does not rest on them. */
  readonly sleepers: { readonly atLeastSeconds: number; readonly before: number; readonly now: number } | null;
  /** How much the running statements grew over the window, noise taken off: 0.1 is a tenth more load. */
  readonly loadGrowthShare: number;
  /** The most this database needed while healthy, as far as it is known. */
  readonly healthyMost: number | null;
  /** `healthyMost` is what a load like this one needed, not the most ever. */
  readonly atThisLoad?: true;
  /** `verySure` when two rules agree, the growth has lasted for hours, or there is no time left to doubt. */
  readonly sure: 'likely' | 'verySure';
}

export function kindsOf(causes: readonly Cause[]): string {
  return [...new Set(causes.map(({ kind }) => kind))].sort().join();
}

/** What stands behind the trouble, as far as one look can tell. Each puts other runbooks first. */
export type Cause =
  | { readonly kind: 'leak' }
  /** Ending sleepers will not help: everybody waits for one lock or one statement. */
  | { readonly kind: 'pileUp'; readonly behind: 'metadataLock' | 'longStatement' | 'unknown'; readonly waiting: number }
  | { readonly kind: 'halfOpenLogins'; readonly logins: number }
  | { readonly kind: 'churn'; readonly attemptsPerSecond: number }
  | { readonly kind: 'loweredLimit'; readonly before: number; readonly now: number }
  /** Many sleep and nothing grows: advice about pool sizes, no alarm. */
  | { readonly kind: 'oversizedPool'; readonly asleep: number }
  /** It leaks, and `wait_timeout` ends the oldest sleepers before the limit is near: advice as well. */
  | { readonly kind: 'levelling'; readonly atConnections: number }
  | { readonly kind: 'honestLoad'; readonly running: number };

/** Whose connections grew: growth over the window, because the largest holder is often just the largest service. */
export interface Culprit {
  readonly user: string;
  readonly host: string;
  readonly database: string | null;
  readonly grewBy: number;
  readonly connections: number;
  /** Its part of all growth, 0 to 1. */
  readonly share: number;
}

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
  | { readonly rule: 'blindMonitor' }
  /** No rule of samples: a look at the hosts. */
  | {
      readonly rule: 'applicationDown';
      readonly applicationId: string;
      readonly up: number;
      readonly down: number;
      readonly hosts: readonly string[];
    };

export type RuleName = Reason['rule'];

/** Where it goes if nothing changes. */
export type Forecast =
  | { readonly kind: 'exhaustion'; readonly inSeconds: number; readonly perMinute: number }
  | { readonly kind: 'levelsOff'; readonly atConnections: number; readonly perMinute: number };

/** What is wrong, as a person would say it. Within an incident a change of it is told anew. */
export type TroubleKind = 'connections' | 'full' | 'unreachable' | 'blind' | 'applicationDown' | 'partlyDown';

/** Of several reasons the one that everybody has to hear first. */
export function troubleKindOf(reasons: readonly Reason[]): TroubleKind {
  const lost = reasons.find((reason) => reason.rule === 'unreadable');
  if (lost !== undefined) return DOWN_CAUSES.includes(lost.cause) ? 'unreachable' : 'blind';
  if (reasons.some(({ rule }) => rule === 'full')) return 'full';
  const down = reasons.find((reason) => reason.rule === 'applicationDown');
  if (down?.up === 0) return 'applicationDown';
  if (down !== undefined && reasons.length === 1) return 'partlyDown';
  return reasons.length > 0 && reasons.every(({ rule }) => isSightRule(rule)) ? 'blind' : 'connections';
}

/** Somebody is without the database, or the application is away, whatever was wrong before. */
export function isCriticalKind(kind: TroubleKind): boolean {
  return kind === 'full' || kind === 'unreachable' || kind === 'applicationDown';
}

/** Unreadable and blind-monitor trouble is about our sight; everything else is about connections. */
export function isSightRule(rule: RuleName): boolean {
  return rule === 'unreadable' || rule === 'blindMonitor';
}
