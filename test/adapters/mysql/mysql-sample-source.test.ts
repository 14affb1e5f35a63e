import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { ConfiguredCredentialSource } from '../../../functions/adapters/mysql/credential-source.ts';
import type { Login, RunningDatabase } from '../../../local/database/new-login.ts';
import { openDatabase } from '../../../local/database/open-database.ts';
import { describeWith } from '../../support/needs.ts';
import {
  asHolders,
  asReading,
  causeOf,
  dropConnections,
  hold,
  logIn,
  openRelay,
  realClock,
  refusedLogin,
  samplerWith,
  statusOf,
  targetAt,
  until,
  untilIdle,
  watching,
} from './fixture.ts';
import { selfSigned } from './self-signed.ts';

const SLOTS = 10;

describeWith('mariadb', 'the sampler on a real MariaDB', () => {
  let dir: string;
  let caFile: string;
  let extraPort: number;
  let db: RunningDatabase;
  let admin: Connection;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'runbell-db-'));
    const certificates = join(dir, 'tls');
    await mkdir(certificates);
    caFile = join(certificates, 'cert.pem');
    const { cert, key } = selfSigned(['localhost'], ['127.0.0.1']);
    await writeFile(caFile, cert);
    await writeFile(join(certificates, 'key.pem'), key, { mode: 0o644 });
    const relay = await openRelay(1);
    extraPort = relay.port;
    await relay.close();
    db = await openDatabase({
      engine: 'server',
      maxConnections: SLOTS,
      dir,
      serverArguments: [
        `--extra-port=${extraPort}`,
        '--extra-max-connections=3',
        `--ssl-cert=${caFile}`,
        `--ssl-key=${join(certificates, 'key.pem')}`,
        // The host cache, which blocks clients, works only while names are looked up.
        '--skip-name-resolve=0',
      ],
    });
  });
  afterAll(async () => {
    await db.stop();
    await rm(dir, { recursive: true });
  });
  // Over the extra port, which the server does not count among its connections.
  beforeEach(async () => {
    admin = await logIn(db, db.users.admin ?? db.users.app, extraPort);
  });
  afterEach(async () => {
    await admin.query('SET GLOBAL require_secure_transport = OFF, GLOBAL max_connect_errors = 100');
    await admin.query('SET GLOBAL disconnect_on_expired_password = OFF');
    dropConnections();
    await untilIdle(db);
  });

  async function account(user: string, how: string, grant = 'PROCESS'): Promise<Login> {
    const login = { user, password: 'test-password' };
    await admin.query(`CREATE OR REPLACE USER '${user}'@'%' IDENTIFIED BY '${login.password}' ${how}`);
    await admin.query(`GRANT ${grant} ON *.* TO '${user}'@'%'`);
    return login;
  }

  /** A connection that was refused or closed takes its place for another moment. */
  const untilOnly = (count: number) => until(async () => (await statusOf(admin, 'Threads_connected')) === count);

  it('asks a calm server once, and gets as many bytes for many connections as for few', async () => {
    const relay = await openRelay(db.port);
    const { sampler, target } = watching(db, db.users.monitor, { port: relay.port });
    await sampler.take(target, 'counts', null);
    const bytesOf = async () => {
      const before = {
        sent: relay.sent(),
        bytes: relay.bytesReceived(),
        questions: await statusOf(admin, 'Questions'),
      };
      asReading(await sampler.take(target, 'counts', null));
      // Login, one query, COM_QUIT.
      expect(relay.sent() - before.sent).toBe(3);
      // Three statements, COM_QUIT and the SHOW that counts.
      expect((await statusOf(admin, 'Questions')) - before.questions).toBe(5);
      return relay.bytesReceived() - before.bytes;
    };
    const few = await bytesOf();
    const held = await hold(db, SLOTS - 2);
    // Counters grow by a digit now and then.
    expect(Math.abs((await bytesOf()) - few)).toBeLessThan(20);
    await held.release();
    await relay.close();
  });

  it('finds out what the server has once, and again only after a failed reading', async () => {
    const relay = await openRelay(db.port);
    const sampler = samplerWith(db.users.monitor.password, { limits: { queryMs: 4_000 } });
    const target = targetAt(relay.port, db.users.monitor.user);
    const piecesOf = async () => {
      const before = relay.sent();
      await sampler.take(target, 'holders', null);
      return relay.sent() - before;
    };
    expect(await piecesOf()).toBeGreaterThan(3);
    expect(await piecesOf()).toBe(3);
    relay.silenceAfter(relay.sent() + 1);
    expect(causeOf(await sampler.take(target, 'holders', null))).toBe('queryTimedOut');
    relay.silenceAfter(Number.POSITIVE_INFINITY);
    expect(await piecesOf()).toBeGreaterThan(3);
    expect(await piecesOf()).toBe(3);
    await relay.close();
  });

  it('says goodbye, so that the server counts no aborted client', async () => {
    const { sampler, target } = watching(db);
    const before = await statusOf(admin, 'Aborted_clients');
    for (const want of ['counts', 'holders', 'counts'] as const) asReading(await sampler.take(target, want, null));
    await until(async () => (await statusOf(admin, 'Threads_connected')) === 0);
    expect(await statusOf(admin, 'Aborted_clients')).toBe(before);
  });

  it('measures attempts and refusals between two readings without its own connection', async () => {
    const { sampler, target } = watching(db);
    const first = asReading(await sampler.take(target, 'counts', null));
    expect(first).toMatchObject({ refused: null, attempts: null });
    const held = await hold(db, 3);
    await refusedLogin(db, admin);
    expect(await sampler.take(target, 'counts', first.counters)).toMatchObject({ refused: 1, attempts: 4 });
    await held.release();
  });

  it('begins the counters anew after FLUSH STATUS', async () => {
    const { sampler, target } = watching(db);
    const first = asReading(await sampler.take(target, 'counts', null));
    await refusedLogin(db, admin);
    const high = { ...first.counters, abortedConnects: first.counters.abortedConnects + 1_000 };
    await admin.query('FLUSH STATUS');
    await refusedLogin(db, admin);
    expect(await sampler.take(target, 'counts', high)).toMatchObject({ refused: 1 });
  });

  it('groups holders by user, host and database, largest first, and counts who has not logged in', async () => {
    const { sampler, target } = watching(db);
    const held = await hold(db, 2);
    const other = await logIn(db, db.users.app);
    await other.query('USE demo');
    const silent = connect(db.port, '127.0.0.1').on('error', () => undefined);
    await until(async () => (await statusOf(admin, 'Threads_connected')) === 4);
    const { user } = db.users.app;
    const holders = asHolders(await sampler.take(target, 'holders', null));
    expect(holders).toMatchObject({
      sight: 'whole',
      unauthenticated: 1,
      groups: [
        { user, host: 'localhost', database: null, connections: 2, sleeping: 2 },
        { user, host: 'localhost', database: 'demo', connections: 1, sleeping: 1 },
        // The account that administers this test comes by the extra port and is a session like any other.
        { user: db.users.admin?.user, connections: 1 },
      ],
    });
    silent.destroy();
    await other.end();
    await held.release();
  });

  it('sees statements that wait for a metadata lock', async () => {
    const { sampler, target } = watching(db);
    await admin.query('CREATE OR REPLACE TABLE demo.orders (id INT)');
    const reader = await logIn(db, db.users.app);
    await reader.query('START TRANSACTION');
    await reader.query('SELECT * FROM demo.orders');
    const changer = await logIn(db, db.users.app);
    const change = changer.query('ALTER TABLE demo.orders ADD COLUMN note INT');
    await until(async () => asHolders(await sampler.take(target, 'holders', null)).waitingForMetadataLock === 1);
    await reader.query('COMMIT');
    await change;
    await Promise.all([reader.end(), changer.end()]);
  });

  it('knows that it is blind without PROCESS, and still counts', async () => {
    const login = await account('no_process', '', 'USAGE');
    const { sampler, target } = watching(db, login);
    const held = await hold(db, 3);
    const sample = await sampler.take(target, 'holders', null);
    expect(asHolders(sample).sight).toBe('blind');
    expect(sample).toMatchObject({ connected: 3, connectionsMax: SLOTS });
    await held.release();
    // The administrator's session is not counted by the server, so nothing is hidden that should be seen.
    expect(asHolders(await sampler.take(target, 'holders', null)).sight).toBe('whole');
  });

  it('calls a refusal after the login and one before the greeting full, at once and without detail', async () => {
    const { sampler, target } = watching(db);
    const spare = await account('spare', '', 'CONNECTION ADMIN');
    const held = await hold(db, SLOTS);
    const full = { kind: 'full', detail: null };
    expect(await sampler.take(target, 'counts', null)).toMatchObject(full);
    await untilOnly(SLOTS);
    const inSpareSlot = await hold(db, 1, spare);
    await expect(logIn(db, db.users.app)).rejects.toMatchObject({ errno: 1040, sqlState: '' });
    expect(await sampler.take(target, 'counts', null)).toMatchObject(full);
    expect(await sampler.detail(target, null)).toBeNull();
    await Promise.all([held.release(), inSpareSlot.release()]);
  });

  it('reads a full server by its extra port, where its own connection is not counted', async () => {
    const { sampler, target } = watching(db, db.users.monitor, { adminPort: extraPort });
    const held = await hold(db, SLOTS);
    expect((await sampler.take(target, 'counts', null)).kind).toBe('full');
    await untilOnly(SLOTS);
    const reading = asReading(await sampler.detail(target, null));
    expect(reading.connected).toBe(SLOTS);
    expect(reading.holders?.groups[0]).toMatchObject({ user: db.users.app.user, connections: SLOTS });
    await held.release();
  });

  it('reads a full server by the spare slot as soon as nobody else is in it', async () => {
    const login = await account('watcher', '', 'PROCESS, CONNECTION ADMIN');
    const spare = await account('spare', '', 'CONNECTION ADMIN');
    const held = await hold(db, SLOTS);
    const inSpareSlot = await logIn(db, spare);
    const waits: number[] = [];
    const clock = {
      ...realClock,
      sleep: async (ms: number) => {
        waits.push(ms);
        if (waits.length === 2) {
          await inSpareSlot.end();
          await untilOnly(SLOTS);
        }
      },
    };
    const sampler = samplerWith(login.password, { clock });
    const target = targetAt(db.port, login.user);
    expect((await sampler.take(target, 'counts', null)).kind).toBe('full');
    expect(asReading(await sampler.detail(target, null))).toMatchObject({ connected: SLOTS, connectionsMax: SLOTS });
    expect(waits).toEqual([35, 35]);
    await held.release();
  });

  it('falls back to the spare slot when the admin port does not work, and says in the log why', async () => {
    const login = await account('watcher', '', 'PROCESS, CONNECTION ADMIN');
    const lines: unknown[] = [];
    const log = { info: () => undefined, error: (_event: string, fields: object) => lines.push(fields) };
    const sampler = samplerWith(login.password, { log });
    const held = await hold(db, SLOTS);
    const target = targetAt(db.port, login.user, { adminPort: 1 });
    expect(asReading(await sampler.detail(target, null)).connected).toBe(SLOTS);
    expect(lines).toMatchObject([{ targetId: 'orders-db', port: 1, cause: 'connectionRefused' }]);
    await held.release();
  });

  it('gives its own name to a locked account, an expired password, a quota and REQUIRE SSL', async () => {
    const take = async (login: Login) => {
      const { sampler, target } = watching(db, login);
      const sample = await sampler.take(target, 'counts', null);
      if (sample.kind === 'unreadable') expect(sample.sentence).not.toContain(login.password);
      return causeOf(sample);
    };
    expect(await take({ user: 'nobody', password: 'wrong-password' })).toBe('denied');
    expect(await take(await account('locked', 'ACCOUNT LOCK'))).toBe('accountLocked');
    await admin.query('SET GLOBAL disconnect_on_expired_password = ON');
    expect(await take(await account('expired', 'PASSWORD EXPIRE'))).toBe('passwordExpired');
    await admin.query('SET GLOBAL disconnect_on_expired_password = OFF');
    expect(await take({ user: 'expired', password: 'test-password' })).toBe('passwordExpired');
    expect(await take(await account('tls_only', 'REQUIRE SSL'))).toBe('denied');
    const quota = await account('quota', 'WITH MAX_USER_CONNECTIONS 1');
    const held = await hold(db, 1, quota);
    expect(await take(quota)).toBe('quota');
    await admin.query('KILL USER quota');
    await held.release();
  });

  it('names encryption among the reasons of a refused login, which is how MariaDB asks for it', async () => {
    const { sampler, target } = watching(db);
    await admin.query('SET GLOBAL require_secure_transport = ON');
    const sample = await sampler.take(target, 'counts', null);
    expect(sample).toMatchObject({ cause: 'denied', sentence: expect.stringContaining('tls is not "off"') });
  });

  it('verifies certificate and name, and sends no password to a server it does not trust', async () => {
    const login = await account('tls_only', 'REQUIRE SSL');
    const sampler = samplerWith(login.password);
    const at = (host: string, port = db.port) => ({ ...targetAt(port, login.user), host });
    asReading(await sampler.take({ ...at('localhost'), tls: { caFile } }, 'counts', null));
    asReading(await sampler.take({ ...at('127.0.0.1'), tls: { caFile } }, 'counts', null));
    // The same server under an address that its certificate does not name.
    const elsewhere = await openRelay(db.port, { host: '127.0.0.3' });
    const failed = await statusOf(admin, 'Access_denied_errors');
    for (const tls of [{ caFile }, 'system', 'rds'] as const) {
      const target = { ...at('127.0.0.3', elsewhere.port), tls };
      expect(causeOf(await sampler.take(target, 'counts', null))).toBe('tlsUntrusted');
    }
    expect(causeOf(await sampler.take({ ...at('localhost'), tls: 'system' }, 'counts', null))).toBe('tlsUntrusted');
    expect(await statusOf(admin, 'Access_denied_errors')).toBe(failed);
    await elsewhere.close();
  });

  it('tells a blocked client address from everything else', async () => {
    const relay = await openRelay(db.port, { localAddress: '127.0.0.2' });
    const { sampler, target } = watching(db, db.users.monitor, { port: relay.port });
    asReading(await sampler.take(target, 'counts', null));
    await admin.query('SET GLOBAL max_connect_errors = 1');
    for (let tries = 0; tries < 2; tries += 1) {
      const silent = connect({ port: db.port, host: '127.0.0.1', localAddress: '127.0.0.2' });
      await new Promise((resolve) => silent.once('data', resolve));
      silent.destroy();
    }
    await until(async () => causeOf(await sampler.take(target, 'counts', null)) === 'blockedHost');
    const own = watching(db);
    asReading(await own.sampler.take(own.target, 'counts', null));
    await admin.query('FLUSH HOSTS');
    asReading(await sampler.take(target, 'counts', null));
    await relay.close();
  });

  it.each([
    ['to one question', { queryMs: 150, takeMs: 600_000 }],
    ['in all the time there is', { queryMs: 600_000, takeMs: 3_000 }],
  ])('gives up when no answer comes %s', async (_, limits) => {
    const relay = await openRelay(db.port);
    relay.silenceAfter(1);
    const sampler = samplerWith(db.users.monitor.password, { limits });
    const target = targetAt(relay.port, db.users.monitor.user);
    expect(causeOf(await sampler.take(target, 'counts', null))).toBe('queryTimedOut');
    await relay.close();
  });

  it('keeps what it read when the server does not hang up', async () => {
    const relay = await openRelay(db.port);
    const sampler = samplerWith(db.users.monitor.password, { limits: { quitMs: 50 } });
    const target = targetAt(relay.port, db.users.monitor.user);
    asReading(await sampler.take(target, 'counts', null));
    // Login and question get through, the COM_QUIT does not.
    relay.silenceAfter(relay.sent() + 2);
    asReading(await sampler.take(target, 'counts', null));
    await relay.close();
  });

  it('reads the secret anew when its password was rotated, within the same take', async () => {
    const login = await account('rotated', '');
    let reads = 0;
    let secret = JSON.stringify({ password: login.password });
    const credentials = new ConfiguredCredentialSource({
      clock: realClock,
      environment: {},
      readSecret: async () => {
        reads += 1;
        return secret;
      },
    });
    const sampler = samplerWith('', { credentials });
    const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders';
    const target = targetAt(db.port, login.user, { credential: { kind: 'secret', arn } });
    asReading(await sampler.take(target, 'counts', null));
    asReading(await sampler.take(target, 'counts', null));
    expect(reads).toBe(1);
    await admin.query("SET PASSWORD FOR 'rotated'@'%' = PASSWORD('second-password')");
    secret = 'second-password';
    asReading(await sampler.take(target, 'counts', null));
    expect(reads).toBe(2);
    secret = 'third-password-not-set-yet';
    asReading(await sampler.take(target, 'counts', null));
    await admin.query("SET PASSWORD FOR 'rotated'@'%' = PASSWORD('fourth-password')");
    expect(causeOf(await sampler.take(target, 'counts', null))).toBe('denied');
    expect(reads).toBe(3);
  });
});
