import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../local/database/open-database.ts';
import { asHolders, asReading, hold, until, watching } from '../../adapters/mysql/fixture.ts';
import { databaseContract } from './database.contract.ts';

describe('the embedded stand-in keeps the database contract', () => databaseContract('embedded', 'embedded'));

describe('the embedded stand-in', () => {
  it('counts clients that never log in, which fill it too', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'runbell-db-'));
    const db = await openDatabase({ engine: 'embedded', maxConnections: 3, dir });
    const { sampler, target } = watching(db);
    const silent = [1, 2].map(() => connect(db.port, db.host).on('error', () => undefined));
    await until(async () => asReading(await sampler.take(target, 'counts', null)).connected === 2);
    expect(asHolders(await sampler.take(target, 'holders', null))).toMatchObject({ unauthenticated: 2, groups: [] });
    await hold(db, 1);
    expect((await sampler.take(target, 'counts', null)).kind).toBe('full');
    // One client more than the limit gets as far as the login; the next one not even that.
    await until(async () => {
      const last = connect(db.port, db.host).on('error', () => undefined);
      silent.push(last);
      const [greeting] = await once(last, 'data');
      return greeting[4] === 10;
    });
    const [refusal] = await once(connect(db.port, db.host), 'data');
    expect([refusal[4], refusal.readUInt16LE(5)]).toEqual([0xff, 1040]);
    for (const socket of silent) socket.destroy();
    await until(async () => (await sampler.take(target, 'counts', null)).kind === 'reading');
    await db.stop();
    await rm(dir, { recursive: true });
  });

  it('ends clients and statements that still run when it stops', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'runbell-db-'));
    const db = await openDatabase({ engine: 'embedded', maxConnections: 3, dir });
    await hold(db, 2);
    await db.stop();
    await db.stop();
    const { sampler, target } = watching(db);
    expect(await sampler.take(target, 'counts', null)).toMatchObject({ cause: 'connectionRefused' });
    await rm(dir, { recursive: true });
  });
});
