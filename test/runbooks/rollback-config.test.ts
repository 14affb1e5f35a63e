import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApplicationConfig } from '../../functions/core/config/config.ts';
import { ConfigHost, FILES, type Wanted } from './support/config-host.ts';
import { Pm2Host } from './support/pm2-host.ts';

const isRoot = process.getuid?.() === 0;
let root = '';
const daemons = new Set<Pm2Host>();
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'runbell-rollbacks-'));
  execFileSync('chmod', ['755', root]);
});
afterAll(async () => {
  await Promise.all([...daemons].map((pm2) => pm2.close()));
  rmSync(root, { recursive: true, force: true });
});

/** A version is kept with `first`, then the files become `then`. */
async function changed(then: Readonly<Record<string, string>>, first: Readonly<Record<string, string>> = {}) {
  const host = new ConfigHost(root);
  for (const [path, text] of Object.entries(first)) host.write(path, text);
  await host.run('snapshot-config');
  for (const [path, text] of Object.entries(then)) host.write(path, text);
  return host;
}

const ENV = { '.env': 'DB_PORT=1\n' };

describe.concurrent('rollback-config refuses before it needs PM2', () => {
  const refusal = async (host: ConfigHost, reason: RegExp, wanted: Wanted = {}) => {
    const before = host.look();
    const done = await host.run('rollback-config', wanted);
    expect(done).toMatchObject({ status: 20, stderr: '', result: { ending: 'refused' } });
    expect(done.result?.reason).toMatch(reason);
    expect(host.look()).toEqual(before);
  };

  it('without a version', () => refusal(new ConfigHost(root), /^no version of shop's files is kept yet/));

  it('(f) when a link has taken the place of a file', async () => {
    const host = await changed({});
    renameSync(join(host.app, '.env'), join(host.dir, 'shared.env'));
    symlinkSync(join(host.dir, 'shared.env'), join(host.app, '.env'));
    await refusal(host, /^\.env is behind a link, and a file would take its place/);
  });

  it('(f) when "current" was pointed to another release', async () => {
    const host = await changed({});
    renameSync(host.app, join(host.dir, 'r1'));
    symlinkSync('r1', host.app);
    await host.run('snapshot-config');
    execFileSync('cp', ['-a', join(host.dir, 'r1'), join(host.dir, 'r2')]);
    rmSync(host.app);
    symlinkSync('r2', host.app);
    writeFileSync(join(host.dir, 'r2', '.env'), 'DB_PORT=2\n');
    await refusal(host, /^it was kept in .*r1 and the application lies in .*r2 now/, { person: { Version: '2' } });
    await refusal(host, /^it was kept in .* and the application lies in .*r2 now/);
  });

  it.skipIf(!isRoot)('(g) when a file was replaced by a link to one of root’s', async () => {
    const host = await changed({});
    writeFileSync(join(host.dir, 'shadow'), 'test-secret', { mode: 0o600 });
    rmSync(join(host.app, '.env'));
    symlinkSync(join(host.dir, 'shadow'), join(host.app, '.env'));
    await refusal(host, /^\.env is behind a link/);
    expect(execFileSync('cat', [join(host.dir, 'shadow')]).toString()).toBe('test-secret');
  });

  it.skipIf(!isRoot)('(i) when the directory or the file belongs to root', async () => {
    const directory = await changed({ 'config/database.php': '<?php return [];\n' });
    execFileSync('chown', ['root:root', join(directory.app, 'config')]);
    await refusal(directory, /may not write in .*config/);
    const file = await changed(ENV);
    execFileSync('chown', ['0', join(file.app, '.env')]);
    execFileSync('chmod', ['644', join(file.app, '.env')]);
    await refusal(file, /^\.env belongs to user id 0 and not to nobody/);
  });

  it('when a kept copy was damaged', async () => {
    const host = await changed(ENV);
    appendFileSync(join(host.store, '1', '1'), 'x');
    await refusal(host, /^version 1 of \.env was damaged in the store/);
  });

  it('an undo of a run that put nothing back here', async () => {
    await refusal(await changed(ENV), /^run run-9 put no files back on this host/, { undoes: 'run-9' });
  });
});

/** Runs while its settings say 5; a health command that asks for the same. */
async function running(host: ConfigHost) {
  const pm2 = new Pm2Host();
  daemons.add(pm2);
  const settings = JSON.stringify(join(host.app, 'settings.json'));
  const program = `if (!require('fs').readFileSync(${settings}, 'utf8').includes('"pool": 5')) process.exit(1);
    setInterval(() => {}, 1000);`;
  const health = host.write('health', `#!/bin/sh\ngrep -q DB_PORT=3306 ${join(host.app, '.env')}\n`, 0o755);
  await pm2.start('worker', program);
  const pm2Config = { home: pm2.home, processes: ['worker'], cli: pm2.tools.pm2Cli };
  const application: Partial<ApplicationConfig> = { pm2: pm2Config, healthCommand: health };
  const roll = (wanted: Wanted = {}) =>
    host.run('rollback-config', {
      ...wanted,
      application: { ...application, ...wanted.application },
      person: { DrainSeconds: '0', ...wanted.person },
    });
  return { pm2, roll };
}

const inode = (host: ConfigHost, path: string): number => statSync(join(host.app, path)).ino;

describe.concurrent('rollback-config', { timeout: 120_000 }, () => {
  it('puts files back with mode and owner, restarts, stands still at a second click, and is undone', async () => {
    const host = await changed({ '.env': 'DB_PORT=3306\nNEW=1\n' });
    host.write('.env', 'DB_PORT=3306\nNEW=2\n', 0o600);
    await host.run('snapshot-config');
    rmSync(join(host.app, 'settings.json'));
    host.write('settings.json', '{"pool": 5, "more": 1}\n');
    const { pm2, roll } = await running(host);
    const [pid, before] = [await pm2.pidOf('worker'), host.look()];

    const plan = await roll({ dryRun: true, person: { Version: '1' } });
    expect(plan).toMatchObject({ status: 0, result: { ending: 'done', dryRun: true } });
    expect(plan.result?.lines[0]).toMatch(/^\.env would be put back as of version 1 of /);
    expect([host.look(), await pm2.pidOf('worker'), host.versions()]).toEqual([before, pid, [1, 2]]);

    const done = await roll({ runId: 'run-a' });
    expect(done).toMatchObject({ status: 0, stderr: '', result: { ending: 'done', processes: [{ state: 'up' }] } });
    expect(done.result?.lines[0]).toMatch(/^1 files are back as of version 2 of .*: settings\.json$/);
    expect(host.read('settings.json')).toBe(FILES['settings.json']);
    expect(host.read('.env')).toBe('DB_PORT=3306\nNEW=2\n');
    expect(await pm2.pidOf('worker')).not.toBe(pid);
    const restored = statSync(join(host.app, 'settings.json'));
    expect([restored.mode & 0o777, restored.uid, restored.gid]).toEqual([0o640, host.uid, host.gid]);
    expect(readdirSync(host.app).filter((name) => name.startsWith('.runbell'))).toEqual([]);
    expect(host.told(done)).not.toContain('test-password');

    const again = await roll();
    expect(again).toMatchObject({ status: 0, result: { ending: 'nothingToDo' } });
    expect(again.result?.reason).toMatch(/^version 2 was put back already; a second click goes no further/);

    const undone = await roll({ undoes: 'run-a' });
    expect(undone).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(host.look()).toEqual(before);
    expect((await roll({ undoes: 'run-a' })).result?.ending).toBe('refused');
  });

  it('goes back to the very files from before when a process does not come up', async () => {
    const host = await changed({ 'settings.json': '{"pool": 5}\n' }, { 'settings.json': '{"pool": 6}\n' });
    const { pm2, roll } = await running(host);
    const [before, itself] = [host.look(), inode(host, 'settings.json')];
    const done = await roll();

    expect(done).toMatchObject({ status: 30, result: { ending: 'failed' } });
    expect(done.result?.reason).toMatch(
      /^1 of 1 processes did not come up.*so the files from before are back and the application runs as before$/,
    );
    expect(host.look()).toEqual(before);
    expect(inode(host, 'settings.json')).toBe(itself);
    expect((await pm2.list())[0]?.pm2_env.status).toBe('online');
  });

  it('goes back when only the health command finds out', async () => {
    const host = await changed({ '.env': 'DB_PORT=3306\n' }, { '.env': 'DB_PORT=1\n' });
    const { roll } = await running(host);
    const before = host.look();
    const done = await roll();
    expect(done).toMatchObject({ status: 30, result: { ending: 'failed' } });
    expect(done.result?.reason).toMatch(/^the health command fails; so the files from before are back/);
    expect(host.look()).toEqual(before);
  });

  it('(e) does not condemn what it put back by a health command that failed before as well', async () => {
    const host = await changed({ '.env': 'DB_PORT=2\n' }, { '.env': 'DB_PORT=1\n' });
    const { pm2, roll } = await running(host);
    const done = await roll();
    expect(done).toMatchObject({ status: 30, result: { ending: 'failed' } });
    expect(done.result?.reason).toMatch(/^version 1 is back .* and the health command fails as it did before$/);
    expect(host.read('.env')).toBe('DB_PORT=1\n');
    expect((await pm2.list())[0]?.pm2_env.restart_time).toBe(1);
  });

  it('(d) undoes to files that were bad, byte by byte, and refuses when they were changed since', async () => {
    const broken = '{"pool": 5, broken\n';
    const host = await changed({ 'settings.json': broken });
    const { roll } = await running(host);
    expect(await roll({ runId: 'run-a' })).toMatchObject({ status: 0 });
    host.write('settings.json', '{"pool": 5, "by": "hand"}\n');
    const refused = await roll({ undoes: 'run-a' });
    expect(refused.result?.reason).toMatch(/^the files were changed after run run-a/);
    host.write('settings.json', FILES['settings.json'] ?? '');
    expect(await roll({ undoes: 'run-a' })).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(host.read('settings.json')).toBe(broken);
  });

  it('(b, c) refuses what does not parse, restarts nothing for it and leaves nothing behind', async () => {
    const host = await changed(FILES, { 'settings.json': '{"pool": 5, broken\n' });
    const { pm2, roll } = await running(host);
    const pid = await pm2.pidOf('worker');
    mkdirSync(join(host.app, '.runbell-staged'));
    execFileSync('chown', [`${host.uid}:${host.gid}`, join(host.app, '.runbell-staged')]);
    host.write('.runbell-staged/.env', 'left by a run that was killed');
    const done = await roll();
    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(done.result?.reason).toBe('settings.json of version 1 has a syntax error; nothing was changed');
    expect(existsSync(join(host.app, '.runbell-staged'))).toBe(false);
    expect(await pm2.pidOf('worker')).toBe(pid);
  });

  it.skipIf(!isRoot)('(h) refuses an immutable file before any other has moved', async () => {
    const host = await changed({ ...ENV, 'settings.json': '{"pool": 5 }\n' });
    const { roll } = await running(host);
    try {
      execFileSync('chattr', ['+i', join(host.app, 'settings.json')], { stdio: 'ignore' });
    } catch {
      return; // Not every file system knows it.
    }
    const before = host.look();
    const done = await roll();
    execFileSync('chattr', ['-i', join(host.app, 'settings.json')]);
    expect(done.result?.reason).toMatch(/^settings\.json cannot be replaced, perhaps it is immutable/);
    expect(host.look()).toEqual(before);
  });

  it.skipIf(!isRoot)(
    'refuses when the application’s disk has no room for what is staged, and leaves nothing behind',
    async () => {
      const host = new ConfigHost(root);
      try {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k,mode=755', 'tmpfs', host.app], { stdio: 'ignore' });
      } catch {
        return; // Not every machine lets a test mount a disk.
      }
      try {
        host.folder('');
        for (const [path, text] of Object.entries(FILES)) host.write(path, text);
        host.write('settings.json', `{"pool": 5, "more": "${'x'.repeat(60_000)}"}\n`);
        const { pm2, roll } = await running(host);
        await host.run('snapshot-config');
        host.write('settings.json', '{"pool": 5}\n');
        execFileSync('sh', ['-c', 'head -c 300000 /dev/zero >"$1"; true', 'sh', join(host.app, 'fill')], {
          stdio: 'ignore',
        });
        const [before, pid] = [host.look(), await pm2.pidOf('worker')];
        const done = await roll();
        expect(done).toMatchObject({ status: 20, stderr: '', result: { ending: 'refused' } });
        expect(done.result?.reason).toMatch(
          /could not (be staged|stage the files in .*), perhaps the disk is full; nothing/,
        );
        expect([host.look(), await pm2.pidOf('worker')]).toEqual([before, pid]);
      } finally {
        execFileSync('umount', [host.app]);
      }
    },
  );

  it('(m) has PM2 read an ecosystem file that it put back, and refuses one that PM2 cannot start from', async () => {
    const host = new ConfigHost(root);
    const { pm2, roll } = await running(host);
    const ecosystem = (more: string) =>
      `module.exports = { apps: [{ name: 'worker', script: ${JSON.stringify(join(pm2.dir, 'worker.cjs'))}${more} }] };\n`;
    const application = {
      configFiles: ['ecosystem.config.js'],
      ecosystemFile: join(host.app, 'ecosystem.config.js'),
    };
    const keep = async (text: string) => {
      host.write('ecosystem.config.js', text, 0o644);
      await host.run('snapshot-config', { application });
    };
    await keep("module.exports = { apps: [{ name: 'worker' }] };\n");
    await keep(ecosystem(", args: ['--one'], instances: 2, exec_mode: 'fork'"));
    await keep(ecosystem(", args: ['--two']"));
    const done = await roll({ application });
    expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines).toContain(
      'worker: the file wants 2 instances, 1 run: only pm2 delete and start change that',
    );
    const [worker] = JSON.parse(await pm2.pm2('-s', 'jlist'));
    expect(worker.pm2_env.args).toEqual(['--one']);
    const refused = await roll({ application, person: { Version: '1' } });
    expect(refused.result?.reason).toMatch(
      /ecosystem\.config\.js names a process without a script; nothing was changed$/,
    );
  });

  it.runIf(existsSync('/usr/bin/setfacl'))('keeps the access list of the file that is there', async () => {
    const host = await changed({ 'settings.json': '{"pool": 5, "more": 1}\n' });
    execFileSync('setfacl', ['-m', 'u:1:r', join(host.app, 'settings.json')]);
    const { roll } = await running(host);
    expect(await roll()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(host.read('settings.json')).toBe(FILES['settings.json']);
    const list = execFileSync('getfacl', ['-cpn', join(host.app, 'settings.json')], { encoding: 'utf8' });
    expect(list).toMatch(/^user:1:r--/m);
  });

  it('refuses when somebody, as a deploy, changes a file while it looks, and puts nothing over it', async () => {
    const host = new ConfigHost(root);
    const { pm2, roll } = await running(host);
    const file = join(host.app, 'ecosystem.config.js');
    const application = { configFiles: ['ecosystem.config.js', '.env'], ecosystemFile: file };
    const script = JSON.stringify(join(pm2.dir, 'worker.cjs'));
    // PM2 reads the file as a program, after everything is staged.
    const meddles = `require('fs').appendFileSync(${JSON.stringify(join(host.app, '.env'))}, 'DEPLOYED=1\\n');`;
    host.write(
      'ecosystem.config.js',
      `${meddles} module.exports = { apps: [{ name: 'worker', script: ${script} }] };\n`,
    );
    await host.run('snapshot-config', { application });
    host.write('ecosystem.config.js', 'module.exports = { apps: [] };\n');
    host.write('.env', 'DB_PORT=3306\nNEW=1\n');
    const pid = await pm2.pidOf('worker');
    const done = await roll({ application });
    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(done.result?.reason).toMatch(/^\.env was being changed meanwhile/);
    expect(host.read('.env')).toBe('DB_PORT=3306\nNEW=1\nDEPLOYED=1\n');
    expect(await pm2.pidOf('worker')).toBe(pid);
    expect(readdirSync(host.app)).not.toContain('.runbell-staged');
  });

  it('refuses where PM2 watches the files, because it would restart workers at each that is put there', async () => {
    const host = await changed(ENV);
    const pm2 = new Pm2Host();
    daemons.add(pm2);
    mkdirSync(join(pm2.dir, 'watched'));
    const script = pm2.write('worker', 'setInterval(() => {}, 1000);');
    const config = join(pm2.dir, 'watch.config.cjs');
    const app = { name: 'worker', script, watch: [join(pm2.dir, 'watched')] };
    writeFileSync(config, `module.exports = ${JSON.stringify({ apps: [app] })};`, { mode: 0o644 });
    await pm2.pm2('-s', 'start', config);
    const before = host.look();
    const application = { pm2: { home: pm2.home, processes: ['worker'], cli: pm2.tools.pm2Cli } };
    const done = await host.run('rollback-config', { application });
    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(done.result?.reason).toMatch(/^PM2's watch would restart workers at every file/);
    expect(host.look()).toEqual(before);
  });

  it('changes nothing where no PM2 daemon runs, and starts none', async () => {
    const host = await changed(ENV);
    const before = host.look();
    const done = await host.run('rollback-config');
    expect(done).toMatchObject({ status: 30, result: { ending: 'failed' } });
    expect(done.result?.reason).toMatch(/^no PM2 daemon runs for /);
    expect(host.look()).toEqual(before);
  });
});
