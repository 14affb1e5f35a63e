import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { processesOf } from '../../local/processes.ts';
import { describeOnLaravel } from '../hosts/describe-on-laravel.ts';
import { LaravelHost } from '../hosts/laravel-host.ts';

describeOnLaravel('a Laravel host', () => {
  it('comes up whole, is read without a change by a dry run, and leaves nothing behind', {
    timeout: 120_000,
  }, async () => {
    const host = await LaravelHost.up();
    try {
      expect(await host.health()).toMatch(/^healthy \d+ hello$/);
      await host.application.artisan('demo:dispatch', 'healthy', '3');
      await host.until('the jobs ran', async () => (await host.ran('healthy')).ended >= 3);

      const pids = await host.pidsOf('sdpos-queue');
      const dry = await host.run('restart-workers', { dryRun: true });
      expect(dry).toMatchObject({ status: 0, stderr: '', result: { ending: 'done', dryRun: true } });
      expect(dry.result?.lines).toEqual(
        expect.arrayContaining([
          expect.stringMatching(
            /^sdpos-queue\[\d\]: .* connections \d, would get 30 s to finish its job \(queueRestart\)/,
          ),
          expect.stringMatching(/^sdpos-scheduler\[\d\]: .* \(SIGTERM\), then be restarted$/),
        ]),
      );
      expect(await host.pidsOf('sdpos-queue')).toEqual(pids);
      expect(host.strangers()).toEqual([]);
    } finally {
      await host.down();
    }
    expect(processesOf(host.dir)).toEqual([]);
    expect(existsSync(host.dir)).toBe(false);
  });
});
