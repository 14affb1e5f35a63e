import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { describeOnLaravel } from '../../hosts/describe-on-laravel.ts';
import { LaravelHost } from '../../hosts/laravel-host.ts';
import { needs } from '../../support/needs.ts';

const QUEUE = 'sdpos-queue';
const WORKERS = 4;
/** As a PHP without pcntl behaves: nothing finishes a job on a signal. */
const WITHOUT_PCNTL = `$this->app['events']->listen(\\Illuminate\\Queue\\Events\\Looping::class, function () {
            pcntl_signal(SIGTERM, SIG_DFL);
            pcntl_signal(SIGCONT, SIG_IGN);
        });`;

const WHAT = 'a Laravel host whose cache is in Redis, or that is down for maintenance';
const describeHere = needs('redis', WHAT) === describe ? describeOnLaravel : describe.skip;

describeHere(WHAT, () => {
  let host: LaravelHost;
  let redis: ChildProcess | null = null;
  let port = 0;
  let original: Readonly<Record<string, string>> = {};
  const path = (file: string) => join(host.application.directory, file);
  const PROVIDER = 'app/Providers/AppServiceProvider.php';

  beforeAll(async () => {
    host = await LaravelHost.up();
    port = await freePort();
    const files = ['.env', 'config/app.php', 'config/database.php', 'ecosystem.config.js', PROVIDER];
    original = Object.fromEntries(files.map((file) => [file, readFileSync(path(file), 'utf8')]));
  });
  afterAll(async () => {
    await endRedis();
    await host.down();
  });
  beforeEach(async () => {
    await startRedis();
  });
  afterEach(async () => {
    for (const [file, text] of Object.entries(original)) writeFileSync(path(file), text);
    await workersAnew();
    await endRedis();
    await host.calm();
  });

  async function startRedis(): Promise<void> {
    const words = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--dir', host.dir];
    const child = spawn('redis-server', words, { stdio: ['ignore', 'pipe', 'ignore'] });
    redis = child;
    let told = '';
    for await (const chunk of child.stdout ?? []) {
      told += String(chunk);
      if (told.includes('Ready to accept connections')) break;
    }
    child.stdout?.resume();
  }

  async function endRedis(): Promise<void> {
    if (redis === null || redis.exitCode !== null || redis.signalCode !== null) return;
    const ended = once(redis, 'exit');
    redis.kill('SIGKILL');
    await ended;
  }

  const change = (file: string, from: string | RegExp, to: string) =>
    writeFileSync(path(file), readFileSync(path(file), 'utf8').replace(from, to));

  /** The cache of all workers is Redis from now on. */
  async function cacheInRedis(provider = ''): Promise<void> {
    change(
      'config/app.php',
      "'providers' => [",
      "'providers' => [\n        Illuminate\\Redis\\RedisServiceProvider::class,",
    );
    const connection = `'default' => ['host' => '127.0.0.1', 'port' => ${port}, 'database' => 0]`;
    change(
      'config/database.php',
      "'migrations' =>",
      `'redis' => ['client' => 'phpredis', ${connection}],\n    'migrations' =>`,
    );
    change('.env', /^CACHE_DRIVER=.*$/m, 'CACHE_DRIVER=redis');
    change(PROVIDER, /boot\(\)\s*\{/, `boot()\n    {\n        ${provider}`);
    await workersAnew();
  }

  async function workersAnew(): Promise<void> {
    const before = await host.pidsOf(QUEUE);
    await host.application.pm2('restart', QUEUE);
    await host.until('new workers are at work', async () => {
      const now = await host.pidsOf(QUEUE);
      return now.every((pid) => pid > 0 && !before.includes(pid)) && (await host.connections()) >= WORKERS;
    });
  }

  async function slowJobs(seconds: number): Promise<void> {
    await host.application.artisan('demo:dispatch', 'slow', String(WORKERS), String(seconds));
    await host.until('the jobs run', async () => (await host.ran('slow')).begun === WORKERS);
  }

  it('lets workers without pcntl leave by queue:restart through Redis, and cuts none of four jobs', async () => {
    await cacheInRedis(WITHOUT_PCNTL);
    await slowJobs(6);
    const dry = await host.run('restart-workers', { dryRun: true });
    expect(dry.result?.lines.join('\n')).toMatch(/sdpos-queue.*would get 30 s to finish its job \(queueRestart\)/);
    const done = await host.run('restart-workers');
    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines.filter((line) => /^sdpos-queue\[\d+\]: drained, /.test(line))).toHaveLength(WORKERS);
    expect(await host.ran('slow')).toEqual({ begun: WORKERS, ended: WORKERS });
  });

  it.each([
    ['refuses', () => endRedis()],
    ['hangs', async () => void redis?.kill('SIGSTOP')],
  ])('refuses while Redis %s, because new workers would end until PM2 gives up, and cuts no job', async (_, fail) => {
    await cacheInRedis();
    await slowJobs(20);
    const before = await host.pidsOf(QUEUE);
    await fail();
    const done = await host.run('restart-workers');
    const clear = await host.run('clear-caches', { person: { What: 'optimize' } });
    expect(await host.pidsOf(QUEUE)).toEqual(before);
    await endRedis();
    await startRedis();
    for (const { status, result } of [done, clear]) {
      expect([status, result?.ending]).toEqual([20, 'refused']);
      expect(result?.reason).toMatch(/^its cache does not answer.*nothing was changed$/);
    }
    await host.until('the jobs end', async () => (await host.ran('slow')).ended === WORKERS);
  });

  it('restarts workers that wait in maintenance mode, says so, and does not end it', async () => {
    await host.application.artisan('down');
    const done = await host.run('restart-workers');
    const diagnosis = await host.run('diagnose');
    const isDown = existsSync(path('storage/framework/down'));
    await host.application.artisan('up');
    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines.join('\n')).toContain('the application is in maintenance mode (php artisan up ends it)');
    expect(`${diagnosis.result?.lines.join('\n')}${host.details()}`).toContain('php artisan up');
    expect(isDown).toBe(true);
  });

  it('lets what queue:listen has started finish its job', async () => {
    change('ecosystem.config.js', "'queue:work', '--sleep=1', '--tries=3'", "'queue:listen', '--sleep=1', '--tries=3'");
    await host.application.pm2('delete', QUEUE);
    await host.application.pm2('start', host.application.ecosystemFile, '--only', QUEUE);
    await slowJobs(6);
    const done = await host.run('restart-workers');
    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    await host.until('the jobs end', async () => (await host.ran('slow')).ended === WORKERS);
    expect((await host.ran('slow')).begun).toBe(WORKERS);
    change('ecosystem.config.js', 'queue:listen', 'queue:work');
    await host.application.pm2('delete', QUEUE);
    await host.application.pm2('start', host.application.ecosystemFile, '--only', QUEUE);
  });

  it('looks at the end of a log of two gigabytes, and masks a key over several lines', async () => {
    const log = path('storage/logs/laravel-big.log');
    mkdirSync(path('storage/logs'), { recursive: true });
    writeFileSync(log, '');
    truncateSync(log, 2 ** 31);
    const key = ['-----BEGIN TEST KEY-----', 'dGVzdC1zZWNyZXQtb25l', 'dGVzdC1zZWNyZXQtdHdv', '-----END TEST KEY-----'];
    const lines = [
      'SQLSTATE[HY000] [1040] Too many connections',
      'mysql://app:test-password@db/shop',
      'Bearer test-token',
    ];
    appendFileSync(log, `\n[2026-05-04 02:00:11] production.ERROR: ${lines.join(' ')} ${key.join('\n')}\n`);
    const owner = String(host.application.owner.uid);
    execFileSync('chown', [owner, log]);
    const done = await host.run('diagnose');
    const told = `${done.stdout}${host.details()}`;
    expect(done, told).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(told).toContain('Too many connections');
    expect(told).not.toMatch(/dGVzdC|test-password@|test-token/);
    execFileSync('rm', [log]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
