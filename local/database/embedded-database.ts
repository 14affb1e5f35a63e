import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { type Connection, createConnection } from 'mysql2';
import { type Answer, answerStatement, type EmbeddedState, type Session } from './embedded-answers.ts';
import type { DatabaseOptions, Login, RunningDatabase } from './open-database.ts';

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

/**
 * A stand-in for a database server, for machines without one. It speaks the MySQL protocol over real sockets, checks
 * passwords, counts what is connected, refuses with 1040 when it is full, and answers what the sampler and the demo
 * application ask. It holds no data. Like MariaDB it lets one client more than the limit get as far as the login.
 */
export class EmbeddedDatabase implements RunningDatabase {
  readonly kind = 'embedded';
  readonly name = 'embedded stand-in';
  readonly version = '11.4.0-MariaDB-embedded';
  readonly host = '127.0.0.1';
  readonly port: number;
  readonly maxConnections: number;
  readonly users: { readonly monitor: Login; readonly app: Login };
  readonly pids: readonly number[] = [];
  readonly dir: string;
  readonly note: string | null;
  readonly #server: Server;
  readonly #sockets = new Map<Session, Socket>();
  readonly #state: EmbeddedState;

  private constructor(server: Server, port: number, options: DatabaseOptions, note: string | null) {
    this.#server = server;
    this.port = port;
    this.maxConnections = options.maxConnections;
    this.dir = options.dir;
    this.note = note;
    this.users = { monitor: newLogin('runbell'), app: newLogin('demo') };
    this.#state = {
      maxConnections: options.maxConnections,
      version: this.version,
      startedAtMs: Date.now(),
      sessions: this.#sockets,
      connections: 0,
      abortedConnects: 0,
      refusedByLimit: 0,
    };
    server.on('connection', (socket) => this.#accept(socket));
  }

  static async open(options: DatabaseOptions, note: string | null): Promise<EmbeddedDatabase> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no free port');
    return new EmbeddedDatabase(server, address.port, options, note);
  }

  async stop(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets.values()) socket.destroy();
    await closed;
  }

  #accept(socket: Socket): void {
    this.#state.connections += 1;
    const connection = createConnection({ stream: socket, isServer: true }) as ServerSide;
    // Clients may vanish at any moment; the socket's own close does the counting.
    connection.on('error', () => socket.destroy());
    if (this.#sockets.size > this.maxConnections) {
      this.#state.refusedByLimit += 1;
      connection.writeError({ code: 1040, message: 'Too many connections' });
      socket.destroySoon();
      return;
    }
    const host = `${socket.remoteAddress}:${socket.remotePort}`;
    const session: Session = {
      id: this.#state.connections,
      user: null,
      seesAll: false,
      host,
      database: null,
      command: 'Connect',
      sinceMs: Date.now(),
    };
    this.#sockets.set(session, socket);
    socket.once('close', () => {
      this.#sockets.delete(session);
      if (session.user === null) this.#state.abortedConnects += 1;
    });
    this.#greet(connection, session);
    this.#serve(connection, session, socket);
  }

  #greet(connection: ServerSide, session: Session): void {
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: this.version,
      connectionId: session.id,
      statusFlags: AUTOCOMMIT,
      characterSet: UTF8MB4,
      capabilityFlags: CAPABILITIES,
      authCallback: (claim: Claim, done: (error: null, refusal?: { code: number; message: string }) => void) => {
        const login = [this.users.monitor, this.users.app].find(({ user }) => user === claim.user);
        if (login === undefined || !isProof(claim, login.password)) {
          return done(null, { code: 1045, message: `Access denied for user '${claim.user}'@'${this.host}'` });
        }
        if (this.#sockets.size > this.maxConnections)
          return done(null, { code: 1040, message: 'Too many connections' });
        session.user = login.user;
        session.seesAll = login === this.users.monitor;
        session.database = claim.database === undefined || claim.database === '' ? null : claim.database;
        rest(session);
        done(null);
        connection.sequenceId = 0;
      },
    });
  }

  #serve(connection: ServerSide, session: Session, socket: Socket): void {
    const handle = (sql: string) => {
      session.command = 'Query';
      session.sinceMs = Date.now();
      answerAll(connection, this.#state, session, sql)
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

function newLogin(user: string): Login {
  return { user, password: randomBytes(18).toString('base64url') };
}
