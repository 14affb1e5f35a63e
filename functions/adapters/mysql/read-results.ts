import type { Counters, HolderGroup, Holders, IdleAges, Reading } from '../../core/model/sample.ts';

/** One result per statement, each a list of rows, each row a list of columns. */
export type Results = readonly (readonly (readonly unknown[])[])[];

export interface ReadOptions {
  readonly atMs: number;
  readonly user: string;
  readonly previous: Counters | null;
  readonly refusalsCountAsAborted: boolean;
  /** How many of the connections that the server counts are this one: MariaDB leaves its extra port out. */
  readonly ownConnections: 0 | 1;
  /** Figures over all sessions; null when the groups are complete. */
  readonly totals: readonly unknown[] | null;
}

/** Turns what the server answered into a reading. Throws when the answer has another shape. */
export function readResults(results: Results, options: ReadOptions): Reading {
  const [, statusRows, limitRows, groupRows, statusAfter] = results;
  const status = readStatus(statusRows);
  const connected = Math.max(0, status.of('THREADS_CONNECTED') - options.ownConnections);
  const counters: Counters = {
    connections: status.of('CONNECTIONS'),
    abortedConnects: status.of('ABORTED_CONNECTS'),
    refusedByLimit: status.of('CONNECTION_ERRORS_MAX_CONNECTIONS'),
    uptimeSeconds: status.of('UPTIME'),
  };
  const connectedAfter =
    groupRows === undefined ? 0 : readStatus(statusAfter).of('THREADS_CONNECTED') - options.ownConnections;
  return {
    kind: 'reading',
    atMs: options.atMs,
    connected,
    running: Math.max(0, status.of('THREADS_RUNNING') - 1),
    connectionsMax: toCount(limitRows?.[0]?.[0]),
    ...counterDeltas(counters, options.previous, options.refusalsCountAsAborted),
    uptimeSeconds: counters.uptimeSeconds,
    waitTimeoutSeconds: toCount(limitRows?.[0]?.[1]),
    holders: groupRows === undefined ? null : readHolders(groupRows, Math.min(connected, connectedAfter), options),
    counters,
  };
}

function readHolders(rows: readonly (readonly unknown[])[], connected: number, options: ReadOptions): Holders {
  const named = rows.map((row) => ({ user: toText(row[0]), row }));
  const figures = rows.map((row) => readFigures(row.slice(3)));
  const totals = options.totals === null ? figures.reduce(addFigures, NO_FIGURES) : readFigures(options.totals);
  const seesOthers = named.some(({ user }) => user !== options.user);
  return {
    groups: named.flatMap(({ user, row }) => (user === 'unauthenticated user' ? [] : [readGroup(user, row)])),
    ages: totals.ages,
    // Without PROCESS nothing fails: the server just shows the account's own sessions, fewer than it counts.
    sight: !seesOthers && totals.connections < connected ? 'blind' : 'whole',
    unauthenticated: totals.unauthenticated,
    waitingForMetadataLock: totals.waitingForMetadataLock,
    longStatements: totals.longStatements,
  };
}

function readGroup(user: string, row: readonly unknown[]): HolderGroup {
  const { connections, sleeping, ages, longestIdleSeconds } = readFigures(row.slice(3));
  const database = row[2] === null ? null : toText(row[2]);
  return { user, host: toText(row[1]), database, connections, sleeping, ages, longestIdleSeconds };
}

type Figures = ReturnType<typeof readFigures>;

/** The columns of FIGURES in `server-features.ts`, in their order. Sums come as text, and as NULL over nothing. */
function readFigures(columns: readonly unknown[]) {
  const at = (index: number) => (columns[index] === null ? 0 : toCount(columns[index]));
  const ages: IdleAges = [at(2), at(3), at(4), at(5)];
  return {
    connections: at(0),
    sleeping: at(1),
    ages,
    longestIdleSeconds: at(6),
    waitingForMetadataLock: at(7),
    longStatements: at(8),
    unauthenticated: at(9),
  };
}

const NO_FIGURES = readFigures(Array(10).fill(0));

function addFigures(a: Figures, b: Figures): Figures {
  return {
    connections: a.connections + b.connections,
    sleeping: a.sleeping + b.sleeping,
    ages: [a.ages[0] + b.ages[0], a.ages[1] + b.ages[1], a.ages[2] + b.ages[2], a.ages[3] + b.ages[3]],
    longestIdleSeconds: Math.max(a.longestIdleSeconds, b.longestIdleSeconds),
    waitingForMetadataLock: a.waitingForMetadataLock + b.waitingForMetadataLock,
    longStatements: a.longStatements + b.longStatements,
    unauthenticated: a.unauthenticated + b.unauthenticated,
  };
}

function readStatus(rows: readonly (readonly unknown[])[] | undefined): { of(name: string): number } {
  const values = new Map((rows ?? []).map((row) => [toText(row[0]).toUpperCase(), row[1]]));
  return { of: (name) => toCount(values.get(name)) };
}

function toCount(value: unknown): number {
  const count = typeof value === 'string' && value !== '' ? Number(value) : value;
  if (typeof count !== 'number' || !Number.isFinite(count)) throw new Error('a figure is missing in the answer');
  return count;
}

function toText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export interface CounterDeltas {
  readonly refused: number | null;
  readonly attempts: number | null;
}

/**
 * What happened since the former reading. After a restart or FLUSH STATUS the counters begin at zero again,
 * so whatever they show now has happened since.
 *
 * `refusalsCountAsAborted`: MariaDB books a refusal after the login under Aborted_connects (with wrong passwords
 * and the like) and only the refusals before its greeting under Connection_errors_max_connections.
 */
export function counterDeltas(
  now: Counters,
  previous: Counters | null,
  refusalsCountAsAborted: boolean,
): CounterDeltas {
  if (previous === null) return { refused: null, attempts: null };
  const restarted = now.uptimeSeconds < previous.uptimeSeconds;
  const since = (current: number, former: number) => (restarted || current < former ? current : current - former);
  const aborted = refusalsCountAsAborted ? since(now.abortedConnects, previous.abortedConnects) : 0;
  return {
    refused: since(now.refusedByLimit, previous.refusedByLimit) + aborted,
    // One of them is the connection that reads this.
    attempts: Math.max(0, since(now.connections, previous.connections) - 1),
  };
}
