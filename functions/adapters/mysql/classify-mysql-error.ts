import type { UnreadableCause } from '../../core/model/sample.ts';

/** How far a connection got. The driver reports many of these alike; only the socket knows. */
export interface Encounter {
  progress: 'resolving' | 'dialling' | 'accepted' | 'greeted' | 'loggedIn';
  /** The first bytes were not a MySQL greeting. */
  foreign: boolean;
  readonly overSocket: boolean;
  readonly overAdminPort: boolean;
}

/** What an error means. Error numbers first: codes are missing before the greeting and wrong on MariaDB. */
export function classifyMysqlError(error: unknown, met: Encounter): UnreadableCause | 'full' {
  const { errno, code } = numberAndCode(error);
  if (errno === 1227 && met.overAdminPort) return 'adminPortDenied';
  const byNumber = errno === null ? undefined : CAUSE_BY_NUMBER.get(errno);
  if (byNumber !== undefined) return byNumber;
  if (met.foreign) return 'notMysql';
  if (code === 'ETIMEDOUT') return TIMED_OUT[met.progress];
  if (code === 'ECONNREFUSED' && met.overSocket) return 'socketMissing';
  if (code === 'PROTOCOL_CONNECTION_LOST') {
    return met.progress === 'accepted' ? 'closedBeforeGreeting' : 'connectionReset';
  }
  return CAUSE_BY_CODE.get(code ?? '') ?? 'unexpected';
}

/** What people can look up: the server's number, else the code. Never the message, which may quote data. */
export function errorCode(error: unknown): string | null {
  const { errno, code } = numberAndCode(error);
  return errno === null ? code : String(errno);
}

function numberAndCode(error: unknown): { errno: number | null; code: string | null } {
  if (typeof error !== 'object' || error === null) return { errno: null, code: null };
  const errno = 'errno' in error && typeof error.errno === 'number' && error.errno > 0 ? error.errno : null;
  const code = 'code' in error ? error.code : null;
  // The driver puts 4031, sent while no query is open, as a number into `code`.
  if (errno === null && typeof code === 'number') return { errno: code, code: null };
  return { errno, code: typeof code === 'string' ? code : null };
}

const TIMED_OUT: Readonly<Record<Encounter['progress'], UnreadableCause>> = {
  resolving: 'nameUnknown',
  dialling: 'unreachable',
  accepted: 'frozen',
  greeted: 'frozen',
  loggedIn: 'frozen',
};

const CAUSE_BY_NUMBER: ReadonlyMap<number, UnreadableCause | 'full'> = new Map<number, UnreadableCause | 'full'>([
  [1040, 'full'],
  [1041, 'outOfResources'],
  [1044, 'databaseDenied'],
  [1045, 'denied'],
  [1049, 'databaseDenied'],
  [1053, 'shuttingDown'],
  [1129, 'blockedHost'],
  [1130, 'hostNotAllowed'],
  [1135, 'outOfResources'],
  [1203, 'accountLimit'],
  [1226, 'quota'],
  [1251, 'loginMethod'],
  [1524, 'loginMethod'],
  [1698, 'denied'],
  [1820, 'passwordExpired'],
  [1862, 'passwordExpired'],
  [1969, 'statementLimit'],
  [3024, 'statementLimit'],
  [3118, 'accountLocked'],
  [3159, 'tlsRequired'],
  [3955, 'accountLocked'],
  [4031, 'idleDropped'],
  // MariaDB's numbers for a blocked and a locked account; the driver calls them by MySQL's names for other errors.
  [4150, 'accountLocked'],
  [4151, 'accountLocked'],
  // ProxySQL.
  [9001, 'proxyExhausted'],
  [9002, 'proxyExhausted'],
]);

const CAUSE_BY_CODE: ReadonlyMap<string, UnreadableCause> = new Map<string, UnreadableCause>([
  ['HANDSHAKE_SSL_ERROR', 'tlsUntrusted'],
  ['HANDSHAKE_NO_SSL_SUPPORT', 'tlsMissing'],
  ['ECONNREFUSED', 'connectionRefused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ENOTFOUND', 'nameUnknown'],
  ['EAI_AGAIN', 'nameUnknown'],
  ['ENOENT', 'socketMissing'],
  ['ECONNRESET', 'connectionReset'],
  ['EPIPE', 'connectionReset'],
  ['PROTOCOL_SEQUENCE_TIMEOUT', 'queryTimedOut'],
  ['AUTH_SWITCH_PLUGIN_ERROR', 'loginMethod'],
  ['MYSQL_CLEAR_PASSWORD_NOT_ENABLED', 'loginMethod'],
]);
