import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunningDatabase } from '../../../local/database/new-login.ts';
import { openDatabase } from '../../../local/database/open-database.ts';
import { describeWith } from '../../support/needs.ts';
import {
  asReading,
  causeOf,
  dropConnections,
  logIn,
  refusedLogin,
  samplerWith,
  targetAt,
  until,
  watching,
} from './fixture.ts';

describeWith('mariadb', 'the sampler while a real MariaDB is in trouble', () => {
  let dir: string;
  let db: RunningDatabase;
  let pid: number;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'runbell-db-'));
    db = await openDatabase({ engine: 'server', maxConnections: 10, dir });
    pid = db.pids[0] ?? 0;
  });
  afterAll(async () => {
    dropConnections();
    process.kill(pid, 'SIGKILL');
    await until(() =>
      stat(`/proc/${pid}/exe`).then(
        () => false,
        () => true,
      ),
    );
    await rm(dir, { recursive: true });
  });

  it('tells a frozen server, and goes on when it thaws', async () => {
    const { user, password } = db.users.monitor;
    const sampler = samplerWith(password, { limits: { connectMs: 3_000 } });
    process.kill(pid, 'SIGSTOP');
    expect(causeOf(await sampler.take(targetAt(db.port, user), 'counts', null))).toBe('frozen');
    process.kill(pid, 'SIGCONT');
    asReading(await sampler.take(targetAt(db.port, user), 'counts', null));
  });

  it('finds nothing after a crash, and counts from zero after the restart', async () => {
    const { sampler, target } = watching(db);
    const asAdmin = () => logIn(db, db.users.admin ?? db.users.app);
    const admin = await asAdmin();
    for (let failures = 0; failures < 3; failures += 1) await refusedLogin(db, admin);
    await until(async () => asReading(await sampler.take(target, 'counts', null)).uptimeSeconds >= 2);
    const before = asReading(await sampler.take(target, 'counts', null));
    expect(before.counters.abortedConnects).toBeGreaterThanOrEqual(3);
    const restart = await crash(pid, dir);
    await until(async () => causeOf(await sampler.take(target, 'counts', null)) === 'connectionRefused');
    pid = await restart();
    await until(async () => (await sampler.take(target, 'counts', null)).kind === 'reading');
    await refusedLogin(db, await asAdmin());
    const after = asReading(await sampler.take(target, 'counts', before.counters));
    expect(after.uptimeSeconds).toBeLessThanOrEqual(before.uptimeSeconds);
    expect(after.refused).toBe(1);
  });
});

/** Kills a server; what it returns starts the same server again on the same data. */
async function crash(pid: number, dir: string): Promise<() => Promise<number>> {
  const commandLine = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').filter((part) => part !== '');
  const [program = '', ...settings] = commandLine.filter((part) => !part.startsWith('--init-file'));
  const { uid, gid } = await stat(join(dir, 'data'));
  process.kill(pid, 'SIGKILL');
  await until(() =>
    stat(`/proc/${pid}/exe`).then(
      () => false,
      () => true,
    ),
  );
  return async () => {
    const child = spawn(program, settings, { uid, gid, cwd: dir, stdio: 'ignore' });
    await once(child, 'spawn');
    return child.pid ?? 0;
  };
}
