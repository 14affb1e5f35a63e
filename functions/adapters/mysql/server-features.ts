/**
 * Which tables and settings a server has. Found by trying, never by its version: calendar versions, forks and
 * switched-off schemas all exist.
 */
export interface ServerFeatures {
  readonly status: keyof typeof STATUS_SOURCES;
  readonly processes: keyof typeof PROCESS_SOURCES;
  readonly guard: keyof typeof GUARDS;
}

/** MariaDB alone limits statements by this setting, and it differs in how it books refusals and its extra port. */
export function isMariaDb(features: ServerFeatures): boolean {
  return features.guard === 'max_statement_time';
}

/** Groups of sessions that one sample carries at most. */
export const GROUPS_MAX = 200;

/** The seconds after which a session counts as idle, one figure each. */
const IDLE_BOUNDS_SECONDS = [60, 300, 900, 3600] as const;

/** The sampler never waits for a lock and never runs long, whatever the server's defaults are. */
const GUARDS = {
  max_statement_time: 'SET SESSION max_statement_time = 2, SESSION lock_wait_timeout = 2',
  max_execution_time: 'SET SESSION max_execution_time = 2000, SESSION lock_wait_timeout = 2',
  none: 'SET SESSION lock_wait_timeout = 2',
} as const;

const STATUS_NAMES =
  "('Threads_connected','Threads_running','Connections','Aborted_connects','Connection_errors_max_connections','Uptime')";

const STATUS_SOURCES = {
  informationSchema: `SELECT VARIABLE_NAME, VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME IN ${STATUS_NAMES}`,
  performanceSchema: `SELECT VARIABLE_NAME, VARIABLE_VALUE FROM performance_schema.global_status WHERE VARIABLE_NAME IN ${STATUS_NAMES}`,
  show: `SHOW GLOBAL STATUS WHERE Variable_name IN ${STATUS_NAMES}`,
} as const;

const PROCESS_SOURCES = {
  performanceSchema: 'performance_schema.processlist',
  informationSchema: 'information_schema.PROCESSLIST',
} as const;

const LIMITS = 'SELECT @@global.max_connections, @@global.wait_timeout';

/** `unauthenticated user` sleeps on MySQL and connects on MariaDB: it is counted by itself and never as idle. */
const SLEEPS = "COMMAND = 'Sleep' AND USER <> 'unauthenticated user'";

const FIGURES = [
  'COUNT(*)',
  `SUM(${SLEEPS})`,
  ...IDLE_BOUNDS_SECONDS.map((seconds) => `SUM(${SLEEPS} AND TIME >= ${seconds})`),
  `MAX(IF(${SLEEPS}, TIME, 0))`,
  "SUM(STATE LIKE 'Waiting for % metadata lock')",
  "SUM(COMMAND IN ('Query','Execute') AND TIME > 60)",
  "SUM(USER = 'unauthenticated user')",
].join(', ');

/** Without the port, which is behind the last colon: an IPv6 address has more of them. */
const CLIENT_HOST = "IF(LOCATE(':', HOST) = 0, HOST, LEFT(HOST, CHAR_LENGTH(HOST) - LOCATE(':', REVERSE(HOST))))";

/** Clients only, without the connection that asks. */
const CLIENTS = "WHERE ID <> CONNECTION_ID() AND USER NOT IN ('system user','event_scheduler')";

/** Counters, then limits: what a calm tick asks for, in one round trip. */
export function countsStatements(features: ServerFeatures): readonly string[] {
  return [GUARDS[features.guard], STATUS_SOURCES[features.status], LIMITS];
}

/** The same, the groups, and the counters again: so a connection that comes or goes meanwhile is not taken for blindness. */
export function holdersStatements(features: ServerFeatures): readonly string[] {
  return [...countsStatements(features), groupsStatement(features), STATUS_SOURCES[features.status]];
}

function groupsStatement(features: ServerFeatures): string {
  return `SELECT USER, ${CLIENT_HOST}, DB, ${FIGURES} FROM ${PROCESS_SOURCES[features.processes]} ${CLIENTS} GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3 LIMIT ${GROUPS_MAX}`;
}

/** Over all sessions: asked for only when there are more groups than a sample carries. */
export function totalsStatement(features: ServerFeatures): string {
  return `SELECT ${FIGURES} FROM ${PROCESS_SOURCES[features.processes]} ${CLIENTS}`;
}

export const GUARD_NAMES_STATEMENT =
  "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('max_statement_time','max_execution_time')";

/** One row when the source can be read and is filled; an error or no row when not. */
export const STATUS_PROBES = {
  informationSchema: "SELECT 1 FROM information_schema.GLOBAL_STATUS WHERE VARIABLE_NAME = 'UPTIME'",
  performanceSchema: "SELECT 1 FROM performance_schema.global_status WHERE VARIABLE_NAME = 'Uptime'",
} as const;

export const PROCESSES_PROBE = 'SELECT 1 FROM performance_schema.processlist LIMIT 1';

/** Asks a server what it has: up to five tiny statements, once per target and container. */
export async function probeFeatures(rows: (sql: string) => Promise<readonly unknown[]>): Promise<ServerFeatures> {
  const has = (sql: string) => rows(sql).then((found) => found.length > 0, isMissing);
  const guards = (await rows(GUARD_NAMES_STATEMENT)).flat().map(String);
  const guard = (['max_statement_time', 'max_execution_time'] as const).find((name) => guards.includes(name));
  const status = (await has(STATUS_PROBES.informationSchema))
    ? 'informationSchema'
    : (await has(STATUS_PROBES.performanceSchema))
      ? 'performanceSchema'
      : 'show';
  const processes = (await has(PROCESSES_PROBE)) ? 'performanceSchema' : 'informationSchema';
  return { guard: guard ?? 'none', status, processes };
}

/** Disabled, denied or not there; anything else, such as a statement limit under load, is not an answer. */
const MISSING_NUMBERS: ReadonlySet<unknown> = new Set([1044, 1049, 1109, 1142, 1143, 1146, 1227, 3167]);

function isMissing(error: unknown): false {
  if (typeof error === 'object' && error !== null && 'errno' in error && MISSING_NUMBERS.has(error.errno)) return false;
  throw error;
}
