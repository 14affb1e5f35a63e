import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { describeOnLaravel } from '../../hosts/describe-on-laravel.ts';
import { LaravelHost } from '../../hosts/laravel-host.ts';

describeOnLaravel('end-idle-connections on a Laravel host', () => {
  let host: LaravelHost;
  beforeAll(async () => {
    host = await LaravelHost.up();
  });
  afterAll(() => host.down());
  beforeEach(() => host.calm());

  it('cures a leak with the application’s own login: no restart, no failed job, later jobs run', async () => {
    await host.application.artisan('demo:dispatch', 'leaky', '30', '0.05');
    await host.until('jobs have leaked', async () => (await host.connections()) >= 30);
    const { user } = host.database.users.app;
    const asleep = `SELECT COUNT(*) AS n FROM information_schema.processlist WHERE user = '${user}' AND command = 'Sleep' AND time > 6`;
    await host.until('they were forgotten', async () => Number((await host.query(asleep))[0]?.['n']) >= 30);
    const [before, pids] = [await host.connections(), await host.pidsOf('sdpos-queue')];
    const dry = await host.run('end-idle-connections', { dryRun: true, person: { IdleSeconds: '6' } });
    expect(dry.result?.lines[0]).toMatch(
      /^with the application's own login, which sees and ends sessions of its own user/,
    );
    expect(await host.connections()).toBeGreaterThanOrEqual(before - 2);

    const done = await host.run('end-idle-connections', { person: { IdleSeconds: '6' } });
    expect(done, host.details()).toMatchObject({ status: 0, result: { ending: 'done' } });
    await host.until('they are gone', async () => (await host.connections()) < 12);
    expect(await host.pidsOf('sdpos-queue')).toEqual(pids);
    const { ended } = await host.ran('healthy');
    await host.application.artisan('demo:dispatch', 'healthy', '4');
    await host.until('later jobs run', async () => (await host.ran('healthy')).ended >= ended + 4);
    const [failed] = await host.query('SELECT COUNT(*) AS n FROM failed_jobs');
    expect(Number(failed?.['n'])).toBe(0);
    expect(host.strangers()).toEqual([]);
  });

  it('says that it was not let in when the database has no place for its login', async () => {
    await host.application.artisan('demo:dispatch', 'leaky', '70', '0.05');
    await host.until('the database is full', async () => (await host.connections()) >= 58);
    const done = await host.run('end-idle-connections', { person: { IdleSeconds: '99999' } });
    expect(done.result?.reason).toMatch(/^(the database refuses this login as well \(1040, |no session)/);
  });
});
