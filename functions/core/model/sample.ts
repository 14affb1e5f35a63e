/** One attempt to read one target. `full` is the server refusing with 1040: breaching, never "could not read". */
export type Sample = Reading | Full | Unreadable;

export interface Reading {
  readonly kind: 'reading';
  readonly atMs: number;
  /** Threads_connected, the sampler's own connection taken off. */
  readonly connected: number;
  /** Threads_running, the sampler taken off. */
  readonly running: number;
  readonly connectionsMax: number;
  /** Connects refused or failed since the former reading; null when there is nothing to compare with. */
  readonly refused: number | null;
  /** Connection attempts (also failed ones) since the former reading; null when there is nothing to compare with. */
  readonly attempts: number | null;
  readonly uptimeSeconds: number;
  readonly waitTimeoutSeconds: number;
  /** Who holds the connections; null on a calm tick, which asks for counts and limits only. */
  readonly holders: Holders | null;
  /** The raw counters, kept for the next delta. */
  readonly counters: Counters;
}

/** The server refused because every slot is taken (errno 1040). */
export interface Full {
  readonly kind: 'full';
  readonly atMs: number;
  /** What a later try over the spare slot or an admin port could still read; null when every try was refused. */
  readonly detail: Reading | null;
}

export interface Unreadable {
  readonly kind: 'unreadable';
  readonly atMs: number;
  readonly cause: UnreadableCause;
  /** One sentence for people: what happened and what to do. Never a secret. */
  readonly sentence: string;
}

export interface Holders {
  /** Largest first, at most 200 groups. */
  readonly groups: readonly HolderGroup[];
  readonly ages: IdleAges;
  /** `blind`: the account lacks PROCESS and sees only itself, so the groups are not the truth. */
  readonly sight: 'whole' | 'blind';
  readonly unauthenticated: number;
  /** Statements that wait for a metadata lock. */
  readonly waitingForMetadataLock: number;
  /** Statements that have run for more than 60 s. */
  readonly longStatements: number;
}

/** Sessions of one user, client host and database. */
export interface HolderGroup {
  readonly user: string;
  readonly host: string;
  readonly database: string | null;
  readonly connections: number;
  readonly sleeping: number;
  readonly ages: IdleAges;
  readonly longestIdleSeconds: number;
}

/** Sleeping sessions by idle time, cumulative: each figure includes the ones to its right. */
export type IdleAges = readonly [atLeast60s: number, atLeast300s: number, atLeast900s: number, atLeast3600s: number];

/** Raw status counters; they fall back to zero at a server restart or FLUSH STATUS. */
export interface Counters {
  readonly connections: number;
  readonly abortedConnects: number;
  readonly refusedByLimit: number;
  readonly uptimeSeconds: number;
}

/** Causes that say the database itself is gone for everybody, not only for us. */
export const DOWN_CAUSES: readonly UnreadableCause[] = [
  'connectionRefused',
  'unreachable',
  'frozen',
  'connectionReset',
  'shuttingDown',
  'outOfResources',
  'proxyExhausted',
  'socketMissing',
];

/** Why a target could not be read: a closed list, one sentence each in `unreadable-sentence.ts`. */
export type UnreadableCause = (typeof UNREADABLE_CAUSES)[number];

export const UNREADABLE_CAUSES = [
  'denied',
  'hostNotAllowed',
  'accountLocked',
  'passwordExpired',
  'databaseDenied',
  'quota',
  'accountLimit',
  'blockedHost',
  'adminPortDenied',
  'tlsUntrusted',
  'tlsMissing',
  'connectionRefused',
  'unreachable',
  'frozen',
  'nameUnknown',
  'socketMissing',
  'notMysql',
  'connectionReset',
  'queryTimedOut',
  'statementLimit',
  'idleDropped',
  'shuttingDown',
  'outOfResources',
  'proxyExhausted',
  'secretUnavailable',
  'unexpected',
  'closedBeforeGreeting',
  'loginMethod',
  'tlsRequired',
] as const;
