import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { expect } from 'vitest';
import { MysqlSampleSource, type SampleSourceDeps } from '../../../functions/adapters/mysql/mysql-sample-source.ts';
import type { TargetConfig } from '../../../functions/core/config/config.ts';
import type { Holders, Reading, Sample } from '../../../functions/core/model/sample.ts';
import type { Clock } from '../../../functions/core/ports.ts';
import type { Login, RunningDatabase } from '../../../local/database/new-login.ts';

export const realClock: Clock = {
  nowMs: () => Date.now(),
  sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
};

/** No answer comes too late, however busy the machine: what is late on purpose has a limit of its own. */
const PATIENT = { connectMs: 60_000, queryMs: 60_000, quitMs: 30_000, takeMs: 120_000, detailMs: 60_000 };

/** A sampler that always has this password, and says nothing. */
export function samplerWith(password: string, changes: Partial<SampleSourceDeps> = {}): MysqlSampleSource {
  return new MysqlSampleSource({
    clock: realClock,
    credentials: { password: async () => ({ kind: 'password', password }) },
    log: { info: () => undefined, error: () => undefined },
    random: () => 0.5,
    ...changes,
    limits: { ...PATIENT, ...changes.limits },
  });
}

export function targetAt(port: number, user: string, changes: Partial<TargetConfig> = {}): TargetConfig {
  const credential = { kind: 'environment', variable: 'DB_PASSWORD' } as const;
  return { id: 'orders-db', host: '127.0.0.1', port, user, credential, tls: 'off', ...changes };
}

/** The sampler and the target that belong to a database and one of its accounts. */
export function watching(db: RunningDatabase, login: Login = db.users.monitor, changes: Partial<TargetConfig> = {}) {
  return { sampler: samplerWith(login.password), target: targetAt(db.port, login.user, changes) };
}

export function asReading(sample: Sample | null): Reading {
  if (sample?.kind !== 'reading') throw new Error(`expected a reading, got ${JSON.stringify(sample)}`);
  return sample;
}

export function asHolders(sample: Sample | null): Holders {
  const { holders } = asReading(sample);
  if (holders === null) throw new Error('expected holders');
  return holders;
}

export function causeOf(sample: Sample): string {
  return sample.kind === 'unreadable' ? sample.cause : sample.kind;
}

const loggedIn = new Set<Connection>();

/** Whatever a failed test has left behind. */
export function dropConnections(): void {
  for (const connection of loggedIn) connection.destroy();
  loggedIn.clear();
}

export async function logIn(db: RunningDatabase, login: Login, port = db.port): Promise<Connection> {
  const connection = await createConnection({ host: '127.0.0.1', port, ...login });
  connection.on('error', () => undefined);
  loggedIn.add(connection);
  return connection;
}

/** Opens connections and keeps them idle. `release` returns when the server has let all of them go. */
export async function hold(db: RunningDatabase, count: number, login: Login = db.users.app) {
  const connections: Connection[] = [];
  for (let opened = 0; opened < count; opened += 1) connections.push(await logIn(db, login));
  return {
    release: async () => {
      await Promise.all(connections.map((connection) => connection.end()));
      await untilIdle(db);
    },
  };
}

/** A login that the server refuses, and has counted: it tells the client first. */
export async function refusedLogin(db: RunningDatabase, admin: Connection): Promise<void> {
  const before = await statusOf(admin, 'Aborted_connects');
  await expect(logIn(db, { ...db.users.app, password: 'wrong' })).rejects.toMatchObject({ errno: 1045 });
  await until(async () => (await statusOf(admin, 'Aborted_connects')) === before + 1);
}

/** Connections that have just been closed may be counted for another moment. */
export async function untilIdle(db: RunningDatabase): Promise<void> {
  const { sampler, target } = watching(db);
  await until(async () => {
    const sample = await sampler.take(target, 'counts', null);
    return sample.kind === 'reading' && sample.connected === 0;
  });
}

export async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  const untilMs = Date.now() + 30_000;
  while (!(await isSo())) {
    if (Date.now() > untilMs) throw new Error('waited thirty seconds for something that did not come');
    await realClock.sleep(20);
  }
}

export async function statusOf(admin: Connection, name: string): Promise<number> {
  const [rows] = await admin.query<RowDataPacket[]>(`SHOW GLOBAL STATUS LIKE '${name}'`);
  return Number(rows[0]?.['Value']);
}

export interface Relay {
  readonly port: number;
  /** Pieces that the client sent: one per packet, since it waits for each answer. */
  sent(): number;
  bytesReceived(): number;
  /** From this many pieces on, what the client sends gets lost. */
  silenceAfter(pieces: number): void;
  close(): Promise<void>;
}

/** Passes a connection on, counts what goes through, and can come from another address or fall silent. */
export async function openRelay(
  toPort: number,
  options: { localAddress?: string; host?: string } = {},
): Promise<Relay> {
  let silentAfter = Number.POSITIVE_INFINITY;
  let sent = 0;
  let bytesReceived = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const { localAddress } = options;
    const upstream = connect({ port: toPort, host: '127.0.0.1', ...(localAddress ? { localAddress } : {}) });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', (chunk) => {
      sent += 1;
      if (sent <= silentAfter) upstream.write(chunk);
    });
    upstream.on('data', (chunk) => {
      bytesReceived += chunk.length;
      client.write(chunk);
    });
    client.on('close', () => upstream.end());
    upstream.on('close', () => client.end());
  });
  const port = await listen(server, options.host);
  return {
    port,
    sent: () => sent,
    bytesReceived: () => bytesReceived,
    silenceAfter: (pieces) => {
      silentAfter = pieces;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A server that is no database: it says or does only what it is told. */
export async function openSpeaker(onSocket: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onSocket(socket);
  });
  const port = await listen(server);
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

async function listen(server: ReturnType<typeof createServer>, host = '127.0.0.1'): Promise<number> {
  server.listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
