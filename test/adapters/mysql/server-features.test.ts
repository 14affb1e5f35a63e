import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection, RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readResults } from '../../../functions/adapters/mysql/read-results.ts';
import {
  countsStatements,
  GROUPS_MAX,
  holdersStatements,
  probeFeatures,
  type ServerFeatures,
  totalsStatement,
} from '../../../functions/adapters/mysql/server-features.ts';
import type { Holders } from '../../../functions/core/model/sample.ts';
import type { RunningDatabase } from '../../../local/database/new-login.ts';
import { openDatabase } from '../../../local/database/open-database.ts';
import { describeWith } from '../../support/needs.ts';
import { logIn } from './fixture.ts';

const MARIADB: ServerFeatures = {
  guard: 'max_statement_time',
  status: 'informationSchema',
  processes: 'informationSchema',
};
const DISABLED = { errno: 3167 };
const UNKNOWN_TABLE = { errno: 1109 };
const NO_SUCH_TABLE = { errno: 1146 };

/** A server that answers probes about these tables, and with these errors about the others. */
function serverWith(answers: Record<string, readonly unknown[] | object>) {
  return async (sql: string) => {
    const [, answer] = Object.entries(answers).find(([part]) => sql.includes(part)) ?? [];
    if (Array.isArray(answer)) return answer;
    throw answer ?? NO_SUCH_TABLE;
  };
}

describe('finding out what a server has', () => {
  it.each([
    [
      'MariaDB, whose performance_schema is readable and empty',
      { VARIABLES: [['max_statement_time', '0']], 'information_schema.GLOBAL_STATUS': [[1]], global_status: [] },
      MARIADB,
    ],
    [
      'MySQL with performance_schema',
      {
        VARIABLES: [['max_execution_time', '0']],
        'information_schema.GLOBAL_STATUS': UNKNOWN_TABLE,
        global_status: [[1]],
        'performance_schema.processlist': [[1]],
      },
      { guard: 'max_execution_time', status: 'performanceSchema', processes: 'performanceSchema' },
    ],
    [
      'MySQL without performance_schema',
      {
        VARIABLES: [['max_execution_time', '0']],
        'information_schema.GLOBAL_STATUS': DISABLED,
        global_status: [],
        'performance_schema.processlist': [],
      },
      { guard: 'max_execution_time', status: 'show', processes: 'informationSchema' },
    ],
    [
      'a server that has none of it',
      { VARIABLES: [] },
      { guard: 'none', status: 'show', processes: 'informationSchema' },
    ],
  ] as const)('knows %s by its tables', async (_, answers, features) => {
    expect(await probeFeatures(serverWith(answers))).toEqual(features);
  });

  it('takes no answer from a server that is too busy to give one', async () => {
    const busy = serverWith({ VARIABLES: [], 'information_schema.GLOBAL_STATUS': { errno: 1969 } });
    await expect(probeFeatures(busy)).rejects.toMatchObject({ errno: 1969 });
  });

  it('never waits for a lock and never runs long, wherever the server allows to say so', () => {
    for (const guard of ['max_statement_time', 'max_execution_time', 'none'] as const) {
      const [first] = countsStatements({ ...MARIADB, guard });
      expect(first).toContain('lock_wait_timeout = 2');
      if (guard !== 'none') expect(first).toContain(guard);
    }
  });
});

/** One line of a process list: who, from where, doing what for how long. */
type Session = readonly [
  user: string,
  host: string,
  db: string | null,
  command: string,
  seconds: number,
  state?: string,
];

describeWith('mariadb', 'the aggregate over a process list', () => {
  let dir: string;
  let db: RunningDatabase;
  let admin: Connection;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'runbell-db-'));
    db = await openDatabase({ engine: 'server', maxConnections: 10, dir });
    admin = await logIn(db, db.users.admin ?? db.users.app);
    await admin.query(
      'CREATE TABLE demo.sessions (ID BIGINT AUTO_INCREMENT PRIMARY KEY, USER VARCHAR(128), HOST VARCHAR(64), DB VARCHAR(64), COMMAND VARCHAR(16), TIME INT, STATE VARCHAR(64)) AUTO_INCREMENT = 100000',
    );
  });
  afterAll(async () => {
    await db.stop();
    await rm(dir, { recursive: true });
  });

  /** The sampler's own statements, over a process list that is made up. */
  async function holdersOf(sessions: readonly Session[]): Promise<Holders | null> {
    await admin.query('DELETE FROM demo.sessions');
    const lines = sessions.map(([user, host, database, command, seconds, state]) => [
      user,
      host,
      database,
      command,
      seconds,
      state ?? '',
    ]);
    await admin.query('INSERT INTO demo.sessions (USER, HOST, DB, COMMAND, TIME, STATE) VALUES ?', [lines]);
    const rows = async (sql: string) => {
      const overOurs = sql.replace('information_schema.PROCESSLIST', 'demo.sessions');
      const [result] = await admin.query<RowDataPacket[][]>({ sql: overOurs, rowsAsArray: true });
      return Array.isArray(result) ? result : [];
    };
    const results = [];
    for (const statement of holdersStatements(MARIADB)) results.push(await rows(statement));
    const isCut = (results[3]?.length ?? 0) >= GROUPS_MAX;
    const totals = isCut ? ((await rows(totalsStatement(MARIADB)))[0] ?? null) : null;
    const options = {
      atMs: 0,
      user: 'runbell',
      previous: null,
      refusalsCountAsAborted: true,
      ownConnections: 0,
    } as const;
    return readResults(results, { ...options, totals }).holders;
  }

  it('counts each idle age from its bound on, per group and over all', async () => {
    const ages = [59, 60, 299, 300, 899, 900, 3599, 3600];
    const holders = await holdersOf([
      ...ages.map((seconds) => ['shop', '10.0.0.1:5000', 'orders', 'Sleep', seconds] as const),
      ['shop', '10.0.0.1:5001', 'orders', 'Query', 5000],
      ['jobs', '10.0.0.2:5000', null, 'Sleep', 400],
    ]);
    expect(holders?.ages).toEqual([8, 6, 3, 1]);
    expect(holders?.groups).toEqual([
      {
        user: 'shop',
        host: '10.0.0.1',
        database: 'orders',
        connections: 9,
        sleeping: 8,
        ages: [7, 5, 3, 1],
        longestIdleSeconds: 3600,
      },
      {
        user: 'jobs',
        host: '10.0.0.2',
        database: null,
        connections: 1,
        sleeping: 1,
        ages: [1, 1, 0, 0],
        longestIdleSeconds: 400,
      },
    ]);
  });

  it('cuts the port from addresses of both families and from names, and leaves what has none', async () => {
    const hosts = ['10.0.0.1:3', '2001:db8::7:41234', '::1:9', 'app-1.internal:80', 'localhost'];
    const holders = await holdersOf(hosts.map((host) => ['shop', host, null, 'Sleep', 0] as const));
    expect(holders?.groups.map(({ host }) => host)).toEqual([
      '10.0.0.1',
      '2001:db8::7',
      '::1',
      'app-1.internal',
      'localhost',
    ]);
  });

  it('leaves out the threads of the server itself, and takes unfinished logins for neither holders nor sleepers', async () => {
    const holders = await holdersOf([
      ['system user', '', null, 'Daemon', 9000],
      ['event_scheduler', 'localhost', null, 'Daemon', 9000],
      // MySQL shows unfinished logins as asleep, MariaDB as connecting.
      ['unauthenticated user', '10.0.0.9:1', null, 'Sleep', 4000],
      ['unauthenticated user', '10.0.0.9:2', null, 'Connect', 4000],
      ['shop', '10.0.0.1:1', null, 'Sleep', 10],
    ]);
    expect(holders).toMatchObject({
      unauthenticated: 2,
      ages: [0, 0, 0, 0],
      groups: [{ user: 'shop', connections: 1 }],
    });
    expect(holders?.groups).toHaveLength(1);
  });

  it('counts long statements and waits for metadata locks', async () => {
    const holders = await holdersOf([
      ['shop', '10.0.0.1:1', null, 'Query', 60, 'Sending data'],
      ['shop', '10.0.0.1:2', null, 'Execute', 61, 'Sending data'],
      ['shop', '10.0.0.1:3', null, 'Query', 3, 'Waiting for table metadata lock'],
      ['shop', '10.0.0.1:4', null, 'Query', 90, 'Waiting for schema metadata lock'],
    ]);
    expect(holders).toMatchObject({ longStatements: 2, waitingForMetadataLock: 2 });
  });

  it('carries 200 groups at most and still counts everybody', async () => {
    const clients = Array.from({ length: 230 }, (_, index) => index);
    const holders = await holdersOf([
      ...clients.map((index) => ['shop', `10.0.${index}.1:1`, null, 'Sleep', 60] as const),
      ['unauthenticated user', '10.1.0.1:1', null, 'Connect', 1],
      ['shop', '10.2.0.1:1', null, 'Sleep', 60],
      ['shop', '10.2.0.1:2', null, 'Sleep', 60],
    ]);
    expect(holders?.groups).toHaveLength(GROUPS_MAX);
    expect(holders?.groups[0]).toMatchObject({ host: '10.2.0.1', connections: 2 });
    expect(holders).toMatchObject({ ages: [232, 0, 0, 0], unauthenticated: 1 });
  });
});
