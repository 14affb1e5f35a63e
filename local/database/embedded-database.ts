import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type Connection, createConnection } from 'mysql2';
import { type Answer, answerStatement, type EmbeddedState, type Session } from './embedded-answers.ts';
import type { DatabaseOptions, RunningDatabase } from './new-login.ts';
import { newLogin } from './new-login.ts';

/** The driver's server side; its declared types leave these out. */
type ServerSide = Connection & {
  writeColumns(columns: readonly object[]): void;
  writeTextRow(columns: readonly (string | number | null)[]): void;
};

/** Protocol 4.1, its login with plugins and a database, transactions, and several statements in one command. */
const CAPABILITIES = 0x8 | 0x200 | 0x2000 | 0x8000 | 0x10000 | 0x20000 | 0x80000;
const MORE_RESULTS = 0x8;
const AUTOCOMMIT = 0x2;
const UTF8MB4 = 45;

const VERSION = '11.4.0-MariaDB-embedded';
const FULL = { code: 1040, message: 'Too many connections' };

/** What one stand-in is made of. */
interface Embedded {
  readonly users: RunningDatabase['users'];
  readonly state: EmbeddedState;
  readonly sockets: Map<Session, Socket>;
}

/**
 * A stand-in for a database server, for machines without one. It speaks the MySQL protocol over real sockets, checks
 * passwords, counts what is connected, refuses with 1040 when it is full, and answers what the sampler and the demo
 * application ask. It holds no data. Like MariaDB it lets one client more than the limit get as far as the login.
 */
export async function openEmbedded(options: DatabaseOptions, note: string | null): Promise<RunningDatabase> {
  const { maxConnections, dir } = options;
  const users = { monitor: newLogin('runbell'), app: newLogin('demo') };
  const sockets = new Map<Session, Socket>();
  const counters = { connections: 0, abortedConnects: 0, refusedByLimit: 0 };
  const state = { maxConnections, version: VERSION, startedAtMs: Date.now(), sessions: sockets, ...counters };
  const server = createServer((socket) => accept({ users, state, sockets }, socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets.values()) socket.destroy();
    await closed;
  };
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  const who = { kind: 'embedded', name: 'embedded stand-in', version: VERSION, note } as const;
  return { ...who, host: '127.0.0.1', port: address.port, maxConnections, users, pids: [], dir, stop };
}

function accept(embedded: Embedded, socket: Socket): void {
  const { state, sockets } = embedded;
  state.connections += 1;
  const connection = createConnection({ stream: socket, isServer: true }) as ServerSide;
  // Clients may vanish at any moment; the socket's own close does the counting.
  connection.on('error', () => socket.destroy());
  if (sockets.size > state.maxConnections) {
    state.refusedByLimit += 1;
    connection.writeError(FULL);
    socket.destroySoon();
    return;
  }
  const session: Session = {
    id: state.connections,
    user: null,
    seesAll: false,
    host: `${socket.remoteAddress}:${socket.remotePort}`,
    database: null,
    command: 'Connect',
    sinceMs: Date.now(),
  };
  sockets.set(session, socket);
  socket.once('close', () => {
    sockets.delete(session);
    if (session.user === null) state.abortedConnects += 1;
  });
  greet(embedded, connection, session);
  serve(embedded, connection, session, socket);
}

function greet({ users, state, sockets }: Embedded, connection: ServerSide, session: Session): void {
  connection.serverHandshake({
    protocolVersion: 10,
    serverVersion: VERSION,
    connectionId: session.id,
    statusFlags: AUTOCOMMIT,
    characterSet: UTF8MB4,
    capabilityFlags: CAPABILITIES,
    authCallback: (claim: Claim, done: (error: null, refusal?: typeof FULL) => void) => {
      const login = [users.monitor, users.app].find(({ user }) => user === claim.user);
      if (login === undefined || !isProof(claim, login.password)) {
        return done(null, { code: 1045, message: `Access denied for user '${claim.user}'` });
      }
      if (sockets.size > state.maxConnections) return done(null, FULL);
      session.user = login.user;
      session.seesAll = login === users.monitor;
      session.database = claim.database || null;
      rest(session);
      done(null);
      connection.sequenceId = 0;
    },
  });
}

function serve({ state }: Embedded, connection: ServerSide, session: Session, socket: Socket): void {
  const handle = (sql: string) => {
    session.command = 'Query';
    session.sinceMs = Date.now();
    answerAll(connection, state, session, sql)
      .catch(() => socket.destroy())
      .finally(() => rest(session));
  };
  connection.on('query', handle);
  // The driver announces SET as the preparation of a statement.
  connection.on('stmt_prepare', handle);
  connection.on('ping', () => {
    connection.writeOk();
    rest(session);
  });
  connection.on('quit', () => socket.end());
  connection.on('packet', (_packet: unknown, isKnown: boolean) => {
    if (!isKnown) connection.writeError({ code: 1047, message: 'Unknown command' });
    // Every command counts its packets from zero again, but for an answer that is still being made.
    if (session.command !== 'Query') connection.sequenceId = 0;
  });
}

interface Claim {
  readonly user: string;
  readonly database: string | undefined;
  readonly authPluginData1: Buffer;
  readonly authPluginData2: Buffer;
  readonly authToken: Buffer;
}

async function answerAll(connection: ServerSide, state: EmbeddedState, session: Session, sql: string): Promise<void> {
  const statements = sql.split(';').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
  for (const [index, statement] of statements.entries()) {
    const answer = await answerStatement(state, session, statement);
    write(connection, answer, index < statements.length - 1 ? MORE_RESULTS : 0);
    if (answer.kind === 'error') break;
  }
  connection.sequenceId = 0;
}

function write(connection: ServerSide, answer: Answer, status: number): void {
  if (answer.kind === 'ok') {
    connection.writeOk({ affectedRows: 0, serverStatus: AUTOCOMMIT | status });
  } else if (answer.kind === 'error') {
    connection.writeError({ code: answer.code, message: answer.message });
  } else {
    connection.writeColumns(answer.columns.map((name, index) => columnOf(name, answer.rows[0]?.[index])));
    for (const row of answer.rows) connection.writeTextRow(row);
    connection.writeEof(0, AUTOCOMMIT | status);
  }
}

function columnOf(name: string, sample: unknown) {
  const columnType = typeof sample === 'number' ? 8 : 253;
  const origin = { catalog: 'def', schema: '', table: '', orgTable: '', orgName: name };
  return { ...origin, name, characterSet: UTF8MB4, columnLength: 255, columnType, flags: 0, decimals: 0 };
}

function rest(session: Session): void {
  session.command = 'Sleep';
  session.sinceMs = Date.now();
}

/** mysql_native_password: the client shows that it knows the password's hash without sending it. */
function isProof(claim: Claim, password: string): boolean {
  const sha1 = (...parts: (Buffer | string)[]) =>
    parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest();
  const stored = sha1(sha1(password));
  const mask = sha1(claim.authPluginData1, claim.authPluginData2, stored);
  if (claim.authToken.length !== mask.length) return false;
  return timingSafeEqual(sha1(Buffer.from(claim.authToken.map((byte, index) => byte ^ (mask[index] ?? 0)))), stored);
}
