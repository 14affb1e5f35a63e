import { execFileSync } from 'node:child_process';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigHost, FILES } from './support/config-host.ts';

const isRoot = process.getuid?.() === 0;
let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'runbell-snapshots-'));
  execFileSync('chmod', ['755', root]);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.concurrent('snapshot-config', () => {
  it('keeps every configured file with its content, for its own user alone, and says nothing of what is in it', async () => {
    const host = new ConfigHost(root);
    const before = host.look();
    const done = await host.run('snapshot-config');

    expect(done).toMatchObject({ status: 0, stderr: '', result: { ending: 'done' } });
    expect(done.result?.lines).toEqual(['3 files are kept as version 1; 1 versions are there']);
    for (const folder of [join(host.dir, 'state'), host.store, join(host.store, '1')]) {
      expect(lstatSync(folder).mode & 0o777).toBe(0o700);
    }
    const copies = readdirSync(join(host.store, '1')).map((name) => lstatSync(join(host.store, '1', name)));
    expect(copies.map((one) => one.mode & 0o777)).toEqual(copies.map(() => 0o600));
    expect(copies).toHaveLength(1 + Object.keys(FILES).length);
    expect(host.told(done)).not.toContain('test-password');
    expect(host.look()).toEqual(before);
  });

  it('makes no copy when nothing changed, one when a file, its mode or its presence did', async () => {
    const host = new ConfigHost(root);
    await host.run('snapshot-config');
    expect(await host.run('snapshot-config')).toMatchObject({ status: 0, result: { ending: 'nothingToDo' } });
    host.write('.env', 'APP_ENV=test\n');
    expect(await host.run('snapshot-config')).toMatchObject({ result: { ending: 'done' } });
    host.write('.env', 'APP_ENV=test\n', 0o600);
    expect(await host.run('snapshot-config')).toMatchObject({ result: { ending: 'done' } });
    rmSync(join(host.app, 'settings.json'));
    expect(await host.run('snapshot-config')).toMatchObject({ result: { ending: 'done' } });
    expect(host.versions()).toEqual([1, 2, 3, 4]);
  });

  it('keeps as many versions as it is told, the newest ones', async () => {
    const host = new ConfigHost(root);
    for (const port of [1, 2, 3, 4]) {
      host.write('.env', `DB_PORT=${port}\n`);
      await host.run('snapshot-config', { person: { Keep: '2' } });
    }
    expect(host.versions()).toEqual([3, 4]);
  });

  it('says in a dry run what it would keep, and leaves nothing at all', async () => {
    const host = new ConfigHost(root);
    const done = await host.run('snapshot-config', { dryRun: true });
    expect(done.result?.lines).toEqual(['3 files would be kept as version 1']);
    expect(readdirSync(host.dir).filter((name) => name === 'state')).toEqual([]);
  });

  it('keeps the usual files of a Laravel application when none are configured', async () => {
    const host = new ConfigHost(root);
    const { configFiles: _, ...usual } = host.configured();
    const done = await host.run('snapshot-config', {
      application: { ...usual, kind: 'laravel', configFiles: undefined },
    });
    expect(done.result?.lines[0]).toBe('2 files are kept as version 1; 1 versions are there');
  });

  it.skipIf(!isRoot)('reads as the application’s user, so a link to a secret of root gives nothing away', async () => {
    const host = new ConfigHost(root);
    const secret = join(host.dir, 'shadow');
    writeFileSync(secret, 'root:test-secret', { mode: 0o600 });
    rmSync(join(host.app, '.env'));
    symlinkSync(secret, join(host.app, '.env'));
    renameSync(join(host.app, 'config'), join(host.app, 'config-real'));
    mkdirSync(join(host.dir, 'private'), { mode: 0o700 });
    writeFileSync(join(host.dir, 'private', 'database.php'), 'test-secret', { mode: 0o600 });
    symlinkSync(join(host.dir, 'private'), join(host.app, 'config'));
    const done = await host.run('snapshot-config');

    expect(done.result?.lines).toEqual([
      '.env: not kept, it is behind a link',
      'config/database.php: not kept, it is behind a link',
      '1 files are kept as version 1; 1 versions are there',
    ]);
    const kept = execFileSync(
      'cat',
      readdirSync(join(host.store, '1')).map((name) => join(host.store, '1', name)),
    );
    expect(kept.toString()).not.toContain('test-secret');
  });

  it.skipIf(!isRoot)('says which file its user cannot read, and which is none', async () => {
    const host = new ConfigHost(root);
    execFileSync('chown', ['root:root', host.write('.env', 'A=1\n', 0o600)]);
    rmSync(join(host.app, 'settings.json'));
    execFileSync('mkfifo', [join(host.app, 'settings.json')]);
    const done = await host.run('snapshot-config');
    expect(done.result?.lines.slice(0, 2)).toEqual([
      `.env: not kept, it is not readable by ${host.user} or larger than 1 MB`,
      'settings.json: not kept, it is not a file',
    ]);
  });

  it('refuses when none of the files can be kept', async () => {
    const host = new ConfigHost(root);
    const done = await host.run('snapshot-config', { application: { configFiles: ['absent'] } });
    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(done.result?.reason).toBe('none of the configured files can be kept; nothing was changed');
    expect(host.versions()).toEqual([]);
  });

  it.each(['../etc/passwd', 'config/../../x', '/etc/passwd', 'a//b', './x'])('refuses %s as a file', async (path) => {
    const host = new ConfigHost(root);
    const done = await host.run('snapshot-config', { environment: { SSM_ConfigFiles: path } });
    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
  });

  it.skipIf(!isRoot)('keeps the last versions and says so when the disk is full', async () => {
    const host = new ConfigHost(root);
    const disk = join(host.dir, 'state');
    mkdirSync(disk, { mode: 0o700 });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=128k,mode=700', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      return; // Not every machine lets a test mount a disk.
    }
    try {
      await host.run('snapshot-config');
      host.write('.env', `A=${'x'.repeat(200_000)}\n`);
      const done = await host.run('snapshot-config');
      expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
      expect(done.result?.reason).toMatch(/^the copy could not be written below .*, perhaps the disk is full; nothing/);
      expect(readdirSync(host.store)).toEqual(['1']);
    } finally {
      execFileSync('umount', [disk]);
    }
  });

  it('removes what a killed run had begun to write', async () => {
    const host = new ConfigHost(root);
    mkdirSync(join(host.store, '.new'), { recursive: true });
    writeFileSync(join(host.store, '.new', '9'), 'half');
    expect(await host.run('snapshot-config')).toMatchObject({ result: { ending: 'done' } });
    expect(readdirSync(host.store)).toEqual(['1']);
    expect(readdirSync(join(host.store, '1'))).not.toContain('9');
  });
});
