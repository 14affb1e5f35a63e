import { appendFileSync, existsSync, lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { loadCatalogue } from '../../../lib/runbook-catalogue.ts';
import { processesOf } from '../../../local/processes.ts';
import { describeOnLaravel } from '../../hosts/describe-on-laravel.ts';
import { LaravelHost } from '../../hosts/laravel-host.ts';
import { RUNBOOKS } from '../../runbooks/support/deliver.ts';

const CATALOGUE = loadCatalogue('runbell', RUNBOOKS).map(({ manifest }) => manifest);

describeOnLaravel('every runbook on a Laravel host', () => {
  let host: LaravelHost;
  beforeAll(async () => {
    host = await LaravelHost.up();
    await host.run('snapshot-config');
    appendFileSync(join(host.application.directory, 'ecosystem.config.js'), '\n// changed since\n');
    await host.application.artisan('config:cache');
  });
  afterAll(() => host.down());
  beforeEach(() => host.calm());

  /** Everything that a script could have touched: the application's tree, Runbell's state, and who runs. */
  const look = async () => ({
    application: treeOf(host.application.directory),
    state: treeOf(join(host.dir, 'state')),
    processes: (await host.list()).map((one) => [one.pm_id, one.pid, one.pm2_env.restart_time]),
    web: processesOf(host.dir).filter((pid) => /^php-fpm: pool/.test(commandOf(pid))),
  });

  it.each(CATALOGUE.map(({ id }) => id))('%s changes nothing in a dry run, not even its own state', async (id) => {
    const before = await look();
    const done = await host.run(id, { dryRun: true });
    expect([0, 20]).toContain(done.status);
    expect(done).toMatchObject({ stderr: '', result: { dryRun: true } });
    expect(await look()).toEqual(before);
  });

  it.each(CATALOGUE.filter(({ risk }) => risk !== 'read').map(({ id }) => id))(
    '%s acts once when its run is delivered twice, tells no secret and leaves nothing of root behind',
    async (id) => {
      const wanted = { runId: `twice-${id}`, person: id === 'end-idle-connections' ? { IdleSeconds: '5' } : {} };
      const first = await host.run(id, wanted);
      expect(first.result?.ending, host.details()).toMatch(/^(done|nothingToDo)$/);
      const between = await look();
      const second = await host.run(id, wanted);
      expect([second.status, second.stdout]).toEqual([first.status, first.stdout]);
      expect((await look()).processes).toEqual(between.processes);
      expect(`${first.stdout}${first.stderr}${host.details()}`).not.toContain(host.database.users.app.password);
      expect(host.strangers()).toEqual([]);
      // Root's alone, details and kept copies alike.
      for (const [path, mode] of modesOf(join(host.dir, 'state'))) expect([path, mode & 0o077]).toEqual([path, 0]);
    },
  );
});

/** Content of files below it, by path, with mode and owner. Logs grow by themselves, and so do caches of workers. */
function treeOf(folder: string): Readonly<Record<string, string>> {
  if (!existsSync(folder)) return {};
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => !name.startsWith('storage/'),
  );
  return Object.fromEntries(
    names.sort().map((name) => {
      const stat = lstatSync(join(folder, name));
      const text = stat.isFile() ? readFileSync(join(folder, name), 'utf8') : '';
      return [name, `${stat.mode.toString(8)} ${stat.uid}:${stat.gid} ${text}`];
    }),
  );
}

function commandOf(pid: number): string {
  return existsSync(`/proc/${pid}/cmdline`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : '';
}

function modesOf(folder: string): readonly (readonly [string, number])[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return ['', ...names].map((name) => [name, statSync(join(folder, name)).mode & 0o777] as const);
}
