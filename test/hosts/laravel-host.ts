import { execFile } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { ApplicationConfig } from '../../functions/core/config/config.ts';
import { fillParameters } from '../../functions/core/runbook/fill-parameters.ts';
import type { RunningDatabase } from '../../local/database/new-login.ts';
import { openDatabase } from '../../local/database/open-database.ts';
import { type LaravelApplication, startLaravelApplication } from '../../local/demo/laravel-application.ts';
import { endProcessesOf } from '../../local/processes.ts';
import { asEnvironment, type Delivered, deliver, runbook } from '../runbooks/support/deliver.ts';

const run = promisify(execFile);
const LOOK_MS = 100;
const MAX_CONNECTIONS = 60;
const WORKERS = 4;
/** Four workers with a connection each, and some that come and go. */
const CALM_CONNECTIONS_MAX = 8;

export interface HostOptions {
  readonly maxConnections?: number;
  readonly node?: (dir: string) => string;
}

export interface Delivery {
  readonly runId?: string;
  readonly dryRun?: boolean;
  readonly person?: Readonly<Record<string, string>>;
  readonly application?: Partial<ApplicationConfig>;
  readonly environment?: Readonly<Record<string, string>>;
}

interface Listed {
  readonly name: string;
  readonly pm_id: number;
  readonly pid: number;
  readonly pm2_env: { readonly status: string; readonly restart_time: number; readonly args?: readonly string[] };
}

/** A machine as the runbooks meet it: MariaDB with a low limit, a Laravel application under PM2, php-fpm. */
export class LaravelHost {
  readonly dir: string;
  readonly database: RunningDatabase;
  readonly application: LaravelApplication;
  /** Held from before, so it goes on when the server refuses everybody. */
  readonly #connection: Connection;
  #runs = 0;

  private constructor(dir: string, database: RunningDatabase, application: LaravelApplication, connection: Connection) {
    this.dir = dir;
    this.database = database;
    this.application = application;
    this.#connection = connection;
  }

  static async up(options: HostOptions = {}): Promise<LaravelHost> {
    const dir = mkdtempSync(join(tmpdir(), 'runbell-host-'));
    chmodSync(dir, 0o755);
    try {
      const databaseDir = join(dir, 'database');
      mkdirSync(databaseDir);
      const maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
      const database = await openDatabase({ engine: 'server', maxConnections, dir: databaseDir });
      const node = options.node === undefined ? {} : { node: options.node(dir) };
      const application = await startLaravelApplication({ dir, database, batchJobs: 30, jobMs: 20, ...node });
      const { host, port, users } = database;
      const connection = await createConnection({ host, port, ...(users.admin ?? users.app), database: 'demo' });
      return new LaravelHost(dir, database, application, connection);
    } catch (error) {
      await clearAway(dir);
      throw error;
    }
  }

  async down(): Promise<void> {
    this.#connection.destroy();
    await this.application.stop();
    await this.database.stop();
    await clearAway(this.dir);
  }

  /** Leaves everything running for whoever takes it down by its directory. */
  leave(): void {
    this.#connection.destroy();
  }

  async query(sql: string): Promise<readonly RowDataPacket[]> {
    return (await this.#connection.query<RowDataPacket[]>(sql))[0];
  }

  /** Sessions of the application's own login. */
  async connections(): Promise<number> {
    const { user } = this.database.users.app;
    const [row] = await this.query(`SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user = '${user}'`);
    return Number(row?.['n']);
  }

  async list(): Promise<readonly Listed[]> {
    return JSON.parse(await this.application.pm2('jlist'));
  }

  async pidsOf(name: string): Promise<readonly number[]> {
    return (await this.list()).filter((one) => one.name === name).map((one) => one.pid);
  }

  async ran(kind: string): Promise<{ readonly begun: number; readonly ended: number }> {
    const [row] = await this.query(
      `SELECT COUNT(*) AS begun, COALESCE(SUM(ended), 0) AS ended FROM ran WHERE kind = '${kind}'`,
    );
    return { begun: Number(row?.['begun']), ended: Number(row?.['ended']) };
  }

  async until(what: string, look: () => Promise<boolean>, msMax = 90_000): Promise<void> {
    const untilMs = Date.now() + msMax;
    while (!(await look())) {
      if (Date.now() > untilMs) throw new Error(`waited ${msMax} ms in vain: ${what}`);
      await wait(LOOK_MS);
    }
  }

  /** As it was when it came up, whatever a test has left: no jobs, no forgotten sessions, all workers at work. */
  async calm(): Promise<void> {
    for (const table of ['jobs', 'ran', 'failed_jobs']) await this.query(`TRUNCATE ${table}`);
    if ((await this.connections()) > CALM_CONNECTIONS_MAX) await this.#endSessions();
    await this.until('all workers are at work', async () => {
      const [list, connections] = [await this.list(), await this.connections()];
      const isOnline = list.length > 0 && list.every((one) => one.pm2_env.status === 'online');
      return isOnline && connections >= WORKERS && connections <= CALM_CONNECTIONS_MAX;
    });
  }

  /** Workers whose connection is gone leave, and PM2 starts the next. */
  async #endSessions(): Promise<void> {
    const { user } = this.database.users.app;
    const rows = await this.query(`SELECT id FROM information_schema.processlist WHERE user = '${user}'`);
    for (const { id } of rows) await this.query(`KILL ${Number(id)}`).catch(() => []);
  }

  /** What the application says of itself through php-fpm, or the failure. */
  health(): Promise<string> {
    return this.web('/health');
  }

  async web(path: string): Promise<string> {
    const [program = '', ...words] = this.application.healthCommand.split(' ');
    // The program ends with a failure for every answer that does not say "healthy".
    const { stdout } = await run(program, [...words, path]).catch((error: { stdout?: string }) => ({
      stdout: error.stdout ?? '',
    }));
    return stdout.trim();
  }

  /** The application as somebody would configure it. */
  configured(): ApplicationConfig {
    const { application, database } = this;
    return {
      id: application.name,
      kind: 'laravel',
      targets: ['shop-db'],
      hosts: [],
      directory: application.directory,
      user: application.user,
      pm2: { home: application.pm2Home, processes: [...application.processes], cli: application.pm2Cli },
      databaseUsers: [database.users.app.user],
      phpFpmUnit: application.phpFpmUnit,
      healthCommand: application.healthCommand,
      ecosystemFile: application.ecosystemFile,
    };
  }

  /** Runs the very text of a runbook as the agent would. Every delivery is a run of its own unless it names one. */
  async run(id: string, delivery: Delivery = {}): Promise<Delivered> {
    const { manifest, script } = runbook(id);
    this.#runs += 1;
    const target = {
      id: 'shop-db',
      host: this.database.host,
      port: this.database.port,
      user: 'runbell',
      credential: { kind: 'environment', variable: 'DB_PASSWORD' },
      tls: 'off',
    } as const;
    const filled = fillParameters(manifest, {
      application: { ...this.configured(), ...delivery.application },
      targets: [target],
      runId: delivery.runId ?? `run-${this.#runs}`,
      dryRun: delivery.dryRun ?? false,
      person: delivery.person ?? {},
    });
    if (filled.kind === 'invalid') throw new Error(filled.problems.join('; '));
    return deliver(this.dir, script, { ...asEnvironment(filled.parameters), ...delivery.environment });
  }

  /** What a script wrote down for whoever looks closer. */
  details(): string {
    const folder = join(this.dir, 'state', 'details');
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
  }

  /** Files of the application that do not belong to its user: there must never be any. */
  strangers(): readonly string[] {
    const { owner, directory, home } = this.application;
    return [directory, home].flatMap((folder) => filesNotOf(owner.uid, folder));
  }
}

function filesNotOf(uid: number, folder: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return [folder, ...names.map((name) => join(folder, name))].filter(
    (path) => (lstatSync(path, { throwIfNoEntry: false })?.uid ?? uid) !== uid,
  );
}

/** Ends every process that was started for it and removes it. */
export async function clearAway(dir: string): Promise<void> {
  await endProcessesOf(dir);
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
}
