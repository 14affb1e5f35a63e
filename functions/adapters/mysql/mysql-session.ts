import { connect, type Socket } from 'node:net';
import { type Connection, createConnection, type SslOptions } from 'mysql2';
import type { TargetConfig } from '../../core/config/config.ts';
import type { Encounter } from './classify-mysql-error.ts';
import type { Results } from './read-results.ts';
import { identityOf } from './tls-options.ts';

/** How long each step may take, and all of them together. */
export interface SessionLimits {
  /** From dialling to logged in. */
  readonly connectMs: number;
  readonly queryMs: number;
  /** From COM_QUIT until the server has hung up. */
  readonly quitMs: number;
  /** From dialling to the last answer. */
  readonly takeMs: number;
}

export interface SessionOrder {
  readonly target: TargetConfig;
  readonly port: number;
  readonly password: string;
  /** undefined: no TLS. */
  readonly ssl: SslOptions | undefined;
  readonly limits: SessionLimits;
  /** Told how far the connection gets, so that a failure can be understood. */
  readonly met: Encounter;
}

/** One connection: opened, asked, and ended with COM_QUIT. */
export class MysqlSession {
  readonly #order: SessionOrder;
  readonly #socket: Socket;
  readonly #connection: Connection;
  readonly #overdue: NodeJS.Timeout;
  #isBroken = false;
  #failPending: (error: Error) => void = () => undefined;

  constructor(order: SessionOrder) {
    const { target, port, password, ssl, limits } = order;
    this.#order = order;
    this.#socket = watchedSocket(order);
    this.#connection = createConnection({
      stream: () => this.#socket,
      host: identityOf(target.host),
      port,
      user: target.user,
      password,
      ...(ssl === undefined ? {} : { ssl }),
      ...(target.socketPath === undefined ? {} : { socketPath: target.socketPath }),
      // An IAM token is sent as it is, so only over TLS.
      enableCleartextPlugin: target.credential.kind === 'iam' && ssl !== undefined,
      connectTimeout: limits.connectMs,
      // Constant statements only; nothing from outside is ever put into one.
      multipleStatements: true,
      rowsAsArray: true,
      flags: ['-LOCAL_FILES'],
      disableEval: true,
      connectAttributes: { program_name: 'runbell' },
    });
    // Without a listener an error between two commands would end the process.
    this.#connection.on('error', () => {
      this.#isBroken = true;
    });
    this.#overdue = setTimeout(() => this.#giveUp(), limits.takeMs);
  }

  /** Resolves when logged in. */
  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#failPending = reject;
      this.#connection.connect((error) => {
        this.#isBroken ||= error !== null;
        if (error) return reject(error);
        this.#order.met.progress = 'loggedIn';
        resolve();
      });
    });
  }

  /** Sends the statements in one round trip: one result each. */
  query(statements: readonly string[]): Promise<Results> {
    return new Promise((resolve, reject) => {
      this.#failPending = reject;
      const sql = statements.join(';\n');
      this.#connection.query({ sql, timeout: this.#order.limits.queryMs }, (error, results: unknown) => {
        // An error of the server's own leaves the connection usable; anything else does not.
        this.#isBroken ||= error !== null && error.sqlState === undefined;
        if (error) return reject(error);
        resolve(toResults(statements.length === 1 ? [results] : results));
      });
    });
  }

  /** COM_QUIT, and the wait until the server has hung up; by force only when it does not. */
  async close(): Promise<void> {
    clearTimeout(this.#overdue);
    if (this.#isBroken || this.#order.met.progress !== 'loggedIn') return this.#cut();
    const closed = new Promise<void>((resolve) => this.#socket.once('close', () => resolve()));
    const force = setTimeout(() => this.#cut(), this.#order.limits.quitMs);
    this.#connection.end();
    await closed;
    clearTimeout(force);
  }

  #giveUp(): void {
    const code = this.#order.met.progress === 'loggedIn' ? 'PROTOCOL_SEQUENCE_TIMEOUT' : 'ETIMEDOUT';
    this.#failPending(Object.assign(new Error('the take as a whole took too long'), { code }));
    this.#cut();
  }

  #cut(): void {
    this.#isBroken = true;
    this.#connection.destroy();
    this.#socket.destroy();
  }
}

/** Tells `nothing answered` from `answered and said nothing`, which the driver reports alike. */
function watchedSocket({ target, port, met }: SessionOrder): Socket {
  const socket = target.socketPath === undefined ? connect(port, target.host) : connect(target.socketPath);
  socket.setNoDelay(true);
  socket.once('lookup', (error: Error | null | undefined) => {
    if (!error) met.progress = 'dialling';
  });
  socket.once('connect', () => {
    met.progress = 'accepted';
  });
  socket.once('data', (first: Buffer) => {
    met.progress = 'greeted';
    met.foreign = !isGreeting(first);
    // Whatever else it says would only be waited for.
    if (met.foreign) socket.destroy();
  });
  return socket;
}

/** Packet number 0 that begins with protocol version 10 or with an error. */
function isGreeting(first: Buffer): boolean {
  return first.length < 5 || (first[3] === 0 && (first[4] === 10 || first[4] === 255));
}

function toResults(results: unknown): Results {
  if (!Array.isArray(results)) throw new Error('the driver gave no list of results');
  return results.map((rows) => (Array.isArray(rows) ? rows : []));
}
