import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { processesOf } from '../../../local/processes.ts';
import { describeOnLaravel } from '../../hosts/describe-on-laravel.ts';

const run = promisify(execFile);
const HOSTS = join(import.meta.dirname, '..', '..', 'hosts');
const BIN = join(import.meta.dirname, '..', '..', '..', 'bin', 'runbell.mjs');

describeOnLaravel('the host that one script brings up and one takes down', () => {
  it('runs what somebody asks of it at a terminal, and leaves nothing behind', async () => {
    const { stdout } = await run(process.execPath, [join(HOSTS, 'up.ts')]);
    const dir = /down\.ts (\S+)/.exec(stdout)?.[1] ?? '';
    try {
      const [, DB_PASSWORD = ''] = readFileSync(join(dir, 'environment'), 'utf8').trim().split('=');
      const env = { ...process.env, DB_PASSWORD, RUNBELL_STATE_DIR: join(dir, 'state') };
      const where = ['--host', 'local', '--application', 'sdpos', '--config', join(dir, 'runbell.config.mjs')];
      const asked = await run(process.execPath, [BIN, 'runbook', 'run', 'restart-workers', ...where, '--dry-run'], {
        env,
      });
      expect(asked.stdout).toMatch(/^done\n {2}sdpos-queue\[0\]: pid \d+, online, connections \d, would get 30 s/);
    } finally {
      await run(process.execPath, [join(HOSTS, 'down.ts'), dir]);
    }
    expect([processesOf(dir), existsSync(dir)]).toEqual([[], false]);
  });
});
