import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../local/database/open-database.ts';
import { describeWith } from '../../support/needs.ts';
import { databaseContract } from './database.contract.ts';

describeWith('mariadb', 'a private MariaDB keeps the database contract', () => databaseContract('server', 'mariadb'));

describeWith('mariadb', 'a private MariaDB', () => {
  it('runs without privileges in a directory with a long name, lets nobody in without a password, and leaves no process', async () => {
    const base = await mkdtemp(join(tmpdir(), 'runbell-db-'));
    await chmod(base, 0o755);
    const dir = join(base, 'x'.repeat(120));
    await mkdir(dir);
    const db = await openDatabase({ engine: 'server', maxConnections: 10, dir });
    const [pid] = db.pids;
    const owner = await stat(`/proc/${pid}`);
    expect(owner.uid).not.toBe(0);
    await expect(createConnection({ host: db.host, port: db.port, user: 'root' })).rejects.toThrow();
    await expect(createConnection({ host: db.host, port: db.port, user: '' })).rejects.toThrow();
    await expect(stat(join(dir, 'init.sql'))).rejects.toThrow();
    await db.stop();
    await expect(stat(`/proc/${pid}`)).rejects.toThrow();
    await rm(base, { recursive: true });
  });
});

describe('without a server that starts', () => {
  const path = process.env['PATH'];
  afterEach(() => {
    process.env['PATH'] = path;
  });

  it('falls back to the stand-in and says why, unless a server was asked for', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'runbell-db-'));
    const bin = join(dir, 'bin');
    await chmod(dir, 0o755);
    await mkdir(bin);
    for (const name of ['mariadbd', 'mariadb-install-db']) {
      await writeFile(join(bin, name), '#!/bin/sh\necho "no such luck" >&2\nexit 1\n', { mode: 0o755 });
    }
    process.env['PATH'] = `${bin}:${path}`;
    const db = await openDatabase({ engine: 'auto', maxConnections: 10, dir });
    expect(db).toMatchObject({ kind: 'embedded', note: expect.stringContaining('no such luck') });
    await db.stop();
    await rm(join(dir, 'data'), { recursive: true });
    await expect(openDatabase({ engine: 'server', maxConnections: 10, dir })).rejects.toThrow('no such luck');
    await rm(dir, { recursive: true });
  });
});
