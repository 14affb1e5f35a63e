import type { NoticeDebt } from './delivery.ts';
import type { Severity } from './verdict.ts';

/** What a channel was given lately, so that a storm does not bury it. */
export interface ChannelState {
  readonly schema: 1;
  readonly channel: string;
  /** Cards of the last while that are messages of their own. */
  readonly cards: readonly { readonly incidentId: string; readonly atMs: number }[];
  /** One message for all that came after those; null: there was no storm, or it is long over. */
  readonly storm: Storm | null;
}

export interface Storm {
  /** `sum-` and 10 letters or digits. */
  readonly id: string;
  readonly openedAtMs: number;
  /** null while one of its incidents is open. */
  readonly resolvedAtMs: number | null;
  readonly lines: readonly StormLine[];
  readonly notice: NoticeDebt;
}

/** One incident among many, as short as a line. */
export interface StormLine {
  readonly targetId: string;
  readonly incidentId: string;
  readonly severity: Severity;
  readonly isOpen: boolean;
  readonly sinceMs: number;
  readonly title: string;
}

export function newChannelState(channel: string): ChannelState {
  return { schema: 1, channel, cards: [], storm: null };
}

/** One bucket for all edits of all cards: Slack takes about fifty a minute, and a person reads far fewer. */
export interface PaceState {
  readonly schema: 1;
  readonly id: typeof PACE_ID;
  readonly tokens: number;
  readonly atMs: number;
}

export const PACE_ID = 'edits';

/** Why an edit waits, when it is for its turn. */
export const PACED = 'editsPerMinute';
