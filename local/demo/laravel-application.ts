import { execFile } from 'node:child_process';
import { chmodSync, chownSync, cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import type { RunningDatabase } from '../database/new-login.ts';
import { writePrivate } from '../private-folder.ts';
import { type DemoApplication, demoOwner, type Owner } from './demo-application.ts';
import { startPhpFpm } from './php-fpm.ts';
import { readableTools } from './readable-tools.ts';

const run = promisify(execFile);
const COMMAND_MS_MAX = 30_000;
const TEMPLATE = join(import.meta.dirname, 'laravel');
const FRAMEWORK = '/usr/share/php/Illuminate/autoload.php';
const WRITABLE = [
  'bootstrap/cache',
  'resources/views',
  'storage/framework/cache/data',
  'storage/framework/views',
  'storage/logs',
];

const TABLES = [
  `CREATE TABLE jobs (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, queue VARCHAR(64) NOT NULL, payload LONGTEXT NOT NULL,
    attempts TINYINT UNSIGNED NOT NULL, reserved_at INT UNSIGNED, available_at INT UNSIGNED NOT NULL,
    created_at INT UNSIGNED NOT NULL, KEY (queue))`,
  `CREATE TABLE failed_jobs (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, uuid VARCHAR(64), connection TEXT, queue TEXT,
    payload LONGTEXT, exception LONGTEXT, failed_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP)`,
  'CREATE TABLE cache (`key` VARCHAR(190) PRIMARY KEY, value MEDIUMTEXT NOT NULL, expiration INT NOT NULL)',
  'CREATE TABLE ran (id INT AUTO_INCREMENT PRIMARY KEY, kind VARCHAR(16), pid INT, ended TINYINT)',
];

/** A Laravel application under a PM2 daemon of its own: four queue workers, a scheduler, and php-fpm for the web. */
export interface LaravelApplication extends DemoApplication {
  readonly owner: Owner;
  /** HOME of its user. */
  readonly home: string;
  readonly phpFpmUnit: string;
  readonly healthCommand: string;
  readonly ecosystemFile: string;
  artisan(...args: string[]): Promise<string>;
  pm2(...args: string[]): Promise<string>;
}

export interface LaravelOptions {
  readonly dir: string;
  readonly database: RunningDatabase;
  readonly batchJobs: number;
  readonly jobMs: number;
  /** Node under a path of its own, as nvm has it. Default: this one. */
  readonly node?: string;
}

/** Why it cannot run here, or null. */
export function whyNoLaravel(): string | null {
  const missing = [
    ...(existsSync('/usr/bin/php') ? [] : ['php-cli', 'php-mysql']),
    ...(existsSync(FRAMEWORK) ? [] : ['php-laravel-framework']),
    ...(existsSync('/usr/bin/cgi-fcgi') ? [] : ['libfcgi-bin']),
    ...(readdirSync('/usr/sbin').some((name) => /^php-fpm[\d.]+$/.test(name)) ? [] : ['php-fpm']),
  ];
  return missing.length === 0 ? null : `the Laravel application needs ${missing.join(', ')} (npm run setup:test)`;
}

export async function startLaravelApplication(options: LaravelOptions): Promise<LaravelApplication> {
  const why = whyNoLaravel() ?? (options.database.kind === 'embedded' ? 'it needs a real database server' : null);
  if (why !== null) throw new Error(why);
  const owner = demoOwner();
  const home = join(options.dir, 'home');
  const directory = join(options.dir, 'sdpos');
  const pm2Home = join(home, '.pm2');
  copyApplication(directory, options.database);
  mkdirSync(pm2Home, { recursive: true, mode: 0o700 });
  giveTo(owner, home);
  giveTo(owner, directory);
  await makeTables(options.database);
  const tools = readableTools({ dir: options.dir, uid: owner.uid, packages: ['pm2'] });
  const node = options.node ?? tools.node;
  const identity = process.getuid?.() === 0 ? { uid: owner.uid, gid: owner.gid } : {};
  const env = { HOME: home, PM2_HOME: pm2Home, PATH: `${join(node, '..')}:/usr/bin:/bin`, LC_ALL: 'C' };
  const asOwner = async (program: string, ...args: string[]) =>
    (await run(program, args, { ...identity, cwd: directory, env, timeout: COMMAND_MS_MAX, maxBuffer: 1 << 26 }))
      .stdout;
  const artisan = (...args: string[]) => asOwner('/usr/bin/php', 'artisan', ...args);
  const pm2 = (...args: string[]) => asOwner(node, tools.pm2Cli, '-s', ...args);

  const ecosystemFile = join(directory, 'ecosystem.config.js');
  const web = await startPhpFpm({ dir: options.dir, owner });
  try {
    await pm2('start', ecosystemFile);
  } catch (error) {
    await web.stop();
    throw error;
  }
  return {
    kind: 'laravel',
    name: 'sdpos',
    processes: ['sdpos-queue', 'sdpos-scheduler'],
    user: owner.name,
    owner,
    home,
    directory,
    pm2Home,
    pm2Cli: tools.pm2Cli,
    phpFpmUnit: web.unit,
    healthCommand: `${join(directory, 'bin', 'health')} ${web.socket}`,
    ecosystemFile,
    artisan,
    pm2,
    leak: async () =>
      void (await artisan('demo:dispatch', 'leaky', String(options.batchJobs), String(options.jobMs / 1000))),
    start: async () => void (await pm2('start', ecosystemFile)),
    stop: async () => {
      await pm2('kill').catch(() => undefined);
      await web.stop();
    },
  };
}

function copyApplication(directory: string, { host, port, users }: RunningDatabase): void {
  // Before anything is in it, and given away when all of it is.
  mkdirSync(directory, { mode: 0o700 });
  cpSync(TEMPLATE, directory, { recursive: true });
  for (const folder of WRITABLE) mkdirSync(join(directory, folder), { recursive: true });
  const settings = {
    APP_ENV: 'production',
    QUEUE_CONNECTION: 'database',
    CACHE_DRIVER: 'file',
    DB_HOST: host,
    DB_PORT: port,
    DB_DATABASE: 'demo',
    DB_USERNAME: users.app.user,
    DB_PASSWORD: users.app.password,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writePrivate(join(directory, '.env'), lines.join(''));
}

/** From the inside out, so that what is still ours lies where its later owner can put nothing. */
function giveTo(owner: Owner, folder: string): void {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name));
  for (const path of [...paths.sort().reverse(), folder]) {
    if (statSync(path).isDirectory()) chmodSync(path, 0o700);
    chownSync(path, owner.uid, owner.gid);
  }
}

async function makeTables({ host, port, users }: RunningDatabase): Promise<void> {
  const connection = await createConnection({ host, port, ...users.app, database: 'demo' });
  for (const table of TABLES) await connection.query(table);
  await connection.end();
}
