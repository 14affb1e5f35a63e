// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of bash
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigHost } from './support/config-host.ts';
import { type Delivered, deliver } from './support/deliver.ts';
import { SMALL_PARAMETERS, smallScript } from './support/small-runbook.ts';

const isRoot = process.getuid?.() === 0;
let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'runbell-reach-'));
  chmodSync(root, 0o755);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const NODE = execFileSync('sh', ['-c', 'command -v node'], { encoding: 'utf8' }).trim();

/** Runs a configured cache command of a Node application, after its health command. */
function clear(host: ConfigHost, programs: { readonly cache: string; readonly health?: string }, state?: string) {
  const { cache, health } = programs;
  return host.run('clear-caches', {
    application: {
      cacheCommands: { pages: cache },
      configFiles: ['.env'],
      ...(health === undefined ? {} : { healthCommand: health }),
    },
    person: { What: 'pages' },
    ...(state === undefined ? {} : { environment: { RUNBELL_STATE_DIR: state } }),
  });
}

/** What was kept of the only run on a host. */
function detailsOf(dir: string): string {
  const folder = join(dir, 'state', 'details');
  const [name = ''] = readdirSync(folder);
  return readFileSync(join(folder, name), 'utf8');
}

/** What lies in a folder and belongs to root; links are not followed. */
function ownedByRoot(folder: string): readonly string[] {
  const found = execFileSync('find', [folder, '-mindepth', '1', '-uid', '0', '-printf', '%P\\n'], { encoding: 'utf8' });
  return found.split('\n').filter((name) => name !== '');
}

describe.runIf(isRoot).concurrent('root on a host whose user plants links', () => {
  it('goes into no folder that the user has put in the place of his own', async () => {
    const host = new ConfigHost(root);
    const hidden = join(host.dir, 'hidden');
    mkdirSync(join(hidden, 'inner'), { recursive: true });
    writeFileSync(join(hidden, 'inner', 'notes'), 'test-secret', { mode: 0o644 });
    chmodSync(join(hidden, 'inner'), 0o755);
    chmodSync(hidden, 0o700);
    // The health command is asked before: the folder has been looked up then, and nobody has gone into it yet.
    const home = join(host.dir, 'home');
    mkdirSync(home);
    chownSync(home, host.uid, host.gid);
    renameSync(host.app, join(home, 'app'));
    const seen = join(home, 'seen');
    const program = (name: string, text: string): string => {
      writeFileSync(join(home, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
      return join(home, name);
    };
    const swap = program('swap', `mv ${home}/app ${home}/away 2>/dev/null && ln -s ${hidden}/inner ${home}/app; true`);
    const look = program('look', `cat notes >${seen} 2>&1; pwd >>${seen}`);
    await host.run('clear-caches', {
      application: { directory: join(home, 'app'), cacheCommands: { pages: look }, healthCommand: swap },
      person: { What: 'pages' },
    });
    expect(existsSync(seen) ? readFileSync(seen, 'utf8') : '').not.toContain('test-secret');
  });

  it('keeps no state where the user may put a link', async () => {
    const host = new ConfigHost(root);
    const own = host.folder('state-of-his');
    const target = join(host.dir, 'target');
    mkdirSync(target, { mode: 0o700 });
    for (const state of [join(own, 'state'), join(own, 'link', 'state')]) {
      symlinkSync(target, join(own, existsSync(join(own, 'link')) ? 'other' : 'link'));
      const changed = await clear(host, { cache: '/bin/true' }, state);
      expect(changed.result).toMatchObject({ ending: 'refused' });
      const looked = await host.run('snapshot-config', { environment: { RUNBELL_STATE_DIR: state } });
      expect(looked.result).toMatchObject({ ending: 'refused' });
    }
    expect([readdirSync(target), ownedByRoot(own).filter((name) => !/^(link|other)$/.test(name))]).toEqual([[], []]);
  });

  it('copies and writes nothing of root’s while the user swaps folders for links all the time', async () => {
    const host = new ConfigHost(root);
    const secret = join(host.dir, 'secret');
    mkdirSync(secret, { mode: 0o700 });
    for (const name of ['database.php', '.env']) writeFileSync(join(secret, name), 'test-secret', { mode: 0o600 });
    const config = join(host.app, 'config');
    const racer = `while :; do mv ${config} ${config}-real; ln -s ${secret} ${config}; rm ${config}; mv ${config}-real ${config}; done`;
    const identity = { uid: host.uid, gid: host.gid };
    const child = spawn('sh', ['-c', racer], { ...identity, detached: true, stdio: 'ignore' });
    try {
      for (let nth = 0; nth < 4; nth += 1) {
        host.write('.env', `DB_PORT=${nth}\n`);
        await host.run('snapshot-config');
        await host.run('rollback-config', { person: { Version: '1' } });
      }
    } finally {
      process.kill(-(child.pid ?? 0), 'SIGKILL');
    }
    const store = execFileSync('sh', ['-c', `cat ${host.store}/*/* 2>/dev/null || true`], { encoding: 'utf8' });
    expect(store).not.toContain('test-secret');
    expect(readdirSync(secret).sort()).toEqual(['.env', 'database.php']);
    expect(ownedByRoot(host.app)).toEqual([]);
  });
});

describe.concurrent('a program of the user', () => {
  it.runIf(isRoot)('has no hold on the details: it can neither empty nor fill them', async () => {
    const host = new ConfigHost(root);
    const code = `#!${NODE}
      for (const fd of [1, 2]) { try { require('fs').ftruncateSync(fd, 0); } catch {} }
      for (let left = 200; left > 0; left -= 1) require('fs').writeSync(2, Buffer.alloc(65536, 'x'));`;
    const program = host.write('greedy', code, 0o755);
    const done = await clear(host, { cache: '/bin/echo first', health: program });
    expect(done.result).toMatchObject({ ending: 'done' });
    const [name = ''] = readdirSync(join(host.dir, 'state', 'details'));
    const file = join(host.dir, 'state', 'details', name);
    expect(statSync(file).size).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(statSync(file).size).toBeGreaterThan(1024 * 1024);
    expect((await clear(host, { cache: '/bin/echo second' })).result).toMatchObject({ ending: 'done' });
  });

  /** A delivered script that asks the user of the tests. */
  async function ask(body: string): Promise<{ readonly dir: string; readonly done: Delivered }> {
    const dir = mkdtempSync(join(root, 'host-'));
    chmodSync(dir, 0o755);
    const user = isRoot ? 'nobody' : execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
    const done = await deliver(dir, smallScript(`choose_user ${user}\n${body}; done_well`), SMALL_PARAMETERS);
    return { dir, done };
  }

  it('is waited for no longer than it may take, although one that it started holds its output', async () => {
    const body = 'text=$(ask_user 1 sh -c "setsid sleep 57 & echo \\$! >&2; echo said") || s=$?; say "$s $text"';
    const { dir, done } = await ask(`local s=0; ${body}`);
    process.kill(Number(detailsOf(dir).split('\n')[0]), 'SIGKILL');
    expect(done.result?.lines).toEqual(['124 ']);
  });

  it('is kept word for word as long as there is room', async () => {
    const dir = mkdtempSync(join(root, 'host-'));
    const body = 'for i in {1..400}; do note "line $i"; outside 5 echo "more $i"; done; done_well';
    await deliver(dir, smallScript(body), SMALL_PARAMETERS);
    const [name = ''] = readdirSync(join(dir, 'state', 'details'));
    const lines = readFileSync(join(dir, 'state', 'details', name), 'utf8')
      .trimEnd()
      .split('\n');
    expect(lines).toEqual(Array.from({ length: 400 }, (_, nth) => [`line ${nth + 1}`, `more ${nth + 1}`]).flat());
  });

  it('is heard no longer than there is room for', async () => {
    const { done } = await ask('local s=0; text=$(ask_user 5 yes) || s=$?; say "$((s > 0)) ${#text}"');
    expect(done.result?.lines).toEqual(['1 65535']);
  });

  it('has ended by its time limit only when its time was up', async () => {
    const ends = ['9 exit 124', '9 exit 137', '9 kill -KILL $$', '1 sleep 20'];
    const asks = ends.map(
      (end) =>
        `s=0; as_user ${end.slice(0, 1)} sh -c '${end.slice(2)}' || s=$?; took_too_long "$s" && say "limit" || say "$s"`,
    );
    const { done } = await ask(`local s\n${asks.join('\n')}`);
    expect(done.result?.lines).toEqual(['1', '137', '137', 'limit']);
  });
});
