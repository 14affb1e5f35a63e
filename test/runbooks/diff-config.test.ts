import { execFileSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigHost } from './support/config-host.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'runbell-diffs-'));
  execFileSync('chmod', ['755', root]);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe.concurrent('diff-config', () => {
  it('(a) counts lines and names keys, and shows no value, wherever it stands in a line', async () => {
    const host = new ConfigHost(root);
    await host.run('snapshot-config');
    host.write('.env', 'APP_ENV=production\nDB_PASSWORD=test-password-three\nDB_PORT=3307\nEXTRA=x\n');
    host.write(
      'config/database.php',
      "<?php\nreturn [\n    'pool' => 500,\n    'password' => env('DB_PASSWORD', 'test-password-four'),\n];\n",
    );
    rmSync(join(host.app, 'settings.json'));
    const done = await host.run('diff-config');

    expect(done).toMatchObject({ status: 0, stderr: '', result: { ending: 'done' } });
    expect(done.result?.lines[0]).toMatch(/^version 1 of \d{4}-.*Z, put back over what is there now:$/);
    expect(done.result?.lines.slice(1)).toEqual([
      '.env: 2 lines would come back and 3 go; keys: DB_PASSWORD DB_PORT EXTRA',
      'config/database.php: 2 lines would come back and 2 go; keys: password pool',
      'settings.json: is not there now, and would come back',
    ]);
    expect(host.told(done)).not.toMatch(/test-password|3307|500/);
  });

  it('refuses without a version and says what takes the first', async () => {
    const done = await new ConfigHost(root).run('diff-config');
    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(done.result?.reason).toBe(
      "no version of shop's files is kept yet: snapshot-config takes the first; nothing was changed",
    );
  });

  it('has nothing to show when the files are as they were kept', async () => {
    const host = new ConfigHost(root);
    await host.run('snapshot-config');
    expect(await host.run('diff-config')).toMatchObject({ result: { ending: 'nothingToDo' } });
    expect(await host.run('diff-config', { person: { Version: '1' } })).toMatchObject({
      result: { ending: 'nothingToDo', reason: expect.stringMatching(/^version 1 of .* has the same files$/) },
    });
  });

  it('compares with a version that is asked for, and names those that are there when it is not', async () => {
    const host = new ConfigHost(root);
    for (const port of [1, 2, 3]) {
      host.write('.env', `DB_PORT=${port}\n`);
      await host.run('snapshot-config');
    }
    const [first, usual, none] = await Promise.all([
      host.run('diff-config', { person: { Version: '1' }, dryRun: true }),
      host.run('diff-config', { dryRun: true }),
      host.run('diff-config', { person: { Version: '9' }, dryRun: true }),
    ]);
    expect(first.result?.lines[0]).toMatch(/^version 1 /);
    expect(usual.result?.lines[0]).toMatch(/^version 2 /);
    expect(none.result?.reason).toBe('version 9 is not kept; there are 3, 2, 1; nothing was changed');
  });

  it('says that a mode alone would change', async () => {
    const host = new ConfigHost(root);
    await host.run('snapshot-config');
    host.write('.env', host.read('.env'), 0o600);
    const done = await host.run('diff-config');
    expect(done.result?.lines[1]).toMatch(/^\.env: same content; mode, user and group 600 .* would be 640 /);
  });

  it('compares nothing with what was kept in another release', async () => {
    const host = new ConfigHost(root);
    renameSync(host.app, join(host.dir, 'release-1'));
    execFileSync('cp', ['-a', join(host.dir, 'release-1'), join(host.dir, 'release-2')]);
    const current = join(host.dir, 'current');
    symlinkSync('release-1', current);
    const application = { directory: current };
    const kept = await host.run('snapshot-config', { application });
    expect(kept.result?.lines[1]).toBe('the next deploy brings its own files: current is a link to release-1');
    rmSync(current);
    symlinkSync('release-2', current);
    const done = await host.run('diff-config', { application });
    expect(done).toMatchObject({ status: 20 });
    expect(done.result?.reason).toMatch(/^it was kept in .*release-1 and the application lies in .*release-2 now/);
  });
});
