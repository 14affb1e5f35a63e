import type { RunRequest } from '../act/request.ts';
import type { Severity } from '../evaluate/verdict.ts';
import type { HolderGroup } from '../sample/sample.ts';

/**
 * What people should know now about one incident, free of Slack. A pure projection of the target item:
 * the same state always gives the same notice. Strings are plain text and may hold anything a database
 * says; whoever renders them escapes and cuts them.
 */
export interface Notice {
  readonly targetId: string;
  readonly incidentId: string;
  readonly face: Face;
  readonly severity: Severity;
  /** What is wrong in a few words, such as "orders-db is running out of connections". */
  readonly title: string;
  /** One sentence with the figures: "38 of 50 connections, +4 a minute, full in about 3 minutes". */
  readonly summary: string;
  /** Short lines under it: why we say so, since when, what was lost sight of. */
  readonly facts: readonly string[];
  readonly holders: readonly HolderGroup[];
  readonly connectionsMax: number | null;
  /** Connections over the last hours, oldest first, at most 60 points. */
  readonly trail: readonly (readonly [atMs: number, connected: number])[];
  readonly openedAtMs: number;
  readonly figuresAtMs: number | null;
  readonly resolvedAtMs: number | null;
  /** What runs or ran last, in sentences; null when nothing was tried. */
  readonly run: NoticeRun | null;
  /** Sentences about earlier runs of this incident, oldest first. */
  readonly tried: readonly string[];
  readonly offers: readonly Offer[];
  /** Sentences that follow from the configuration, such as "nobody may run this yet". */
  readonly advice: readonly string[];
  readonly acknowledgedBy: string | null;
}

/** States that have to look different at a glance. */
export type Face =
  | 'warning'
  | 'critical'
  | 'refusing'
  | 'blind'
  | 'running'
  | 'verifying'
  | 'recovered'
  | 'improved'
  | 'notRecovered'
  | 'relapsed'
  | 'inconclusive'
  | 'resolved';

export interface NoticeRun {
  readonly headline: string;
  /** Per host and process, as the script reported. */
  readonly lines: readonly string[];
  readonly byUserId: string;
  readonly startedAtMs: number;
}

/** A runbook that fits the cause. `suggested` ones name why nobody can press them. */
export type Offer =
  | {
      readonly kind: 'runnable';
      readonly title: string;
      readonly says: string;
      readonly risk: Risk;
      readonly hazards: readonly string[];
      readonly request: RunRequest;
    }
  | {
      readonly kind: 'suggested';
      readonly runbookId: string;
      readonly title: string;
      readonly says: string;
      readonly why: string;
    };

export type Risk = 'read' | 'change' | 'disrupt';
