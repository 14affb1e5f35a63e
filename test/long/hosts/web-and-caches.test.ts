import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnLaravel } from '../../hosts/describe-on-laravel.ts';
import { LaravelHost } from '../../hosts/laravel-host.ts';

const isRoot = process.getuid?.() === 0;

describeOnLaravel('clear-caches and reload-web on a Laravel host', () => {
  let host: LaravelHost;
  const inApplication = (...path: string[]) => join(host.application.directory, ...path);
  const cachedConfig = () => inApplication('bootstrap', 'cache', 'config.php');
  const greet = (text: string) => {
    const file = inApplication('.env');
    writeFileSync(file, `${readFileSync(file, 'utf8').replace(/^APP_GREETING=.*\n/m, '')}APP_GREETING=${text}\n`);
  };
  beforeAll(async () => {
    host = await LaravelHost.up();
  });
  afterAll(() => host.down());
  beforeEach(async () => {
    rmSync(cachedConfig(), { force: true });
    await host.calm();
  });

  it('clears the cached configuration, then lets workers and web take it up, in this order', async () => {
    await host.application.artisan('config:cache');
    greet('moin');
    const before = await host.pidsOf('sdpos-queue');
    const done = await host.run('clear-caches', { person: { What: 'config' } });

    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines.slice(0, 4)).toEqual([
      'config: cleared, looked after',
      '5 processes took it up, 0 did not yet',
      expect.stringMatching(/^php-fpm \S+-fpm \(pid \d+\): workers \d+ \d+ -> \d+ \d+ connections 0 -> 0$/),
      'health command: healthy',
    ]);
    expect(existsSync(cachedConfig())).toBe(false);
    expect((await host.pidsOf('sdpos-queue')).filter((pid) => before.includes(pid))).toEqual([]);
    expect(await host.health()).toMatch(/^healthy \d+ moin$/);
    expect(host.strangers()).toEqual([]);
  });

  it('cuts no job and says which worker has not read it yet', async () => {
    await host.application.artisan('config:cache');
    await host.application.artisan('demo:dispatch', 'slow', '1', '35');
    await host.until('the job runs', async () => (await host.ran('slow')).begun === 1);
    const done = await host.run('clear-caches', { person: { What: 'config', DrainSeconds: '3' } });

    expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
    const lines = done.result?.lines.join('\n');
    expect(lines).toMatch(/sdpos-queue\[\d\]: pid \d+ goes on with what it has loaded/);
    expect(lines).toContain('4 processes took it up, 1 did not yet');
    await host.until('the job ends', async () => (await host.ran('slow')).ended === 1);
  });

  it.each(['view', 'route', 'cache', 'optimize'])('clears %s and looks after it', async (what) => {
    await host.application.artisan('route:cache');
    mkdirSync(inApplication('storage/framework/cache/data/ab'), { recursive: true });
    chownSync(inApplication('storage/framework/cache/data/ab'), host.application.owner.uid, host.application.owner.gid);
    for (const file of ['storage/framework/views/a.php', 'storage/framework/cache/data/ab/b']) {
      writeFileSync(inApplication(file), '');
      chownSync(inApplication(file), host.application.owner.uid, host.application.owner.gid);
    }
    // Whatever is younger than the clearing was made since by somebody else.
    await new Promise((resolve) => setTimeout(resolve, 2100));
    const done = await host.run('clear-caches', { person: { What: what } });

    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines[0]).toBe(`${what}: cleared, looked after`);
    expect(existsSync(inApplication('storage/framework/views/a.php'))).toBe(!['view', 'optimize'].includes(what));
    expect(existsSync(inApplication('storage/framework/cache/data/ab/b'))).toBe(!['cache', 'optimize'].includes(what));
    expect(host.strangers()).toEqual([]);
  });

  it('does nothing when there is nothing to clear, and changes nothing in a dry run', async () => {
    expect(await host.run('clear-caches')).toMatchObject({ status: 0, result: { ending: 'nothingToDo' } });
    await host.application.artisan('config:cache');
    const dry = await host.run('clear-caches', { dryRun: true });
    expect(dry.result?.lines[0]).toMatch(/^config would be cleared as \w+ in \//);
    expect(dry.result?.lines.at(-1)).toMatch(/^php-fpm \S+-fpm \(pid \d+\) would be reloaded$/);
    expect(existsSync(cachedConfig())).toBe(true);
  });

  it('removes a broken cached configuration that artisan cannot boot with', async () => {
    writeFileSync(cachedConfig(), '<?php return [');
    chownSync(cachedConfig(), host.application.owner.uid, host.application.owner.gid);
    const done = await host.run('clear-caches');
    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines).toContain('config: the broken cached configuration was removed by hand');
  });

  it('refuses to leave the application on the defaults of the framework', async () => {
    await host.application.artisan('config:cache');
    const file = inApplication('.env');
    const text = readFileSync(file, 'utf8');
    rmSync(file);
    const done = await host.run('clear-caches');
    writeFileSync(file, text, { mode: 0o600 });
    chownSync(file, host.application.owner.uid, host.application.owner.gid);

    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(done.result?.reason).toMatch(/cannot read \.env.*nothing was changed$/);
    expect(existsSync(cachedConfig())).toBe(true);
  });

  it.runIf(isRoot)(
    'says "failed" and whose it is when artisan says "cleared!" of what it could not delete',
    async () => {
      await host.application.artisan('config:cache');
      const folder = inApplication('bootstrap', 'cache');
      chownSync(folder, 0, 0);
      chmodSync(folder, 0o755);
      const done = await host.run('clear-caches');
      chownSync(folder, host.application.owner.uid, host.application.owner.gid);

      expect(done).toMatchObject({ status: 30, result: { ending: 'failed' } });
      expect(done.result?.reason).toMatch(/config\.php is still there: nobody owns it .*, root owns its folder/);
    },
  );

  it('reloads php-fpm: new workers, the same master, a healthy application', async () => {
    const done = await host.run('reload-web');
    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done', reason: '' } });
    const [, old = '', fresh = ''] = /workers ([\d ]+)-> ([\d ]+)connections/.exec(done.result?.lines[0] ?? '') ?? [];
    const pids = `${old}${fresh}`.trim().split(' ');
    expect(new Set(pids).size).toBe(4);
    expect(done.result?.lines[1]).toBe('health command: healthy');
  });
});
