import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnLaravel } from '../../hosts/describe-on-laravel.ts';
import { LaravelHost } from '../../hosts/laravel-host.ts';
import type { Delivered } from '../../runbooks/support/deliver.ts';

const QUEUE = 'sdpos-queue';
const WORKERS = 4;
const DATABASE = 'config/database.php';
const PROVIDER = 'app/Providers/AppServiceProvider.php';

describeOnLaravel('rollback-config on a Laravel host', () => {
  let host: LaravelHost;
  let good: Readonly<Record<string, string>>;
  const path = (file: string) => join(host.application.directory, file);
  const read = (file: string) => readFileSync(path(file), 'utf8');
  // Into the file that is there, so owner and mode stay.
  const write = (file: string, text: string) => writeFileSync(path(file), text);
  const files = () => ['.env', DATABASE, PROVIDER, 'ecosystem.config.js'].map(read);
  const rollback = (person: Readonly<Record<string, string>> = {}): Promise<Delivered> =>
    host.run('rollback-config', { person: { DrainSeconds: '10', ...person } });

  beforeAll(async () => {
    host = await LaravelHost.up();
    // Whoever starts later would read what a test has put there.
    await host.until('all workers have started', async () => (await host.connections()) >= WORKERS);
    good = { '.env': read('.env'), [DATABASE]: read(DATABASE), [PROVIDER]: read(PROVIDER) };
  });
  afterAll(() => host.down());
  beforeEach(() => host.calm());

  /** Keeps a version in which the file is bad, and makes it good again. */
  async function keepBad(file: string, text: string): Promise<string> {
    write(file, text);
    const kept = await host.run('snapshot-config');
    write(file, good[file] ?? '');
    return /version (\d+)/.exec(kept.result?.lines.join() ?? '')?.[1] ?? 'none';
  }

  async function staysAsItIs(version: string, reason: RegExp): Promise<void> {
    const [before, pids] = [files(), await host.pidsOf(QUEUE)];
    const done = await rollback({ Version: version });
    expect(done, host.details()).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(done.result?.reason).toMatch(reason);
    expect([files(), await host.pidsOf(QUEUE)]).toEqual([before, pids]);
    expect(readdirSync(host.application.directory)).not.toContain('.runbell-staged');
    expect(host.strangers()).toEqual([]);
  }

  it.each([
    ['(j) an empty configuration file', DATABASE, '', /^a configuration file of version \d+ gives no array/],
    ['(j) a configuration that gives no array', DATABASE, '<?php return 7;\n', /gives no array|does not boot/],
    ['(j) one without the default connection', DATABASE, '<?php return [];\n', /default database connection is not/],
    ['(k) a provider that throws', PROVIDER, '', /does not boot/],
    ['a syntax error in PHP', PROVIDER, '<?php class {\n', /AppServiceProvider\.php of version \d+ has a syntax error/],
    ['a syntax error in .env', '.env', 'A name=two words\n', /does not boot/],
  ])('refuses %s before anything has moved', async (what, file, text, reason) => {
    const throwing =
      good[PROVIDER]?.replace(/boot\(\)\s*\{/, "boot()\n    {\n        throw new \\Exception('no');") ?? '';
    await staysAsItIs(await keepBad(file, what.startsWith('(k)') ? throwing : text), reason);
  });

  it('(l, n) mends what is broken now, clears the stale cached configuration first, and cuts no job', async () => {
    await host.run('snapshot-config');
    await host.query('TRUNCATE ran');
    await host.application.artisan('demo:dispatch', 'slow', String(WORKERS), '6');
    await host.until('four jobs run', async () => (await host.ran('slow')).begun === WORKERS);
    await host.application.artisan('config:cache');
    write(DATABASE, "<?php return ['broken' => ;\n");
    const before = await host.pidsOf(QUEUE);
    const done = await rollback({ DrainSeconds: '60' });

    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(read(DATABASE)).toBe(good[DATABASE]);
    expect(existsSync(path('bootstrap/cache/config.php'))).toBe(false);
    expect(await host.ran('slow')).toEqual({ begun: WORKERS, ended: WORKERS });
    expect((await host.pidsOf(QUEUE)).filter((pid) => before.includes(pid))).toEqual([]);
    expect(done.result?.lines.join('\n')).toMatch(/php-fpm runbell-host-\w+-fpm \(pid \d+\): workers/);
    expect(host.strangers()).toEqual([]);
  });

  it('goes back when the application boots and its health command finds no database', async () => {
    const version = await keepBad('.env', (good['.env'] ?? '').replace(/DB_PORT=\d+/, 'DB_PORT=1'));
    const before = files();
    const done = await rollback({ Version: version });
    expect(done, host.details()).toMatchObject({ status: 30, result: { ending: 'failed' } });
    expect(done.result?.reason).toMatch(/so the files from before are back and the application runs as before$/);
    expect(files()).toEqual(before);
    expect((await host.list()).map((one) => one.pm2_env.status)).toEqual([
      'online',
      'online',
      'online',
      'online',
      'online',
    ]);
    expect(host.strangers()).toEqual([]);
  });

  it('works while the database refuses everybody', async () => {
    await host.run('snapshot-config');
    write('.env', `${good['.env']}EXTRA=1\n`);
    await host.application.artisan('demo:dispatch', 'leaky', '70', '0.1');
    await host.until('the database is full', async () => (await host.connections()) >= 58);
    const done = await rollback();
    expect(done, host.details()).toMatchObject({ result: { ending: expect.stringMatching(/^(done|failed)$/) } });
    expect(read('.env')).toBe(good['.env']);
    expect(await host.connections()).toBeLessThan(20);
  });
});
