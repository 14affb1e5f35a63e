import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect as connectTo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Login, RunningDatabase } from '../../local/database/new-login.ts';
import { openDatabase } from '../../local/database/open-database.ts';
import { describeWith } from '../support/needs.ts';
import { ConfigHost, type Wanted } from './support/config-host.ts';

describeWith('mariadb', 'end-idle-connections', () => {
  let dir = '';
  let database: RunningDatabase;
  let watcher: Connection;
  let extraPort = 0;
  const opened: Connection[] = [];
  const hosts: ConfigHost[] = [];
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'runbell-idle-'));
    chmodSync(dir, 0o755);
    mkdirSync(join(dir, 'database'));
    extraPort = await freePort();
    database = await openDatabase({
      engine: 'server',
      maxConnections: 12,
      dir: join(dir, 'database'),
      serverArguments: [`--extra-port=${extraPort}`, '--extra-max-connections=2'],
    });
    watcher = await connect(database.users.admin ?? database.users.app);
  });
  afterEach(() => {
    for (const connection of opened.splice(0)) connection.destroy();
  });
  afterAll(async () => {
    watcher.destroy();
    await database.stop();
    for (const host of hosts) host.close();
    rmSync(dir, { recursive: true, force: true });
  });

  async function connect(login: Login): Promise<Connection> {
    const connection = await createConnection({ host: database.host, port: database.port, ...login });
    connection.on('error', () => {});
    return connection;
  }

  /** Sessions that sleep for so long that the least bound of five seconds is passed. */
  async function sleepers(login: Login, count: number): Promise<readonly number[]> {
    const mine = await Promise.all(Array.from({ length: count }, () => connect(login)));
    opened.push(...mine);
    const ids = mine.map((one) => one.threadId);
    for (;;) {
      const there = await sessions();
      if (ids.every((id) => (there.get(id) ?? 0) > 5)) return ids;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Seconds asleep by number. */
  async function sessions(): Promise<ReadonlyMap<number, number>> {
    const [rows] = await watcher.query<never[]>('SELECT id, time FROM information_schema.processlist');
    return new Map(rows.map(({ id, time }) => [Number(id), Number(time)]));
  }

  async function end(login: Login | null, wanted: Wanted = {}, port = database.port) {
    const host = new ConfigHost();
    hosts.push(host);
    const file = join(host.dir, 'login.cnf');
    const { user, password } = login ?? { user: '', password: '' };
    const lines = ['[client]', `host=${database.host}`, `port=${port}`, `user=${user}`, `password=${password}`];
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    const done = await host.run('end-idle-connections', {
      ...wanted,
      application: {
        databaseUsers: [database.users.app.user],
        ...(login === null ? {} : { databaseLoginFile: file }),
        ...wanted.application,
      },
      person: { IdleSeconds: '5', ...wanted.person },
    });
    expect(password === '' || !host.told(done).includes(password)).toBe(true);
    return done;
  }

  it('takes no user for the application’s whose name differs in its letters’ case alone', async () => {
    const { user } = database.users.app;
    const login = { user: `${user[0]?.toUpperCase()}${user.slice(1)}`, password: 'test-password' };
    await watcher.query(`CREATE USER '${login.user}'@'%' IDENTIFIED BY '${login.password}'`);
    const [other] = await sleepers(login, 1);
    const [seen] = await watcher.query<never[]>(`SELECT id FROM information_schema.processlist WHERE user = '${user}'`);
    expect(seen.map(({ id }) => Number(id))).toContain(other);
    const done = await end(database.users.admin ?? database.users.app);
    expect(done).toMatchObject({ status: 0, result: { ending: 'nothingToDo' } });
    expect((await sessions()).has(other ?? 0)).toBe(true);
  });

  it('ends as many sleeping sessions of the application as it is told, none in a dry run or with a login that may not', async () => {
    const [app, others] = await Promise.all([sleepers(database.users.app, 3), sleepers(database.users.monitor, 1)]);
    const { admin = database.users.app } = database.users;
    const dry = await end(admin, { dryRun: true });
    expect(dry).toMatchObject({ status: 0, result: { ending: 'done', dryRun: true } });
    expect(dry.result?.lines[1]).toMatch(
      /^3 sessions would be ended \(at most 50\), the longest asleep for \d+ s, from /,
    );
    const before = await sessions();
    expect([...app, ...others].every((id) => before.has(id))).toBe(true);

    const denied = await end(database.users.monitor);
    expect(denied).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(denied.result?.reason).toBe('the database did not allow it; nothing was changed');
    const still = await sessions();
    expect(app.every((id) => still.has(id))).toBe(true);

    expect(await end(admin, { person: { AtMost: '1' } })).toMatchObject({ status: 0, result: { ending: 'done' } });
    const between = await sessions();
    expect(app.filter((id) => between.has(id))).toHaveLength(2);

    const done = await end(admin);
    expect(done).toMatchObject({ status: 0, stderr: '', result: { ending: 'done' } });
    expect(done.result?.lines).toEqual([
      'with an administrative login from the configured file',
      expect.stringMatching(
        /^2 sessions were ended, the longest had slept for \d+ s; 0 woke up or left by themselves$/,
      ),
      expect.stringMatching(/^connections \d+ -> \d+$/),
      expect.stringMatching(/^before it, /),
    ]);
    const after = await sessions();
    expect([app.some((id) => after.has(id)), others.every((id) => after.has(id))]).toEqual([false, true]);
    expect((await end(admin)).result?.ending).toBe('nothingToDo');
  });

  it('is let in with an administrative login while the database refuses everybody else', async () => {
    const app = await sleepers(database.users.app, 11);
    await expect(connect(database.users.app)).rejects.toThrow(/Too many connections/);
    const done = await end(database.users.admin ?? null);
    expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
    const after = await sessions();
    expect(app.some((id) => after.has(id))).toBe(false);
  });

  it('is let in over the extra port when not even an administrative login has a place', async () => {
    const app = await sleepers(database.users.app, 11);
    const { admin = database.users.app } = database.users;
    opened.push(await connect(admin));
    await expect(connect(admin)).rejects.toThrow(/Too many connections/);
    const refused = await end(admin);
    expect(refused.result?.reason).toMatch(
      /^the database refuses this login as well \(1040, or its user has as many as it may\); an option file with an administrative login or the server's extra port gets in/,
    );
    expect(await end(admin, {}, extraPort)).toMatchObject({ status: 0, result: { ending: 'done' } });
    const after = await sessions();
    expect(app.some((id) => after.has(id))).toBe(false);
  });

  it('uses the procedure of Amazon RDS where a login may call it and may not KILL', async () => {
    await watcher.query('CREATE PROCEDURE mysql.rds_kill(IN thread BIGINT) KILL thread');
    await watcher.query("CREATE USER 'rds_like'@'%' IDENTIFIED BY 'rds-test-password'");
    await watcher.query("GRANT PROCESS ON *.* TO 'rds_like'@'%'");
    await watcher.query("GRANT EXECUTE ON PROCEDURE mysql.rds_kill TO 'rds_like'@'%'");
    const login = { user: 'rds_like', password: 'rds-test-password' };
    const app = await sleepers(database.users.app, 2);
    const dry = await end(login, { dryRun: true });
    expect(dry.result?.lines[0]).toBe('with an administrative login from the configured file, by mysql.rds_kill');
    expect(await end(login)).toMatchObject({ status: 0, stderr: '', result: { ending: 'done' } });
    const after = await sessions();
    expect(app.some((id) => after.has(id))).toBe(false);
    await watcher.query('DROP PROCEDURE mysql.rds_kill');
  });

  it('leaves a session alone that woke up or was taken by another since it was listed', async () => {
    const [id = 0] = await sleepers(database.users.app, 1);
    const [mine] = opened;
    // The procedure of RDS is looked for, the list is read; when connections are counted, the session wakes up.
    const proxy = await proxyTo(database.port, async (nth) => {
      if (nth === 3) await mine?.query('SELECT 1');
    });
    const done = await end(database.users.admin ?? null, {}, proxy.port);
    await proxy.close();
    expect(done).toMatchObject({ status: 0, result: { ending: 'nothingToDo' } });
    expect(done.result?.reason).toBe('all 1 sessions woke up or left by themselves before they were ended');
    expect((await sessions()).has(id)).toBe(true);
  });

  it.each([
    ['without any login', null, {}, /^no login for the database lies on this host/],
    ['with a wrong password', { user: 'demo', password: 'wrong-test-password' }, {}, /^the login or the query failed/],
    [
      'when no users are named',
      { user: 'demo', password: '' },
      { databaseUsers: [] },
      /^the configuration names no database users/,
    ],
  ])('refuses %s', async (_, login, application, reason) => {
    const done = await end(login, { application });
    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(done.result?.reason).toMatch(reason);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Passes connections on, each after `before` has seen its number, from one on. */
async function proxyTo(port: number, before: (nth: number) => Promise<void>) {
  let count = 0;
  const server = createServer(async (client) => {
    count += 1;
    client.on('error', () => {});
    await before(count);
    const upstream = connectTo(port, '127.0.0.1');
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  return { port: own, close: () => new Promise((resolve) => server.close(resolve)) };
}
