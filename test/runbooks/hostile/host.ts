import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, copyFileSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ApplicationConfig, TargetConfig } from '../../../functions/core/config/config.ts';
import { fillParameters } from '../../../functions/core/runbook/fill-parameters.ts';
import { endProcessesOf } from '../../../local/processes.ts';
import { asEnvironment, type Delivered, deliver, runbook } from '../support/deliver.ts';
import type { Payload } from './payloads.ts';
import { Place } from './place.ts';
import { plain, plantApplication, plantPrograms } from './plant.ts';
import { forgetReads, lookOf } from './trees.ts';

/** How the attacker's programs answer; `first`: lies, then what the program itself says. */
export type Mode = 'honest' | 'text' | 'first' | 'huge' | 'endless' | 'holder' | 'silent' | 'cut';
/** Which of them do: those that speak for the application, those with names of the system's, or one program or question. */
export type Liars = 'own' | 'system' | 'all' | (string & {});

export interface HostileWanted {
  readonly kind: ApplicationConfig['kind'];
  readonly payload?: Payload;
  /** Which of all that can be said where a script takes one value. */
  readonly nth?: number;
  readonly mode?: Mode;
  readonly liars?: Liars;
  readonly application?: Partial<ApplicationConfig>;
}

export interface Ran extends Delivered {
  readonly ms: number;
  readonly limitMs: number;
}

export interface Mark {
  readonly name: string;
  readonly uid: number;
  readonly text: string;
}

/** A machine whose application's user is the attacker: every program, file name, title and answer of his is a lie. */
export class HostileHost extends Place {
  readonly wanted: HostileWanted;
  /** What whoever started the tests has left open in every process. */
  readonly inherited = openEverywhere();
  /** How root's own files were when they were as they should be. */
  etcBefore = '';
  readonly #unit = basename(this.dir);
  /** The PM2 daemon that there is. */
  readonly daemons: ChildProcess[] = [];
  #socket: Server | undefined;
  #runs = 0;
  readonly #sessions = new Set<number>();

  private constructor(wanted: HostileWanted) {
    super();
    this.wanted = wanted;
  }

  static async up(wanted: HostileWanted): Promise<HostileHost> {
    const host = new HostileHost(wanted);
    const texts = wanted.payload?.texts(host.command) ?? [];
    plantPrograms(host, texts, wanted.nth ?? 0);
    plantApplication(host, texts, host.command);
    host.behave('honest', 'all');
    host.remember();
    await host.#start(plain(texts[0]));
    return host;
  }

  /** Makes a file that belongs to whoever runs it. */
  get command(): string {
    return `mktemp ${this.canaries}/evaluated.XXXXXX`;
  }

  behave(mode: Mode, liars: Liars): void {
    this.put('attacker/mode', `${mode} ${liars}\n`);
  }

  remember(): void {
    forgetReads(this.etc);
    this.etcBefore = lookOf(this.etc);
  }

  /** A PM2 daemon, a php-fpm master and an orphan, in title and environment. */
  async #start(text: string): Promise<void> {
    this.#socket = createServer().listen(join(this.folder('home/.pm2'), 'rpc.sock'));
    await once(this.#socket, 'listening');
    chownSync(join(this.pm2Home, 'rpc.sock'), this.owner.uid, this.owner.gid);
    const path = `${this.attacker}/bin:/usr/bin:/bin`;
    const idle = 'while :; do /bin/sleep 60; done';
    const master = `pool() { (exec -a "php-fpm: pool $POOL" sleep 600) & its=$!; }
      trap 'kill $its; pool' USR2; pool; while :; do wait; done`;
    const title = `php-fpm: master process (${this.dir}/${this.#unit}/fpm.conf)`;
    const daemon = await this.process('node', `PM2 v6.0.8: God Daemon (${this.pm2Home})`, idle, { PATH: path });
    this.daemons.push(daemon);
    await this.process('php-fpm', title, master, { POOL: text });
    await this.process('orphan', text, idle, { pm_id: '7', name: text });
  }

  /** A process of the attacker's whose program is then replaced: what its daemon was started with is gone. */
  async process(
    program: string,
    title: string,
    text: string,
    env: Readonly<Record<string, string>>,
    folder = 'attacker/bin',
  ): Promise<ChildProcess> {
    const file = join(this.folder(folder), program);
    rmSync(file, { force: true });
    copyFileSync('/bin/bash', file);
    chmodSync(file, 0o755);
    const { uid, gid } = this.owner;
    const environment = { PATH: '/usr/bin:/bin', PM2_HOME: this.pm2Home, ...env };
    const child = spawn(file, ['-c', text], { argv0: title, cwd: '/', stdio: 'ignore', uid, gid, env: environment });
    await once(child, 'spawn');
    rmSync(file);
    this.link(`${folder}/${program}`, '../plant.sh');
    return child;
  }

  configured(): ApplicationConfig {
    const program = (name: string) => join(this.attacker, 'bin', name);
    return {
      id: 'shop',
      kind: this.wanted.kind,
      targets: ['shop-db'],
      hosts: [],
      directory: this.app,
      user: this.owner.name,
      pm2: { home: this.pm2Home, processes: ['worker'] },
      databaseUsers: ['demo'],
      php: program('php'),
      configFiles: ['.env', 'config/database.php', 'settings.json', 'ecosystem.config.js'],
      ecosystemFile: join(this.app, 'ecosystem.config.js'),
      phpFpmUnit: this.#unit,
      healthCommand: program('health'),
      cacheCommands: { pages: program('clear-pages') },
      ...this.wanted.application,
    };
  }

  /** What a person chooses: little time to wait, and a cache that there is. */
  #person(id: string): Record<string, string> {
    const choices = { DrainSeconds: '2', What: this.wanted.kind === 'node' ? 'pages' : 'config' };
    const names = runbook(id)
      .manifest.parameters.filter(({ from }) => from === 'person')
      .map(({ name }) => name);
    return Object.fromEntries(Object.entries(choices).filter(([name]) => names.includes(name)));
  }

  /** Delivers a runbook, with `seconds` instead of its own limit, and ends what is still there when that is over. */
  async run(id: string, seconds?: number, environment: Readonly<Record<string, string>> = {}): Promise<Ran> {
    const { manifest, script } = runbook(id);
    this.#runs += 1;
    const filled = fillParameters(manifest, {
      application: this.configured(),
      targets: [DATABASE],
      runId: `run-${this.#runs}`,
      dryRun: false,
      person: this.#person(id),
    });
    if (filled.kind === 'invalid') throw new Error(filled.problems.join('; '));
    const limit = seconds ?? manifest.timeoutSeconds;
    const text = script.replace(/(RUNBELL_TIMEOUT_SECONDS)=\d+/, `$1=${limit}`);
    const startedMs = performance.now();
    const timer = setTimeout(() => this.#cutOff(), limit * 1000);
    const parameters = { ...asEnvironment(filled.parameters), ...environment };
    const done = await deliver(this.dir, text, parameters, (session) => this.#sessions.add(session));
    clearTimeout(timer);
    const ms = performance.now() - startedMs;
    // What was told to end needs a moment for it.
    for (let tries = 0; tries < 100 && this.rootsProcesses().length > 0; tries += 1) await pause(50);
    return { ...done, ms, limitMs: limit * 1000 };
  }

  /** As the agent does: the whole session of the script. */
  #cutOff(): void {
    for (const pid of this.#ofSessions()) process.kill(pid, 'SIGKILL');
  }

  #ofSessions(): readonly number[] {
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    return pids.map(Number).filter((pid) => this.#sessions.has(sessionOf(pid)));
  }

  /** Command lines of what root has begun for a run. */
  rootsProcesses(): readonly string[] {
    return this.#ofSessions().flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
        // One that has ended has no words any more.
        return statSync(`/proc/${pid}`).uid === 0 && words !== '' ? [words] : [];
      } catch {
        return [];
      }
    });
  }

  marks(): readonly Mark[] {
    return readdirSync(this.canaries).map((name) => {
      const file = join(this.canaries, name);
      return { name, uid: statSync(file).uid, text: readFileSync(file, 'utf8') };
    });
  }

  forget(): void {
    for (const { name } of this.marks()) rmSync(join(this.canaries, name));
  }

  async close(): Promise<void> {
    this.#socket?.close();
    await endProcessesOf(this.dir);
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const DATABASE: TargetConfig = {
  id: 'shop-db',
  host: '127.0.0.1',
  port: 3306,
  user: 'runbell',
  credential: { kind: 'environment', variable: 'DB_PASSWORD' },
  tls: 'off',
};

function openEverywhere(): ReadonlySet<string> {
  const words = ['-c', 'find /proc/self/fd -mindepth 1 -printf "%l\\n"'];
  return new Set(execFileSync('/bin/sh', words, { encoding: 'utf8' }).split('\n'));
}

/** Its session, or what no session is. */
function sessionOf(pid: number): number {
  try {
    return Number(
      readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')[3],
    );
  } catch {
    return -pid;
  }
}
