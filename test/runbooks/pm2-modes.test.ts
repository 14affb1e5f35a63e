import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { type Pm2Host, STEADY } from './support/pm2-host.ts';
import { onHost, restart } from './support/restart.ts';

/** Finishes its job on the configured signal, and leaves. */
const LEAVES = `process.on('SIGUSR2', () => setTimeout(() => process.exit(0), 300)); ${STEADY}`;
const DRAIN = { application: { drainSignal: 'SIGUSR2' }, person: { DrainSeconds: '10' } } as const;

/** As an ecosystem file has it: not every setting has a word on PM2's command line. */
async function start(host: Pm2Host, name: string, settings: object): Promise<void> {
  const file = join(host.dir, `${name}.config.cjs`);
  const app = { name, script: host.write(name, LEAVES), ...settings };
  writeFileSync(file, `module.exports = ${JSON.stringify({ apps: [app] })};`, { mode: 0o644 });
  await host.pm2('-s', 'start', file);
}

describe.concurrent('what PM2 can be told of a process', { timeout: 180_000 }, () => {
  it.each([
    ['autorestart: false, so nobody starts the next', { autorestart: false }],
    ['stop_exit_codes, so a drained one counts as stopped', { stop_exit_codes: [0] }],
    ['restart_delay, so the next comes late', { restart_delay: 6_000 }],
    ['exp_backoff_restart_delay', { exp_backoff_restart_delay: 200 }],
    ['max_memory_restart', { max_memory_restart: '500M' }],
    ['kill_timeout and a namespace', { kill_timeout: 5000, namespace: 'shop' }],
  ])('leaves it drained, up once and not cut with %s', (_, settings) =>
    onHost(async (host) => {
      await start(host, 'worker', settings);
      const old = await host.pidOf('worker');
      const done = await restart(host, DRAIN);
      expect(done, JSON.stringify(done.result)).toMatchObject({ status: 0, result: { ending: 'done' } });
      expect(done.result?.lines[0]).toMatch(new RegExp(`^worker\\[0\\]: drained, pid ${old} -> \\d+, up \\d+ s`));
      const [listed, ...more] = await host.list();
      expect([listed?.pid === old, listed?.pm2_env.status, more]).toEqual([false, 'online', []]);
    }),
  );

  it('says that its watch is on', () =>
    onHost(async (host) => {
      const folder = join(host.dir, 'watched');
      mkdirSync(folder);
      await start(host, 'worker', { watch: [folder] });
      const done = await restart(host, DRAIN);
      expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
      expect(done.result?.lines[0]).toMatch(/^worker\[0\]: PM2's watch is on: every change of a file restarts it/);
    }));

  it('refuses a name that several namespaces have, because one of them may be another application', () =>
    onHost(async (host) => {
      await host.start('worker', LEAVES, '--namespace', 'shop');
      await host.start('worker', LEAVES, '--namespace', 'desk', '-f');
      const before = (await host.list()).map(({ pid }) => pid);
      const done = await restart(host, DRAIN);
      expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
      expect(done.result?.reason).toMatch(/^PM2 has worker in several namespaces/);
      expect((await host.list()).map(({ pid }) => pid)).toEqual(before);
    }));

  it('leaves other applications of the same daemon alone, also one whose name has spaces and one called like a space', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      await host.start('other worker', STEADY, '--namespace', 'worker');
      await host.start('desk', STEADY, '--namespace', 'worker');
      const before = (await host.list()).map(({ pid }) => pid);
      const done = await restart(host, { person: { DrainSeconds: '0' } });
      expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
      const after = (await host.list()).map(({ pid }) => pid);
      expect([after[0] === before[0], after.slice(1)]).toEqual([false, before.slice(1)]);
    }));

  it('is one of sixty', () =>
    onHost(async (host) => {
      const file = join(host.dir, 'many.config.cjs');
      const many = Array.from({ length: 60 }, (_, at) => ({ name: `other-${at}`, script: '/bin/sleep', args: '300' }));
      const apps = [...many, { name: 'worker', script: '/bin/sleep', args: '300' }];
      const text = JSON.stringify({ apps: apps.map((app) => ({ ...app, interpreter: 'none' })) });
      writeFileSync(file, `module.exports = ${text};`, { mode: 0o644 });
      await host.pm2('-s', 'start', file);
      const done = await restart(host, { person: { DrainSeconds: '0' } });
      expect(done, JSON.stringify(done.result)).toMatchObject({ status: 0, result: { ending: 'done' } });
      expect(done.result?.processes).toHaveLength(1);
    }));
});

describeWith('php', 'Laravel processes that are no plain queue workers', () => {
  /** Does what an artisan of that name does with signals. */
  const HORIZON = `<?php pcntl_async_signals(true); pcntl_signal(SIGCONT, fn() => 0);
    pcntl_signal(SIGTERM, function () { file_put_contents(getenv('SEEN'), 'terminated'); exit(0); });
    while (true) { usleep(100000); }`;
  const LISTEN = '<?php while (true) { usleep(100000); }';

  it.each([
    ['horizon', HORIZON, 'terminated'],
    ['queue:listen', LISTEN, ''],
  ])('asks %s by SIGTERM, which ends it and lets its workers finish', (word, program, seen) =>
    onHost(async (host) => {
      const [script, mark] = [join(host.dir, 'artisan'), join(host.dir, 'home', 'seen')];
      writeFileSync(script, program, { mode: 0o644 });
      const file = join(host.dir, 'php.config.cjs');
      const app = { name: 'worker', script, args: word, interpreter: 'php', env: { SEEN: mark } };
      writeFileSync(file, `module.exports = ${JSON.stringify({ apps: [app] })};`, { mode: 0o644 });
      await host.runAsUser('-e', `require('fs').writeFileSync(${JSON.stringify(mark)}, '')`);
      await host.pm2('-s', 'start', file);
      const done = await restart(host, { application: { kind: 'laravel' }, person: { DrainSeconds: '10' } });
      expect(done, JSON.stringify(done.result)).toMatchObject({ status: 0, result: { ending: 'done' } });
      expect(done.result?.lines.join('\n')).toMatch(/worker\[0\]: drained, pid/);
      expect(readFileSync(mark, 'utf8')).toBe(seen);
    }),
  );
});
