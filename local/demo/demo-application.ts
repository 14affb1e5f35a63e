import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import type { RunningDatabase } from '../database/new-login.ts';
import { writePrivate } from '../private-folder.ts';
import { readableTools } from './readable-tools.ts';

const run = promisify(execFile);

const PM2_MS_MAX = 30_000;
const PROCESSES = ['shop-queue', 'shop-web'];
const LEAKING_PROCESS = 'shop-queue';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
}

/** Started as root, an application belongs to nobody: PM2 must never run as root. */
export function demoOwner(): Owner {
  if (process.getuid?.() === 0) return { uid: 65_534, gid: 65_534, name: 'nobody' };
  const { uid, gid, username } = userInfo();
  return { uid, gid, name: username };
}

/** A small application under a PM2 daemon of its own. */
export interface DemoApplication {
  readonly kind: 'node' | 'laravel';
  readonly name: string;
  readonly processes: readonly string[];
  readonly phpFpmUnit?: string;
  readonly healthCommand?: string;
  readonly ecosystemFile?: string;
  readonly user: string;
  readonly directory: string;
  readonly pm2Home: string;
  readonly pm2Cli: string;
  /** Gives the queue worker a batch of jobs that forget their connections. */
  leak(): Promise<void>;
  /** Somebody starts its processes by hand, after they and their daemon are gone. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface DemoOptions {
  readonly dir: string;
  readonly database: RunningDatabase;
  /** How many connections a batch forgets, one every so often. */
  readonly batchJobs: number;
  readonly jobMs: number;
}

export async function startDemoApplication(options: DemoOptions): Promise<DemoApplication> {
  const owner = demoOwner();
  const directory = join(options.dir, 'shop');
  const pm2Home = join(directory, '.pm2');
  for (const folder of [directory, pm2Home]) mkdirSync(folder, { mode: 0o700 });
  const script = join(directory, 'worker.cjs');
  const [tools] = await Promise.all([
    readableTools({ dir: options.dir, uid: owner.uid, packages: ['pm2'] }),
    bundleWorker(script),
  ]);
  const ecosystem = join(directory, 'ecosystem.config.json');
  writePrivate(ecosystem, JSON.stringify({ apps: PROCESSES.map((name) => appOf(name, script, options)) }));
  // The outer one last: what is written as root is written where nobody else can put anything.
  for (const path of [ecosystem, script, pm2Home, directory]) chownSync(path, owner.uid, owner.gid);

  const identity = process.getuid?.() === 0 ? { uid: owner.uid, gid: owner.gid } : {};
  const env = { HOME: directory, PM2_HOME: pm2Home, PATH: `${join(tools.node, '..')}:/usr/bin:/bin`, LC_ALL: 'C' };
  const pm2 = (...args: string[]) =>
    run(tools.node, [tools.pm2Cli, '-s', ...args], { ...identity, cwd: directory, env, timeout: PM2_MS_MAX });
  await pm2('start', ecosystem);
  return {
    kind: 'node',
    name: 'shop',
    processes: PROCESSES,
    user: owner.name,
    directory,
    pm2Home,
    pm2Cli: tools.pm2Cli,
    leak: async () => void (await pm2('sendSignal', 'SIGUSR2', LEAKING_PROCESS)),
    start: async () => void (await pm2('start', ecosystem)),
    stop: async () => void (await pm2('kill')),
  };
}

/** One file, so that the user it runs as needs to read nothing else. */
async function bundleWorker(outfile: string): Promise<void> {
  const entry = join(import.meta.dirname, 'leaky-worker.ts');
  await build({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    logLevel: 'error',
  });
  chmodSync(outfile, 0o600);
}

function appOf(name: string, script: string, { database, batchJobs, jobMs }: DemoOptions) {
  return {
    name,
    script,
    instances: 1,
    exec_mode: 'fork',
    kill_timeout: 3000,
    env: {
      DEMO_DB_HOST: database.host,
      DEMO_DB_PORT: String(database.port),
      DEMO_DB_USER: database.users.app.user,
      DEMO_DB_PASSWORD: database.users.app.password,
      DEMO_BATCH_JOBS: String(batchJobs),
      DEMO_JOB_MS: String(jobMs),
    },
  };
}
