import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnLaravel } from '../../hosts/describe-on-laravel.ts';
import { LaravelHost } from '../../hosts/laravel-host.ts';

const JOBS = 30;
/** Four workers with a connection of their own, and one or two that come and go. */
const BASELINE_MAX = 6;

describeOnLaravel('what cures a leak of thirty jobs, and what does nothing', () => {
  let host: LaravelHost;
  beforeAll(async () => {
    host = await LaravelHost.up();
  });
  afterAll(() => host.down());
  beforeEach(() => host.calm());

  async function leak(): Promise<void> {
    await host.query('TRUNCATE ran');
    await host.application.artisan('demo:dispatch', 'leaky', String(JOBS), '0.05');
    await host.until('the jobs ran', async () => (await host.ran('leaky')).begun === JOBS);
  }

  async function withProvider(boot: string, test: () => Promise<void>): Promise<void> {
    const file = join(host.application.directory, 'app/Providers/AppServiceProvider.php');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/(function boot\(\)\s*\{)/, `$1\n${boot}`));
    await host.run('restart-workers', { person: { DrainSeconds: '5' } });
    await test().finally(() => writeFileSync(file, text));
  }

  const freshWorkers = () => host.run('restart-workers', { person: { DrainSeconds: '5' } });
  const sessions = async () => {
    const { user } = host.database.users.app;
    return host.query(
      `SELECT id, time FROM information_schema.processlist WHERE user = '${user}' AND command = 'Sleep'`,
    );
  };

  it('keeps all of them while nothing is done', async () => {
    await leak();
    await wait(3000);
    expect(await host.connections()).toBeGreaterThanOrEqual(JOBS);
  });

  it('is not helped by DB::disconnect() after each job, because the framework knows nothing of what leaked', async () => {
    const listener = `\\Illuminate\\Support\\Facades\\Queue::after(function () { \\Illuminate\\Support\\Facades\\DB::disconnect(); });`;
    await withProvider(listener, async () => {
      await leak();
      expect(await host.connections()).toBeGreaterThanOrEqual(JOBS);
    });
  });

  it('is cured by restart-workers', async () => {
    await leak();
    const done = await host.run('restart-workers');
    expect(done.result).toMatchObject({ ending: 'done' });
    expect(await host.connections()).toBeLessThanOrEqual(BASELINE_MAX);
  });

  it('is cured by --max-jobs, once restart-workers has read the file', async () => {
    const file = host.application.ecosystemFile;
    const text = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      text.replace("'--timeout=60'", "'--timeout=60', '--max-jobs=5'").replace("'--sleep=1'", "'--sleep=2'"),
    );
    await host.run('restart-workers', { person: { Reload: 'yes', DrainSeconds: '5' } });
    await leak();
    await host.until('workers were replaced', async () => (await host.connections()) <= 4 + 4 * 4);
    writeFileSync(file, text);
    await host.run('restart-workers', { person: { Reload: 'yes', DrainSeconds: '0' } });
  });

  it('is cured by ending sessions that sleep, without a restart', async () => {
    await leak();
    const before = await host.pidsOf('sdpos-queue');
    const asleep = async () => (await sessions()).filter(({ time }) => Number(time) > 3);
    await host.until('they were forgotten', async () => (await asleep()).length >= JOBS);
    for (const { id } of await asleep()) await host.query(`KILL ${Number(id)}`);
    await host.until('they are gone', async () => (await host.connections()) <= BASELINE_MAX);
    await host.application.artisan('demo:dispatch', 'healthy', '4');
    await host.until('later jobs run', async () => (await host.ran('healthy')).ended >= 4);
    expect(await host.pidsOf('sdpos-queue')).toEqual(before);
    expect(await host.query('SELECT * FROM failed_jobs')).toEqual([]);
  });

  it('is cured by a short wait_timeout, for sessions that begin after it was set', async () => {
    await host.query('SET GLOBAL wait_timeout = 4');
    await freshWorkers();
    await leak();
    await host.until('the server ended them', async () => (await host.connections()) <= BASELINE_MAX);
    await host.query('SET GLOBAL wait_timeout = 28800');
  });

  it('is cured by reload-web on the web side', async () => {
    await host.until('the web side leaks', async () => {
      await host.web('/leak');
      return (await host.connections()) >= BASELINE_MAX + 10;
    });
    const done = await host.run('reload-web');
    expect(done.result, host.details()).toMatchObject({ ending: 'done', reason: '' });
    expect(done.result?.lines[0]).toMatch(/connections [12]\d -> [0-2]$/);
    expect(await host.connections()).toBeLessThanOrEqual(BASELINE_MAX);
  });
});
