import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { writePrivate } from '../private-folder.ts';
import type { Owner } from './demo-application.ts';

const START_MS_MAX = 10_000;

export interface PhpFpm {
  /** What the service would be called: its configuration lies in a folder of that name. */
  readonly unit: string;
  readonly socket: string;
  readonly configFile: string;
  stop(): Promise<void>;
}

/** A php-fpm with a pool of its own for an application; as root its workers are the owner's. */
export async function startPhpFpm(options: { readonly dir: string; readonly owner: Owner }): Promise<PhpFpm> {
  const { dir, owner } = options;
  // One machine can have several of these at a time.
  const unit = `${basename(dir)}-fpm`;
  const folder = join(dir, unit);
  // Its owner only passes through it, to the socket.
  mkdirSync(folder, { mode: 0o711 });
  const [socket, configFile] = [join(folder, 'sdpos.sock'), join(folder, 'php-fpm.conf')];
  const isRoot = process.getuid?.() === 0;
  const lines = [
    '[global]',
    `error_log = ${join(folder, 'error.log')}`,
    'process_control_timeout = 10s',
    '[sdpos]',
    ...(isRoot ? [`user = ${owner.uid}`, `group = ${owner.gid}`, `listen.owner = ${owner.uid}`] : []),
    `listen = ${socket}`,
    'pm = static',
    'pm.max_children = 2',
    'catch_workers_output = yes',
    'php_admin_value[opcache.validate_timestamps] = 0',
  ];
  writePrivate(configFile, `${lines.join('\n')}\n`);
  const log = openSync(join(folder, 'output.log'), 'wx', 0o600);
  const program = join('/usr/sbin', readdirSync('/usr/sbin').findLast((name) => /^php-fpm[\d.]+$/.test(name)) ?? '');
  const child = spawn(program, ['--nodaemonize', '--fpm-config', configFile], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', RUNBELL_DIR: dir },
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'exit');
  const isOver = () => child.exitCode !== null || child.signalCode !== null;
  const untilMs = Date.now() + START_MS_MAX;
  while (!existsSync(socket)) {
    if (isOver() || Date.now() > untilMs) throw new Error(`${program} did not start, see ${folder}`);
    await wait(50);
  }
  const stop = async () => {
    if (isOver()) return;
    child.kill('SIGTERM');
    await ended;
  };
  return { unit, socket, configFile, stop };
}
