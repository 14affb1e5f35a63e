import { readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnLaravel } from '../../hosts/describe-on-laravel.ts';
import { LaravelHost } from '../../hosts/laravel-host.ts';

const QUEUE = 'sdpos-queue';
const WORKERS = 4;

describeOnLaravel('restart-workers on a Laravel host', () => {
  let host: LaravelHost;
  beforeAll(async () => {
    host = await LaravelHost.up();
  });
  afterAll(() => host.down());
  beforeEach(() => host.calm());

  async function fourSlowJobs(seconds: number): Promise<void> {
    await host.application.artisan('demo:dispatch', 'slow', String(WORKERS), String(seconds));
    await host.until('four jobs run', async () => (await host.ran('slow')).begun === WORKERS);
  }

  it.each([
    ['queueRestart', 'a cache on files', 'file'],
    ['SIGTERM', 'no cache that is shared', 'array'],
  ])('cuts none of four running jobs, by %s with %s', async (how, _, store) => {
    setEnvironment(host, 'CACHE_DRIVER', store);
    await fourSlowJobs(8);
    const before = await host.pidsOf(QUEUE);
    const dry = await host.run('restart-workers', { dryRun: true });
    expect(dry.result?.lines.join('\n')).toMatch(
      new RegExp(`sdpos-queue.*would get 30 s to finish its job \\(${how}\\)`),
    );
    const done = await host.run('restart-workers');
    setEnvironment(host, 'CACHE_DRIVER', 'file');

    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done', reason: '' } });
    const queue = done.result?.lines.filter((line) => line.startsWith(`${QUEUE}[`)) ?? [];
    expect(queue).toHaveLength(WORKERS);
    for (const line of queue) expect(line).toMatch(/: drained, pid \d+ -> \d+, up \d+ s, connections 1 -> [01]$/);
    expect(await host.ran('slow')).toEqual({ begun: WORKERS, ended: WORKERS });
    const after = await host.pidsOf(QUEUE);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    expect(host.strangers()).toEqual([]);
  });

  it('cuts what does not finish in time, and says so', async () => {
    await fourSlowJobs(60);
    const done = await host.run('restart-workers', { person: { DrainSeconds: '2' } });

    expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines.filter((line) => /^sdpos-queue\[\d\]: cut, pid/.test(line))).toHaveLength(WORKERS);
    expect((await host.ran('slow')).ended).toBe(0);
  });

  it('frees what a leak holds while the database refuses everybody', async () => {
    await host.application.artisan('demo:dispatch', 'leaky', '70', '0.1');
    await host.until('the database is full', async () => (await host.connections()) >= 58);
    const full = await host.connections();
    const dry = await host.run('restart-workers', { dryRun: true });
    const done = await host.run('restart-workers');

    const held = (dry.result?.lines ?? []).map((line) => Number(/connections (\d+)/.exec(line)?.[1] ?? 0));
    expect(held.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(50);
    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines.join('\n')).toMatch(/connections \d\d -> [01]$/m);
    expect(full).toBeGreaterThan(57);
    await host.query('TRUNCATE jobs');
    expect(await host.connections()).toBeLessThan(10);
  });

  it('applies changed arguments of the ecosystem file when asked, and says what PM2 cannot apply', async () => {
    const file = host.application.ecosystemFile;
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace("'--timeout=60'", "'--timeout=60', '--max-jobs=100'"));
    const plain = await host.run('restart-workers');
    expect(plain.result?.lines[0]).toMatch(/^sdpos-queue: the ecosystem file has other arguments than what runs/);
    expect((await host.list())[0]?.pm2_env.args).not.toContain('--max-jobs=100');

    const done = await host.run('restart-workers', { person: { Reload: 'yes' } });
    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines.join('\n')).not.toMatch(/other arguments/);
    const [worker] = await host.list();
    expect(worker?.pm2_env.args).toContain('--max-jobs=100');
    // What PM2 starts from a file gets the environment of whoever asked, and ours is none of its business.
    const environment = readFileSync(`/proc/${worker?.pid}/environ`, 'utf8');
    expect(environment).not.toMatch(/PM2_NODE_OPTIONS|SSM_|RUNBELL_/);

    writeFileSync(file, text);
  });

  it('says that a changed number of instances and removed arguments need delete and start', async () => {
    const file = host.application.ecosystemFile;
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace("args: ['schedule:work'],", '').replace('instances: 4', 'instances: 6'));
    const done = await host.run('restart-workers', { person: { Reload: 'yes', DrainSeconds: '0' } });
    writeFileSync(file, text);

    const lines = done.result?.lines.join('\n') ?? '';
    expect(lines).toContain('sdpos-queue: the file wants 6 instances, 4 run: only pm2 delete and start change that');
    expect(lines).toContain('sdpos-scheduler: the ecosystem file has other arguments than what runs');
    expect(await host.pidsOf(QUEUE)).toHaveLength(WORKERS);
  });

  it.each([
    ['cannot be read as JavaScript', (text: string) => `${text}}`],
    ['names a process without a script', (text: string) => text.replace(/script: 'artisan',/, '')],
    ['has none of the processes', (text: string) => text.replaceAll('sdpos-', 'other-')],
  ])('refuses an ecosystem file that %s, and changes nothing', async (_, broken) => {
    const file = host.application.ecosystemFile;
    const text = readFileSync(file, 'utf8');
    const before = await host.pidsOf(QUEUE);
    writeFileSync(file, broken(text));
    const done = await host.run('restart-workers', { person: { Reload: 'yes' } });
    writeFileSync(file, text);

    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(done.result?.reason).toMatch(/nothing was changed$/);
    expect(await host.pidsOf(QUEUE)).toEqual(before);
  });
});

function setEnvironment(host: LaravelHost, name: string, value: string): void {
  const file = `${host.application.directory}/.env`;
  writeFileSync(file, readFileSync(file, 'utf8').replace(new RegExp(`^${name}=.*$`, 'm'), `${name}=${value}`));
}
