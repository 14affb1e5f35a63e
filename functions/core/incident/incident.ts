import type { Cause } from '../evaluate/name-causes.ts';
import type { Culprit } from '../evaluate/name-culprit.ts';
import type { Forecast, Reason, Severity } from '../evaluate/verdict.ts';
import type { HolderGroup, UnreadableCause } from '../sample/sample.ts';

/** One uninterrupted trouble on one target. It moves only in `advanceIncident`. */
export interface Incident {
  /** `inc-` and 10 letters or digits. */
  readonly id: string;
  readonly openedAtMs: number;
  /** When it came back last, after it had been resolved. */
  readonly reopenedAtMs?: number;
  readonly severity: Severity;
  readonly severityHighest: Severity;
  readonly reasons: readonly Reason[];
  readonly forecast: Forecast | null;
  /** What stands behind it, and whose connections grew, as far as looks at holders could tell. */
  readonly causes?: readonly Cause[];
  readonly culprit?: Culprit | null;
  readonly lastBreachAtMs: number;
  /** When the present run of healthy verdicts began; null while breaching or out of sight. */
  readonly healthySinceMs: number | null;
  /** null while open. */
  readonly resolvedAtMs: number | null;
  readonly reopenedTimes: number;
  /** Somebody tries Runbell out; there is no trouble. Missing in items of an older version. */
  readonly isPractice?: boolean;
}

/** The newest figures of a target, for people. Fresh figures alone never make a button stale. */
export interface Figures {
  readonly atMs: number;
  readonly connected: number;
  readonly running: number;
  readonly connectionsMax: number;
  /** Largest first, at most 5; empty when the newest look at holders saw none or was blind. */
  readonly holders: readonly HolderGroup[];
  readonly holdersAtMs: number | null;
  readonly full: boolean;
  /** Set while the newest sample was unreadable: the figures are then older than the trouble. */
  readonly lostSight: {
    readonly sinceMs: number;
    readonly cause: UnreadableCause;
    readonly sentence: string;
    /** Set while it is tried less often than on every tick. */
    readonly triedEveryMs?: number;
  } | null;
  /** Up to 60 points of the last hours, oldest first, for the sparkline. */
  readonly trail: readonly (readonly [atMs: number, connected: number])[];
}
