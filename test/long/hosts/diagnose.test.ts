import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnLaravel } from '../../hosts/describe-on-laravel.ts';
import { LaravelHost } from '../../hosts/laravel-host.ts';

describeOnLaravel('diagnose on a Laravel host', () => {
  let host: LaravelHost;
  beforeAll(async () => {
    host = await LaravelHost.up();
  });
  afterAll(() => host.down());

  it('joins sessions with processes, tells forgotten ones by their age, and finds the known causes', async () => {
    const { directory } = host.application;
    const file = join(directory, 'config/database.php');
    writeFileSync(file, readFileSync(file, 'utf8').replace("'strict' =>", "'pool' => ['max' => 5], 'strict' =>"));
    const job = join(directory, 'app/Jobs/HealthyJob.php');
    appendFileSync(job, '\n// function __destruct() { DB::disconnect(); }\n');
    await host.application.artisan('demo:dispatch', 'leaky', '20', '0.05');
    await host.until('jobs have leaked', async () => (await host.connections()) >= 20);
    await wait(21_000);
    const done = await host.run('diagnose');

    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    const text = `${done.result?.lines.join('\n')}\n${host.details()}`;
    expect(done.result?.lines.find((line) => line.startsWith('sdpos-queue holds'))).toMatch(
      /^sdpos-queue holds \d\d of 60 connections, (1[5-9]|2\d) idle > 20 s \(longest \d\d s\), pids( \d+:\d+){4}$/,
    );
    expect(text).toMatch(/sdpos-queue runs without --max-time/);
    expect(text).toMatch(/kill_timeout 3000 ms is below --timeout=60/);
    expect(text).toMatch(/has the key pool, which Laravel does not know/);
    expect(text).toMatch(/app\/Jobs\/HealthyJob\.php: __destruct disconnects/);
    expect(text).toMatch(/no limit per user/);
    expect(text).not.toContain(host.database.users.app.password);
    expect(host.strangers()).toEqual([]);
  });

  it('counts without a login while the database refuses everybody', async () => {
    await host.application.artisan('demo:dispatch', 'leaky', '70', '0.05');
    await host.until('the database is full', async () => (await host.connections()) >= 58);
    const done = await host.run('diagnose');
    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines.join('\n')).toMatch(/^sdpos-queue holds [5-6]\d( of 60)? connections/m);
  });
});
