import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DatabaseOptions, RunningDatabase } from '../../../local/database/new-login.ts';
import { openDatabase } from '../../../local/database/open-database.ts';
import { asHolders, asReading, hold, logIn, until, untilIdle, watching } from '../../adapters/mysql/fixture.ts';

/** What the sampler and the demo application rely on, whichever database they are given. */
export function databaseContract(engine: DatabaseOptions['engine'], kind: RunningDatabase['kind']): void {
  let dir: string;
  let db: RunningDatabase;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'runbell-db-'));
    db = await openDatabase({ engine, maxConnections: 12, dir });
  });
  afterAll(async () => {
    await db.stop();
    await rm(dir, { recursive: true });
  });

  it('says what it is and how many it lets in', () => {
    expect(db).toMatchObject({ kind, maxConnections: 12, host: '127.0.0.1', dir, note: null });
    expect(db.version).toMatch(/^\d+\.\d+/);
  });

  it('counts the connections of the application as they come and go', async () => {
    const { sampler, target } = watching(db);
    expect(await sampler.take(target, 'counts', null)).toMatchObject({ connected: 0, running: 0, connectionsMax: 12 });
    const held = await hold(db, 5);
    expect(await sampler.take(target, 'counts', null)).toMatchObject({ connected: 5, running: 0, holders: null });
    await held.release();
    expect(await sampler.take(target, 'counts', null)).toMatchObject({ connected: 0, waitTimeoutSeconds: 28800 });
  });

  it('says who holds connections, and lets idle ages grow until the client speaks again', async () => {
    const { sampler, target } = watching(db);
    const first = await logIn(db, db.users.app);
    const look = async () => asHolders(await sampler.take(target, 'holders', null));
    await until(async () => ((await look()).groups[0]?.longestIdleSeconds ?? 0) >= 1);
    const second = await logIn(db, db.users.app);
    expect(await look()).toMatchObject({
      sight: 'whole',
      unauthenticated: 0,
      groups: [{ user: db.users.app.user, host: '127.0.0.1', database: null, connections: 2, sleeping: 2 }],
    });
    await first.query('SELECT 1');
    expect((await look()).groups[0]?.longestIdleSeconds).toBe(0);
    await Promise.all([first.end(), second.end()]);
    await untilIdle(db);
  });

  it('answers the application, and calls it running while a statement runs', async () => {
    const { sampler, target } = watching(db);
    const app = await logIn(db, db.users.app);
    await app.ping();
    await app.query('SET NAMES utf8mb4');
    expect((await app.query('SELECT 1'))[0]).toEqual([{ 1: 1 }]);
    const slow = app.query('SELECT SLEEP(0.5)');
    await until(async () => asReading(await sampler.take(target, 'counts', null)).running === 1);
    await slow;
    await expect(app.query('SELEC 1')).rejects.toMatchObject({ errno: 1064 });
    expect((await app.query('SELECT 1'))[0]).toEqual([{ 1: 1 }]);
    await app.end();
    await untilIdle(db);
  });

  it('refuses with 1040 when it is full, counts the refusals, and lets clients in again afterwards', async () => {
    const { sampler, target } = watching(db);
    const before = asReading(await sampler.take(target, 'counts', null));
    const held = await hold(db, 12);
    for (let tries = 0; tries < 3; tries += 1) {
      await expect(logIn(db, db.users.app)).rejects.toMatchObject({ errno: 1040 });
    }
    expect(await sampler.take(target, 'counts', before.counters)).toMatchObject({ kind: 'full', detail: null });
    expect(await sampler.detail(target, before.counters)).toBeNull();
    await held.release();
    const after = asReading(await sampler.take(target, 'counts', before.counters));
    expect(after.refused).toBeGreaterThanOrEqual(9);
    expect(after.attempts).toBeGreaterThanOrEqual(21);
  });

  it('refuses a wrong password with 1045', async () => {
    const login = { ...db.users.app, password: 'not the password' };
    await expect(logIn(db, login)).rejects.toMatchObject({ errno: 1045 });
    const { sampler, target } = watching(db, { ...db.users.monitor, password: 'not the password' });
    expect(await sampler.take(target, 'counts', null)).toMatchObject({ kind: 'unreadable', cause: 'denied' });
  });

  it('shows the application only itself', async () => {
    const held = await hold(db, 2, db.users.monitor);
    const { sampler, target } = watching(db, db.users.app);
    expect(asHolders(await sampler.take(target, 'holders', null))).toMatchObject({ sight: 'blind', groups: [] });
    await held.release();
  });
}
