import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createJsonLog } from '../functions/adapters/system/log.ts';
import { createWatchHandler } from '../functions/watch.handler.ts';
import { configInput, settings } from './support/builders.ts';

/** One call that hangs, and what the samples take. */
const TICK_MS_MAX = 12_000;

describe('watch, while the table takes connections and never answers', () => {
  let table: Server;
  let database: Server;
  let asked = 0;
  beforeAll(async () => {
    table = createServer(() => {
      asked += 1;
    });
    database = createServer();
    for (const server of [table, database])
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    for (const server of [table, database]) {
      server.closeAllConnections();
      server.close();
    }
  });
  const portOf = (server: Server) => (server.address() as AddressInfo).port;

  it('samples, and says in its log that nobody can be told, which counts for an alarm', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = createJsonLog((line) => lines.push(JSON.parse(line)), Date.now, 'runbell');
    const credential = { kind: 'iam', region: 'eu-central-1', resourceId: 'db-EXAMPLE' } as const;
    // Something answers there, and it is no database.
    const target = {
      id: 'shop-db',
      host: '127.0.0.1',
      port: portOf(database),
      user: 'runbell',
      credential,
      tls: 'off',
    } as const;
    const watch = createWatchHandler({
      environment: { RUNBELL_TABLE: 'state', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      settings: settings({ ...configInput(), targets: [target], applications: [] }),
      aws: {
        endpoint: `http://127.0.0.1:${portOf(table)}`,
        region: 'eu-central-1',
        credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      },
      log,
    });
    const begunMs = Date.now();
    const tick = { kind: 'tick', shard: 0, scheduledTime: new Date(begunMs).toISOString(), delaySeconds: 0 };
    expect(await watch(tick)).toMatchObject([{ kind: 'watched', targets: 1, outOfReach: expect.any(String) }]);
    expect(Date.now() - begunMs).toBeLessThan(TICK_MS_MAX);
    // The first call, twice.
    expect(asked).toBe(2);
    expect(lines.find(({ event }) => event === 'watched')).toMatchObject({ samples: 1 });
    expect(lines.find(({ event }) => event === 'untold')).toMatchObject({
      why: expect.stringContaining('DynamoDB gave no clear answer'),
      samples: 1,
      unknown: 1,
      critical: 0,
      Unheard: 1,
      App: 'runbell',
    });
  });
});
