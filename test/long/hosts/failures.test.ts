import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, linkSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { describeOnLaravel } from '../../hosts/describe-on-laravel.ts';
import { LaravelHost } from '../../hosts/laravel-host.ts';

const isRoot = process.getuid?.() === 0;

describeOnLaravel('a Laravel host in trouble', () => {
  let host: LaravelHost;
  beforeEach(async () => {
    host = await LaravelHost.up();
  });
  afterEach(() => host.down());

  const provider = () => join(host.application.directory, 'app/Providers/AppServiceProvider.php');
  const bootDoes = (code: string) => {
    writeFileSync(provider(), readFileSync(provider(), 'utf8').replace(/(function boot\(\)\s*\{)/, `$1\n${code}`));
  };

  it.each([
    ['at once', "throw new \\Exception('no');"],
    [
      'after PM2 has counted it as up',
      "if (in_array('queue:work', $_SERVER['argv'] ?? [])) { usleep(1300000); exit(1); }",
    ],
  ])('a crash loop %s: failed, not done', async (_, code) => {
    bootDoes(code);
    const done = await host.run('restart-workers');
    expect(done, host.details()).toMatchObject({ status: 30, result: { ending: 'failed' } });
    expect(done.result?.reason).toMatch(/^[45] of 5 processes did not come up and stay up: sdpos-queue\[/);
    expect(done.result?.lines.join('\n')).toMatch(/crashed at every start|did not stay up|did not come up/);
  });

  it('symlinked releases: lets workers of the old release finish, and says that PM2 keeps it', async () => {
    const { directory, owner } = host.application;
    const [next, current] = [`${directory}-2`, join(host.dir, 'current')];
    cpSync(directory, next, { recursive: true });
    execFileSync('chown', ['-R', `${owner.uid}:${owner.gid}`, next]);
    symlinkSync(next, current);
    await host.application.artisan('demo:dispatch', 'slow', '4', '6');
    await host.until('four jobs run', async () => (await host.ran('slow')).begun === 4);
    const done = await host.run('restart-workers', {
      application: { directory: current },
      person: { DrainSeconds: '20' },
    });

    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    // Workers of the old release look at its own cache: only the signal at half time reached them.
    expect(await host.ran('slow')).toEqual({ begun: 4, ended: 4 });
    expect(done.result?.lines).toContain(
      `the workers run in ${directory} and the application is ${next} now: delete and start them`,
    );
  });

  it.runIf(isRoot)('an immutable cached configuration: failed, and says that it is still there', async ({ skip }) => {
    await host.application.artisan('config:cache');
    const file = join(host.application.directory, 'bootstrap/cache/config.php');
    if (spawnSync('chattr', ['+i', file]).status !== 0) skip('this file system knows no immutable files');
    const done = await host.run('clear-caches').finally(() => spawnSync('chattr', ['-i', file]));
    expect(done).toMatchObject({ status: 30, result: { ending: 'failed' } });
    expect(done.result?.reason).toContain('config.php is still there');
  });

  it.runIf(isRoot)('a cache that root has written into: workers are asked by SIGTERM instead', async () => {
    const data = join(host.application.directory, 'storage/framework/cache/data');
    rmSync(data, { recursive: true });
    mkdirSync(data, { mode: 0o755 });
    const done = await host.run('restart-workers');
    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines[0]).toBe('queue:restart did not work here; workers are asked by SIGTERM');
    expect(done.result?.lines.filter((line) => / drained, /.test(line))).toHaveLength(5);
  });

  it('the database refuses everybody while caches are cleared and the web is reloaded', async () => {
    await host.application.artisan('config:cache');
    await host.application.artisan('demo:dispatch', 'leaky', '80', '0.02');
    await host.until('the database is full', async () => (await host.connections()) >= 58);
    const web = await host.run('reload-web');
    expect(web).toMatchObject({ status: 30, result: { ending: 'failed' } });
    expect(web.result?.reason).toBe('php-fpm was reloaded, and the health command fails as it did before');
    const caches = await host.run('clear-caches', { person: { What: 'config' } });
    expect(caches, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(caches.result?.lines).toContain('5 processes took it up, 0 did not yet');
  });

  it('PHP and node under paths of their own: both are found and used', async () => {
    await host.down();
    host = await LaravelHost.up({
      node: (dir) => {
        mkdirSync(join(dir, 'nvm/bin'), { recursive: true });
        linkSync(process.execPath, join(dir, 'nvm/bin/node'));
        return join(dir, 'nvm/bin/node');
      },
    });
    const done = await host.run('restart-workers', { application: { php: '/usr/bin/php' } });
    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    const absent = await host.run('clear-caches', { application: { php: '/opt/php/bin/php' } });
    expect(absent.result?.reason).toBe(
      'no php program was found; name it in the configuration (php); nothing was changed',
    );
  });
});
