import { execFile, execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type ReadableTools, readableTools } from '../../../local/demo/readable-tools.ts';

const run = promisify(execFile);

/** Goes on for ever, as a worker does. */
export const STEADY = 'setInterval(() => {}, 1000);';

interface Listed {
  readonly name: string;
  readonly pm_id: number;
  readonly pid: number;
  readonly pm2_env: { readonly status: string; readonly restart_time: number };
}

/** A PM2 home with real daemons, owned by an unprivileged user when the tests run as root. */
export class Pm2Host {
  readonly dir = mkdtempSync(join(tmpdir(), 'runbell-pm2-'));
  readonly home = join(this.dir, 'home', '.pm2');
  readonly user: string;
  readonly tools: ReadableTools;
  readonly #identity: { readonly uid?: number; readonly gid?: number };

  /** `ownNode`: Node under a path of its own, with PM2 beside it as nvm lays them out. */
  constructor(options: { readonly ownNode?: boolean; readonly asRoot?: boolean } = {}) {
    const isRoot = process.getuid?.() === 0;
    this.user = isRoot && options.asRoot !== true ? 'nobody' : userInfo().username;
    const idOf = (what: string) => Number(execFileSync('id', [what, this.user], { encoding: 'utf8' }));
    const identity = { uid: idOf('-u'), gid: idOf('-g') };
    this.#identity = isRoot ? identity : {};
    chmodSync(this.dir, 0o755);
    mkdirSync(join(this.dir, 'home'));
    if (isRoot) chownSync(join(this.dir, 'home'), identity.uid, identity.gid);
    const tools = readableTools({ dir: this.dir, uid: identity.uid, packages: ['pm2'] });
    this.tools = options.ownNode === true ? this.#nvmLike(tools) : tools;
  }

  #nvmLike(tools: ReadableTools): ReadableTools {
    for (const folder of ['nvm', 'nvm/bin', 'nvm/lib', 'nvm/lib/node_modules']) mkdirSync(join(this.dir, folder));
    symlinkSync(join(tools.nodeModules, 'pm2'), join(this.dir, 'nvm/lib/node_modules/pm2'));
    const node = join(this.dir, 'nvm/bin/node');
    this.putNode(node);
    return { node, pm2Cli: tools.pm2Cli, nodeModules: '/absent' };
  }

  /** A second name for Node: it can be removed without harm. */
  putNode(path: string): void {
    try {
      linkSync(process.execPath, path);
    } catch {
      copyFileSync(process.execPath, path);
    }
  }

  /** Writes the program of a process; a restart picks the new text up. */
  write(name: string, code: string): string {
    const file = join(this.dir, `${name}.cjs`);
    writeFileSync(file, code, { mode: 0o644 });
    return file;
  }

  async start(name: string, code: string, ...options: string[]): Promise<void> {
    await this.pm2('-s', 'start', this.write(name, code), '--name', name, ...options);
  }

  pm2(...args: string[]): Promise<string> {
    return this.runAsUser(this.tools.pm2Cli, ...args);
  }

  /** Runs Node as the owner of the daemon. */
  async runAsUser(...args: string[]): Promise<string> {
    const environment = {
      HOME: join(this.dir, 'home'),
      PM2_HOME: this.home,
      PATH: `${join(this.tools.nodeModules, '.bin')}:/usr/bin:/bin`,
    };
    const options = { ...this.#identity, env: environment, cwd: '/', maxBuffer: 1 << 26 };
    return (await run(this.tools.node, args, options)).stdout;
  }

  async list(): Promise<readonly Listed[]> {
    return JSON.parse(await this.pm2('-s', 'jlist'));
  }

  async pidOf(name: string): Promise<number> {
    return (await this.list()).find((one) => one.name === name)?.pid ?? 0;
  }

  /** Puts a socket in the place of the daemon's that takes connections and never answers. */
  async silenceDaemon(): Promise<void> {
    const socket = join(this.home, 'rpc.sock');
    const before = statSync(socket).ino;
    // It is listening before it gets the name, so there is always a socket of that name.
    const program = `require('net').createServer(() => {}).listen(${JSON.stringify(`${socket}2`)}, () =>
      require('fs').renameSync(${JSON.stringify(`${socket}2`)}, ${JSON.stringify(socket)}));`;
    await this.start('silence', program);
    while (statSync(socket).ino === before) await pause(20);
  }

  daemonPid(): number {
    return Number(readFileSync(join(this.home, 'pm2.pid'), 'utf8'));
  }

  /** Every process that was started with this PM2 home, daemons and workers alike. */
  pids(): readonly number[] {
    return readdirSync('/proc')
      .filter((entry) => /^\d+$/.test(entry) && this.#isOurs(entry))
      .map(Number);
  }

  #isOurs(pid: string): boolean {
    try {
      const isZombie = / [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, ''));
      return !isZombie && readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(`PM2_HOME=${this.home}`);
    } catch {
      return false;
    }
  }

  async close(): Promise<void> {
    // A daemon may start workers while it is looked for, so look until nothing is left.
    for (let tries = 0; tries < 50 && this.pids().length > 0; tries += 1) {
      for (const pid of this.pids()) killIfThere(pid);
      await pause(20);
    }
    if (existsSync(this.dir)) rmSync(this.dir, { recursive: true, force: true });
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended by itself meanwhile.
  }
}
