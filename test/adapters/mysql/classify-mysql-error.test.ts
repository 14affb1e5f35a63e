import { describe, expect, it } from 'vitest';
import {
  classifyMysqlError,
  type Encounter,
  errorCode,
} from '../../../functions/adapters/mysql/classify-mysql-error.ts';
import { UNREADABLE_CAUSES, type UnreadableCause } from '../../../functions/core/model/sample.ts';

const loggedIn: Encounter = { progress: 'loggedIn', foreign: false, overSocket: false, overAdminPort: false };
const dialling: Encounter = { ...loggedIn, progress: 'dialling' };
const resolving: Encounter = { ...loggedIn, progress: 'resolving' };
const accepted: Encounter = { ...loggedIn, progress: 'accepted' };
const greeted: Encounter = { ...loggedIn, progress: 'greeted' };

const TABLE: readonly (readonly [UnreadableCause | 'full', object, Encounter])[] = [
  ['full', { errno: 1040, code: 'ER_CON_COUNT_ERROR', sqlState: '08004' }, greeted],
  ['full', { errno: 1040, code: 'ER_CON_COUNT_ERROR', sqlState: '' }, greeted],
  ['accountLimit', { errno: 1203, code: 'ER_TOO_MANY_USER_CONNECTIONS' }, greeted],
  ['quota', { errno: 1226, code: 'ER_USER_LIMIT_REACHED' }, greeted],
  ['blockedHost', { errno: 1129, code: 'ER_HOST_IS_BLOCKED', sqlState: '' }, greeted],
  ['hostNotAllowed', { errno: 1130, code: 'ER_HOST_NOT_PRIVILEGED' }, greeted],
  ['denied', { errno: 1045, code: 'ER_ACCESS_DENIED_ERROR' }, greeted],
  ['denied', { errno: 1698, code: 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR' }, greeted],
  ['databaseDenied', { errno: 1044 }, greeted],
  ['databaseDenied', { errno: 1049 }, greeted],
  ['accountLocked', { errno: 3118, code: 'ER_ACCOUNT_HAS_BEEN_LOCKED' }, greeted],
  // MariaDB's number, under the name that the driver takes from MySQL.
  ['accountLocked', { errno: 4151, code: 'ER_BULK_PARSER_INCOMPLETE_ESCAPE_SEQUENCE' }, greeted],
  ['passwordExpired', { errno: 1862, code: 'ER_MUST_CHANGE_PASSWORD_LOGIN' }, greeted],
  ['passwordExpired', { errno: 1820, code: 'ER_MUST_CHANGE_PASSWORD' }, loggedIn],
  ['adminPortDenied', { errno: 1227, code: 'ER_SPECIFIC_ACCESS_DENIED_ERROR' }, { ...greeted, overAdminPort: true }],
  ['unexpected', { errno: 1227, code: 'ER_SPECIFIC_ACCESS_DENIED_ERROR' }, loggedIn],
  ['tlsUntrusted', { code: 'HANDSHAKE_SSL_ERROR' }, greeted],
  ['tlsMissing', { code: 'HANDSHAKE_NO_SSL_SUPPORT' }, greeted],
  ['tlsRequired', { errno: 3159, code: 'ER_SECURE_TRANSPORT_REQUIRED' }, greeted],
  ['connectionRefused', { errno: -111, code: 'ECONNREFUSED', syscall: 'connect' }, dialling],
  ['unreachable', { code: 'ETIMEDOUT', syscall: 'connect' }, dialling],
  ['unreachable', { errno: -113, code: 'EHOSTUNREACH' }, dialling],
  ['frozen', { code: 'ETIMEDOUT', syscall: 'connect' }, accepted],
  ['frozen', { code: 'ETIMEDOUT', syscall: 'connect' }, greeted],
  ['closedBeforeGreeting', { code: 'PROTOCOL_CONNECTION_LOST' }, accepted],
  ['connectionReset', { code: 'PROTOCOL_CONNECTION_LOST' }, loggedIn],
  ['connectionReset', { errno: -104, code: 'ECONNRESET' }, accepted],
  ['nameUnknown', { errno: -3008, code: 'ENOTFOUND' }, dialling],
  ['nameUnknown', { errno: -3001, code: 'EAI_AGAIN' }, resolving],
  ['nameUnknown', { code: 'ETIMEDOUT', syscall: 'connect' }, resolving],
  ['socketMissing', { errno: -2, code: 'ENOENT' }, { ...dialling, overSocket: true }],
  ['socketMissing', { errno: -111, code: 'ECONNREFUSED' }, { ...dialling, overSocket: true }],
  ['notMysql', { code: 'PROTOCOL_CONNECTION_LOST' }, { ...greeted, foreign: true }],
  ['notMysql', { code: 'ETIMEDOUT' }, { ...greeted, foreign: true }],
  ['notMysql', new RangeError('out of range'), { ...greeted, foreign: true }],
  ['queryTimedOut', { code: 'PROTOCOL_SEQUENCE_TIMEOUT' }, loggedIn],
  ['statementLimit', { errno: 3024, code: 'ER_QUERY_TIMEOUT' }, loggedIn],
  ['statementLimit', { errno: 1969, code: undefined }, loggedIn],
  ['idleDropped', { code: 4031, message: 'disconnected by the server because of inactivity' }, loggedIn],
  ['shuttingDown', { errno: 1053, code: 'ER_SERVER_SHUTDOWN' }, loggedIn],
  ['outOfResources', { errno: 1041, code: 'ER_OUT_OF_RESOURCES' }, greeted],
  ['outOfResources', { errno: 1135, code: 'ER_CANT_CREATE_THREAD' }, greeted],
  ['proxyExhausted', { errno: 9001 }, loggedIn],
  ['proxyExhausted', { errno: 9002 }, loggedIn],
  ['loginMethod', { code: 'AUTH_SWITCH_PLUGIN_ERROR' }, greeted],
  ['loginMethod', { code: 'MYSQL_CLEAR_PASSWORD_NOT_ENABLED' }, greeted],
  ['loginMethod', { errno: 1524, code: 'ER_PLUGIN_IS_NOT_LOADED' }, greeted],
  ['unexpected', { errno: 1064, code: 'ER_PARSE_ERROR' }, loggedIn],
  ['unexpected', new Error('no code at all'), loggedIn],
];

describe('classifying what the driver reports', () => {
  it.each(TABLE)('calls it %s: %j after %j', (cause, error, met) => {
    expect(classifyMysqlError(error, met)).toBe(cause);
  });

  it('has a row for every cause that an error can have', () => {
    const named = new Set<string>(TABLE.map(([cause]) => cause));
    expect(UNREADABLE_CAUSES.filter((cause) => !named.has(cause))).toEqual(['secretUnavailable']);
  });

  it('does not stumble over things that are no errors', () => {
    for (const thrown of [null, undefined, 'text', 7]) expect(classifyMysqlError(thrown, loggedIn)).toBe('unexpected');
  });

  it('quotes number or code, never a message', () => {
    expect(errorCode({ errno: 1064, code: 'ER_PARSE_ERROR', message: "near 'secret'" })).toBe('1064');
    expect(errorCode({ errno: -111, code: 'ECONNREFUSED' })).toBe('ECONNREFUSED');
    expect(errorCode({ code: 4031 })).toBe('4031');
    expect(errorCode(new Error("near 'secret'"))).toBeNull();
  });
});
