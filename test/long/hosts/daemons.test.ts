import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { processesOf } from '../../../local/processes.ts';
import { describeOnLaravel } from '../../hosts/describe-on-laravel.ts';
import { LaravelHost } from '../../hosts/laravel-host.ts';

const isRoot = process.getuid?.() === 0;
const QUEUE = 'sdpos-queue';

describeOnLaravel('a Laravel host whose PM2 daemon is not as it should be', () => {
  let host: LaravelHost;
  beforeEach(async () => {
    host = await LaravelHost.up();
  });
  afterEach(() => host.down());

  const provider = () => join(host.application.directory, 'app/Providers/AppServiceProvider.php');
  const daemonPid = () => Number(readFileSync(join(host.application.pm2Home, 'pm2.pid'), 'utf8'));

  it('daemon killed: names its orphans, leaves them at work, and ends them beside a new daemon when asked', async () => {
    const orphans = await host.pidsOf(QUEUE);
    const [scheduler = 0] = await host.pidsOf('sdpos-scheduler');
    process.kill(daemonPid(), 'SIGKILL');
    const alone = await host.run('restart-workers', { person: { Orphans: 'end' } });
    expect(alone).toMatchObject({ status: 30, result: { ending: 'failed' } });
    expect(alone.result?.reason).toMatch(/^no PM2 daemon runs for .*none was started either$/);
    expect(alone.result?.lines).toHaveLength(5);
    expect(orphans.every(isRunning)).toBe(true);

    await host.application.pm2('start', host.application.ecosystemFile);
    const left = await host.run('restart-workers');
    expect(left, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(left.result?.lines.filter((line) => line.startsWith('orphan of a killed PM2 daemon'))).toHaveLength(5);
    // queue:restart reaches queue workers whoever started them; the scheduler does not listen to it.
    expect(orphans.map(isRunning)).toEqual([false, false, false, false]);
    expect(isRunning(scheduler)).toBe(true);
    const ended = await host.run('restart-workers', { person: { Orphans: 'end' } });
    expect(ended, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(isRunning(scheduler)).toBe(false);
    expect(host.strangers()).toEqual([]);
  });

  it('daemon absent: what needs it fails, changes nothing and starts none; what does not goes on', async () => {
    await host.run('snapshot-config');
    await host.application.pm2('kill');
    writeFileSync(provider(), `${readFileSync(provider(), 'utf8')}\n// changed\n`);
    await host.application.artisan('config:cache');
    const cached = join(host.application.directory, 'bootstrap/cache/config.php');
    const before = readFileSync(provider(), 'utf8');
    for (const id of ['restart-workers', 'clear-caches', 'rollback-config']) {
      const done = await host.run(id);
      expect(done).toMatchObject({ status: 30, result: { ending: 'failed' } });
      expect(done.result?.reason).toMatch(/^no PM2 daemon runs for .*none was started either$/);
    }
    expect([existsSync(cached), readFileSync(provider(), 'utf8')]).toEqual([true, before]);
    for (const id of ['diagnose', 'diff-config', 'snapshot-config', 'reload-web']) {
      expect(await host.run(id)).toMatchObject({ status: 0, result: { ending: 'done' } });
    }
    expect(processesOf(host.application.pm2Home)).toEqual([]);
    expect(host.strangers()).toEqual([]);
  });

  it.runIf(isRoot)('wrong user: refuses, and touches nothing', async () => {
    await host.run('snapshot-config');
    writeFileSync(provider(), `${readFileSync(provider(), 'utf8')}\n// changed\n`);
    await host.application.artisan('config:cache');
    const [pids, text] = [await host.pidsOf(QUEUE), readFileSync(provider(), 'utf8')];
    for (const id of ['restart-workers', 'clear-caches', 'rollback-config']) {
      const done = await host.run(id, { application: { user: 'daemon' } });
      expect(done, host.details()).toMatchObject({ status: 20, result: { ending: 'refused' } });
      expect(done.result?.reason).toMatch(/nothing was changed$/);
    }
    expect([await host.pidsOf(QUEUE), readFileSync(provider(), 'utf8')]).toEqual([pids, text]);
    expect(host.strangers()).toEqual([]);
  });

  it('daemon hung: refuses, and touches no worker', async () => {
    const before = await host.pidsOf(QUEUE);
    process.kill(daemonPid(), 'SIGSTOP');
    const refused = await Promise.all([
      host.run('restart-workers'),
      host.application.artisan('config:cache').then(() => host.run('clear-caches', { runId: 'run-caches' })),
    ]).finally(() => process.kill(daemonPid(), 'SIGCONT'));
    for (const one of refused) expect(one).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(existsSync(join(host.application.directory, 'bootstrap/cache/config.php'))).toBe(true);
    expect(await host.pidsOf(QUEUE)).toEqual(before);
  });
});

/** Nobody may be there to reap an orphan, so it can stay as a zombie. */
function isRunning(pid: number): boolean {
  return existsSync(`/proc/${pid}`) && !/ [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, ''));
}
