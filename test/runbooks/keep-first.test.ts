import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigHost } from './support/config-host.ts';
import type { Delivered } from './support/deliver.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'runbell-first-'));
  execFileSync('chmod', ['755', root]);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A runbook that changes something on any host: it runs a command that the configuration names. */
function change(host: ConfigHost, dryRun = false): Promise<Delivered> {
  const application = { cacheCommands: { pages: '/bin/true' } };
  return host.run('clear-caches', { application, person: { What: 'pages' }, dryRun });
}

describe.concurrent('whatever changes something on a host', () => {
  it('keeps the configuration first, once for the same files, and never in a dry run', async () => {
    const host = new ConfigHost(root);
    await change(host, true);
    expect(host.versions()).toEqual([]);

    const first = await change(host);
    expect(first.result).toMatchObject({ ending: 'done', snapshot: { version: 1, isNew: true } });
    expect(first.result?.snapshot?.at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(first.result?.lines.at(-1)).toBe('before it, the configuration was kept as version 1');

    const second = await change(host);
    expect(second.result).toMatchObject({ snapshot: { version: 1, at: first.result?.snapshot?.at, isNew: false } });
    expect(second.result?.lines.join()).not.toContain('configuration');
    host.write('.env', 'APP_ENV=test\n');
    expect((await change(host)).result?.snapshot).toMatchObject({ version: 2, isNew: true });
  });

  it('is done without a copy when none can be kept and it changes no configuration itself, and says so', async () => {
    const host = new ConfigHost(root);
    mkdirSync(join(host.dir, 'state'), { mode: 0o700 });
    writeFileSync(join(host.dir, 'state', 'config'), 'in the way');
    const done = await change(host);
    expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.snapshot).toBeUndefined();
    expect(done.result?.lines.at(-1)).toMatch(/^before it, no copy of the configuration was kept: .* cannot be used$/);
  });

  it('waits for a look of Runbell’s own, and not for another run', async () => {
    const host = new ConfigHost(root);
    await change(host);
    const lock = join(host.dir, 'state', 'locks', 'shop');
    const hold = (holder: string) => {
      writeFileSync(lock, `${holder}\n`);
      return execFileSync('sh', [
        '-c',
        `exec 9>>"$1"; flock 9; sleep 4 </dev/null >/dev/null 2>&1 & echo $!`,
        'sh',
        lock,
      ]);
    };
    hold('beside-0123456789');
    chmodSync(lock, 0o600);
    expect((await change(host)).result).toMatchObject({ ending: 'done' });
    hold('run-of-somebody');
    expect((await change(host)).result).toMatchObject({ ending: 'refused' });
  });
});
