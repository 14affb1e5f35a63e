import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  lchownSync,
  linkSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readableTools } from '../../local/demo/readable-tools.ts';
import { SOON } from '../support/soon.ts';
import type { HostileHost } from './hostile/host.ts';
import { problemsOf, STATE_BYTES_MAX } from './hostile/judge.ts';
import { onHostile } from './hostile/on-hostile.ts';
import { SECRET } from './hostile/place.ts';
import { bytesOf } from './hostile/trees.ts';

/** More of them where tests may take long. */
const ROUNDS = Number(process.env['RUNBELL_RACE_ROUNDS'] ?? 3);
const MS_MAX = 300_000;

/** What an attacker has at hand for a place in his tree; each is put beside it as NAME.0, NAME.1, … */
const PLACES: readonly (readonly [string, readonly ((host: HostileHost, path: string) => void)[]])[] = [
  ['home/app', [linkTo('etc')]],
  ['home/app/config', [linkTo('etc'), linkTo('etc/shadow'), fifo]],
  ['home/app/config/database.php', [linkTo('etc/database.php'), fifo, linkTo('../../../../etc')]],
  ['home/app/.env', [linkTo('etc/shadow'), fifo, huge, linkTo('/dev/zero'), rootsOwn]],
  ['home/app/.runbell-staged', [linkTo('etc'), linkTo('etc/cron.d')]],
];

function linkTo(target: string) {
  return (host: HostileHost, path: string) =>
    symlinkSync(target.startsWith('/') ? target : join(host.dir, target), path);
}

function fifo(_: HostileHost, path: string): void {
  execFileSync('mkfifo', [path]);
}

/** Small for whoever asks how much it takes, and without an end for whoever reads it. */
function huge(_: HostileHost, path: string): void {
  writeFileSync(path, 'A=1\n');
  truncateSync(path, 2 ** 40);
}

/** A second name for a file of root's, as old kernels let a user make one. */
function rootsOwn(host: HostileHost, path: string): void {
  linkSync(join(host.etc, 'shadow'), path);
}

function swapper(host: HostileHost, place: string): ChildProcess {
  const { uid, gid } = host.owner;
  const { node } = readableTools({ dir: host.dir, uid, packages: [] });
  const program = host.put('attacker/swap.mjs', readFileSync(join(import.meta.dirname, 'hostile', 'swap.mjs')));
  const words = [program, join(host.dir, place), join(host.attacker, 'swaps')];
  return spawn(node, words, { uid, gid, stdio: 'ignore', env: {} });
}

const swaps = (host: HostileHost) => {
  const file = join(host.attacker, 'swaps');
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0;
};

describe.runIf(process.getuid?.() === 0).concurrent('an attacker who swaps what is read and written', () => {
  it.each(PLACES)(
    'gets nothing of root’s by %s, and root writes nothing there',
    (place, others) =>
      onHostile('rollback-config', { kind: 'node' }, async (host) => {
        const { uid, gid } = host.owner;
        mkdirSync(join(host.etc, 'config'));
        for (const file of ['.env', 'settings.json', 'ecosystem.config.js', 'database.php', 'config/database.php']) {
          writeFileSync(join(host.etc, file), SECRET, { mode: 0o600 });
        }
        host.remember();
        for (const [at, make] of others.entries()) {
          const path = join(host.dir, `${place}.${at}`);
          make(host, path);
          if (make !== rootsOwn) lchownSync(path, uid, gid);
        }
        const attacker = swapper(host, place);
        await vi.waitFor(() => expect(swaps(host)).toBeGreaterThan(0), SOON);
        const before = swaps(host);
        let peak = 0;
        const watch = setInterval(() => {
          peak = Math.max(peak, bytesOf(join(host.dir, 'state')));
        }, 50);
        for (let round = 0; round < ROUNDS; round += 1) {
          host.byUser(`printf '{"pool": %s}\n' ${round} >'${host.app}/settings.json' || :`);
          for (const id of ['snapshot-config', 'diff-config', ...(round % 4 === 0 ? ['rollback-config'] : [])]) {
            const ran = await host.run(id);
            expect(problemsOf(host, ran), `${id}: ${ran.stdout}`).toEqual([]);
          }
        }
        clearInterval(watch);
        attacker.kill('SIGKILL');
        expect(swaps(host)).toBeGreaterThan(before);
        expect(peak).toBeLessThan(STATE_BYTES_MAX);
      }),
    MS_MAX,
  );
});
