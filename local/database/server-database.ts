import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, existsSync, openSync, readFileSync } from 'node:fs';
import { lchown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DatabaseOptions, Login, RunningDatabase } from './new-login.ts';
import { newLogin } from './new-login.ts';

export interface ServerProgram {
  readonly path: string;
  readonly kind: 'mariadb' | 'mysql';
  /** MariaDB's script that fills a new data directory. */
  readonly installer: string | null;
}

type Identity = NonNullable<DatabaseOptions['runAs']>;
type Spawning = { readonly env: NodeJS.ProcessEnv; readonly cwd: string } & Partial<Identity>;

const run = promisify(execFile);
const STARTS_MAX = 3;
const START_MS_MAX = 60_000;
const STOP_MS_MAX = 10_000;

/** A data directory that is thrown away needs little memory, a small disk and no durability. */
const SMALL = [
  '--loose-performance-schema=OFF',
  '--loose-innodb-buffer-pool-size=8M',
  '--loose-innodb-log-file-size=4M',
  '--loose-innodb-flush-log-at-trx-commit=0',
  '--loose-innodb-use-native-aio=0',
  '--loose-aria-pagecache-buffer-size=1M',
  '--loose-mysqlx=OFF',
  '--skip-log-bin',
];

/** Finds a server program. Servers live in sbin, which is not on everybody's PATH. */
export function findServer(): ServerProgram | null {
  const mariadbd = findProgram('mariadbd');
  const installer = findProgram('mariadb-install-db') ?? findProgram('mysql_install_db');
  if (mariadbd !== null && installer !== null) return { path: mariadbd, kind: 'mariadb', installer };
  const mysqld = mariadbd === null ? findProgram('mysqld') : null;
  return mysqld === null ? null : { path: mysqld, kind: 'mysql', installer: null };
}

function findProgram(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/libexec'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

/** Fills `dir`, starts the server there and waits until the monitor's account can log in. */
export async function startServer(program: ServerProgram, options: DatabaseOptions): Promise<RunningDatabase> {
  const { dir } = options;
  const identity = process.getuid?.() === 0 ? (options.runAs ?? unprivileged()) : null;
  // A server that starts removes the temporary tables it finds, also those of another one in the same place.
  const as: Spawning = { env: { PATH: process.env['PATH'], LC_ALL: 'C', TMPDIR: dir }, cwd: dir, ...identity };
  const users = { monitor: newLogin('runbell'), app: newLogin('demo'), admin: newLogin('demo_admin') };
  const initFile = join(dir, 'init.sql');
  const data = join(dir, 'data');
  await mkdir(data, { mode: 0o700 });
  await give(identity, dir, data);
  await fillDataDirectory(program, data, as);
  await writeFile(initFile, initSql(program, users), { mode: 0o600, flag: 'wx' });
  await give(identity, initFile);
  const started = startOnFreePort(program, options, users.monitor, as).finally(() => rm(initFile));
  const { child, port, version, maxConnections } = await started;
  return {
    kind: program.kind,
    name: program.kind === 'mariadb' ? 'MariaDB' : 'MySQL',
    version,
    host: '127.0.0.1',
    port,
    maxConnections,
    users,
    pids: child.pid === undefined ? [] : [child.pid],
    dir,
    note: null,
    stop: () => stopProcess(child),
  };
}

async function give(identity: Identity | null, ...paths: readonly string[]): Promise<void> {
  if (identity === null) return;
  for (const path of paths) await lchown(path, identity.uid, identity.gid);
}

async function fillDataDirectory(program: ServerProgram, data: string, as: Spawning): Promise<void> {
  const common = ['--no-defaults', `--datadir=${data}`, ...SMALL];
  const byScript = [...common, '--auth-root-authentication-method=socket', '--skip-test-db', '--skip-name-resolve'];
  try {
    if (program.installer === null) await run(program.path, [...common, '--initialize-insecure'], as);
    else await run(program.installer, byScript, as);
  } catch (error) {
    throw new Error(`the data directory of ${program.path} could not be filled: ${lastLines(String(error))}`);
  }
}

async function startOnFreePort(program: ServerProgram, options: DatabaseOptions, monitor: Login, as: Spawning) {
  const logFile = join(options.dir, 'server.log');
  for (let starts = 1; ; starts += 1) {
    const port = await freePort();
    const child = spawnServer(program, options, port, logFile, as);
    const facts = await waitForLogin(child, port, monitor);
    if (facts !== null) return { child, port, ...facts };
    await stopProcess(child);
    const log = await readFile(logFile, 'utf8');
    // Somebody else may have taken the port in between; anything else stays as it is.
    if (starts >= STARTS_MAX || !/address already in use|bind on tcp/i.test(log)) {
      throw new Error(`${program.path} did not start: ${lastLines(log)}`);
    }
  }
}

function spawnServer(
  program: ServerProgram,
  options: DatabaseOptions,
  port: number,
  logFile: string,
  as: Spawning,
): ChildProcess {
  // The server's user owns the folder: a link that he puts there is not followed.
  const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;
  const log = openSync(logFile, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0o600);
  const settings = [
    '--no-defaults',
    `--datadir=${join(options.dir, 'data')}`,
    // Relative to the data directory: the full path of a socket may have only about 100 characters.
    '--socket=server.sock',
    '--pid-file=server.pid',
    `--init-file=${join(options.dir, 'init.sql')}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--skip-name-resolve',
    `--max-connections=${options.maxConnections}`,
    '--loose-innodb-fast-shutdown=2',
    ...SMALL,
    ...(options.serverArguments ?? []),
  ];
  // In a process group of its own, so that Ctrl-C reaches only us and things stop in our order.
  const child = spawn(program.path, settings, { ...as, detached: true, stdio: ['ignore', log, log] });
  child.on('error', () => undefined);
  closeSync(log);
  return child;
}

/**
 * What the server says of itself once the account can log in; null when the process ended or time is up. Servers do
 * not go below a limit of their own, such as 10.
 */
async function waitForLogin(child: ChildProcess, port: number, login: Login) {
  const untilMs = Date.now() + START_MS_MAX;
  while (child.pid !== undefined && child.exitCode === null && child.signalCode === null && Date.now() < untilMs) {
    try {
      const connection = await createConnection({ host: '127.0.0.1', port, connectTimeout: 2_000, ...login });
      const sql = 'SELECT VERSION(), @@global.max_connections';
      const [rows] = await connection.query<RowDataPacket[][]>({ sql, rowsAsArray: true });
      await connection.end();
      return { version: String(rows[0]?.[0]), maxConnections: Number(rows[0]?.[1]) };
    } catch {
      await sleep(50);
    }
  }
  return null;
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX);
  await ended;
  clearTimeout(force);
}

function initSql(program: ServerProgram, users: { monitor: Login; app: Login; admin: Login }): string {
  const create = ({ user, password }: Login) => `CREATE USER '${user}'@'%' IDENTIFIED BY '${password}';`;
  const statements = [
    ...Object.values(users).map(create),
    'CREATE DATABASE demo;',
    `GRANT PROCESS ON *.* TO '${users.monitor.user}'@'%';`,
    `GRANT ALL ON demo.* TO '${users.app.user}'@'%';`,
    `GRANT ALL ON *.* TO '${users.admin.user}'@'%' WITH GRANT OPTION;`,
    // MySQL makes its root without a password.
    ...(program.kind === 'mysql' ? ["ALTER USER 'root'@'localhost' ACCOUNT LOCK;"] : []),
  ];
  return `${statements.join('\n')}\n`;
}

function unprivileged(): Identity {
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find(([name]) => name === 'mysql');
  return entry === undefined ? { uid: 65534, gid: 65534 } : { uid: Number(entry[2]), gid: Number(entry[3]) };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-5).join(' | ').slice(-800);
}
