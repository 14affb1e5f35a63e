import type { LeakEvidence, RuleName, Severity } from './verdict.ts';

/** Where rules and detector stand together: small, and kept in the target item beside the detector's own phase. */
export interface DecisionPhase {
  /** The trouble that is open, or null. */
  readonly trouble: Trouble | null;
  /** Since when the level rule has been raised, by severity; null while it is not. */
  readonly levelSince: { readonly warningMs: number; readonly criticalMs: number | null } | null;
  /** When troubles of the last eight hours ended: each makes the next end more careful. */
  readonly endedAtMs: readonly number[];
}

export interface Trouble {
  /** Within one trouble it only rises. */
  readonly severity: Severity;
  /** Rules that were raised last, without the detector, which closes its own alerts: they clear at their clear bound. */
  readonly rules: readonly RuleName[];
  /** For how long the rules have been clear, only what was seen. */
  readonly clearForMs: number;
}

/** Where the detector stands with a target; small, and the only part that stored samples cannot give back. */
export interface Phase {
  readonly alert: Alert | null;
  /** Consecutive evaluations with evidence. */
  readonly streak: number;
  /** Consecutive samples that looked like a storm. */
  readonly stormStreak: number;
  /** Since when connections have grown without sleepers; null when they do not. */
  readonly countSinceMs: number | null;
  readonly evaluatedAtMs: number;
  /** What the newest look found, alarm or not. */
  readonly suspicion: { readonly evidence: LeakEvidence; readonly levelsOffAt: number | null } | null;
  /** Closings of the last eight hours: each makes the next closing more careful. */
  readonly closedAtMs: readonly number[];
}

/** An open alert of the detector. */
export interface Alert {
  readonly openedAtMs: number;
  readonly severity: 'warning' | 'critical';
  readonly evidence: LeakEvidence;
  readonly base: Height;
  readonly peak: Height;
  /** When connections or sleepers last reached a new high. */
  readonly newHighAtMs: number;
  /** For how long the end has been seen, gaps not counted. */
  readonly releasedForMs: number;
  readonly flatForMs: number;
}

export interface Height {
  readonly connected: number;
  /** Sleepers of fifteen minutes and more. */
  readonly sleepers: number;
}
