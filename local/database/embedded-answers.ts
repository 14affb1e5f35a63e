import { setTimeout as sleep } from 'node:timers/promises';
import {
  GROUPS_MAX,
  GUARD_NAMES_STATEMENT,
  holdersStatements,
  PROCESSES_PROBE,
  type ServerFeatures,
  STATUS_PROBES,
  totalsStatement,
} from '../../functions/adapters/mysql/server-features.ts';

/** One client, from being accepted until its socket closes. */
export interface Session {
  readonly id: number;
  /** null until the login is through. */
  user: string | null;
  /** Has PROCESS. */
  seesAll: boolean;
  readonly host: string;
  database: string | null;
  command: 'Connect' | 'Sleep' | 'Query';
  sinceMs: number;
}

export interface EmbeddedState {
  readonly maxConnections: number;
  readonly version: string;
  readonly startedAtMs: number;
  readonly sessions: { readonly size: number; keys(): Iterable<Session> };
  connections: number;
  abortedConnects: number;
  refusedByLimit: number;
}

type Value = string | number | null;

export type Answer =
  | { readonly kind: 'ok' }
  | { readonly kind: 'error'; readonly code: number; readonly message: string }
  | { readonly kind: 'rows'; readonly columns: readonly string[]; readonly rows: readonly (readonly Value[])[] };

type Answering = (state: EmbeddedState, session: Session) => Answer;

/** What the sampler finds here: the tables of a MariaDB. */
const FEATURES: ServerFeatures = {
  status: 'informationSchema',
  processes: 'informationSchema',
  guard: 'max_statement_time',
};

const [, STATUS = '', LIMITS = '', GROUPS = ''] = holdersStatements(FEATURES);

/** The sampler's statements, letter by letter, and a few that any client asks. */
const ANSWERS: ReadonlyMap<string, Answering> = new Map<string, Answering>([
  [GUARD_NAMES_STATEMENT, () => rowsOf([['max_statement_time', '0.000000']])],
  [STATUS_PROBES.informationSchema, () => rowsOf([[1]])],
  [PROCESSES_PROBE, () => ({ kind: 'error', code: 1146, message: 'No such table' })],
  [STATUS, statusRows],
  [LIMITS, (state) => rowsOf([[state.maxConnections, 28800]])],
  [GROUPS, groupRows],
  [totalsStatement(FEATURES), (state, session) => rowsOf([figuresOf(visible(state, session))])],
  ['SELECT VERSION()', (state) => rowsOf([[state.version]])],
  ['SELECT CONNECTION_ID()', (_, session) => rowsOf([[session.id]])],
  ['SELECT 1', () => ({ kind: 'rows', columns: ['1'], rows: [[1]] })],
]);

/** Answers one statement as a MariaDB would. What it does not know is a syntax error, never a wrong figure. */
export async function answerStatement(state: EmbeddedState, session: Session, statement: string): Promise<Answer> {
  const known = ANSWERS.get(statement);
  if (known !== undefined) return known(state, session);
  if (/^set\s/i.test(statement)) return { kind: 'ok' };
  const seconds = /^select\s+sleep\(\s*(\d+(?:\.\d+)?)\s*\)$/i.exec(statement)?.[1];
  if (seconds !== undefined) {
    await sleep(Number(seconds) * 1000, undefined, { ref: false });
    return rowsOf([[0]]);
  }
  return { kind: 'error', code: 1064, message: 'The embedded stand-in does not know this statement' };
}

function statusRows(state: EmbeddedState): Answer {
  const running = [...state.sessions.keys()].filter(({ command }) => command === 'Query').length;
  return rowsOf([
    ['THREADS_CONNECTED', `${state.sessions.size}`],
    ['THREADS_RUNNING', `${running}`],
    ['CONNECTIONS', `${state.connections}`],
    ['ABORTED_CONNECTS', `${state.abortedConnects}`],
    ['CONNECTION_ERRORS_MAX_CONNECTIONS', `${state.refusedByLimit}`],
    ['UPTIME', `${secondsSince(state.startedAtMs)}`],
  ]);
}

function groupRows(state: EmbeddedState, session: Session): Answer {
  const groups = new Map<string, { head: readonly Value[]; sessions: Session[] }>();
  for (const other of visible(state, session)) {
    const head = [userOf(other), other.host.slice(0, other.host.lastIndexOf(':')), other.database];
    const group = groups.get(JSON.stringify(head)) ?? { head, sessions: [] };
    group.sessions.push(other);
    groups.set(JSON.stringify(head), group);
  }
  const largestFirst = [...groups.values()].sort((a, b) => b.sessions.length - a.sessions.length);
  return rowsOf(largestFirst.slice(0, GROUPS_MAX).map(({ head, sessions }) => [...head, ...figuresOf(sessions)]));
}

/** Without PROCESS an account sees its own sessions only. */
function visible(state: EmbeddedState, session: Session): Session[] {
  return [...state.sessions.keys()].filter(
    (other) => other !== session && (session.seesAll || other.user === session.user),
  );
}

/** In the order of the sampler's figures. No statement here waits for a lock. */
function figuresOf(sessions: readonly Session[]): Value[] {
  const idle = sessions.filter(({ command }) => command === 'Sleep').map(({ sinceMs }) => secondsSince(sinceMs));
  const atLeast = (seconds: number) => `${idle.filter((age) => age >= seconds).length}`;
  const long = sessions.filter(({ command, sinceMs }) => command === 'Query' && secondsSince(sinceMs) > 60);
  return [
    sessions.length,
    `${idle.length}`,
    ...[60, 300, 900, 3600].map(atLeast),
    Math.max(0, ...idle),
    '0',
    `${long.length}`,
    `${sessions.filter(({ user }) => user === null).length}`,
  ];
}

function userOf(session: Session): string {
  return session.user ?? 'unauthenticated user';
}

function rowsOf(rows: readonly (readonly Value[])[]): Answer {
  return { kind: 'rows', columns: (rows[0] ?? ['']).map((_, index) => `c${index}`), rows };
}

function secondsSince(atMs: number): number {
  return Math.floor((Date.now() - atMs) / 1000);
}
