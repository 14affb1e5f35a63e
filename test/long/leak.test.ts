import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noticeOf } from '../../functions/core/notify/notice-of.ts';
import type { Clock } from '../../functions/core/ports.ts';
import { watchTick } from '../../functions/flows/watch.ts';
import type { RunningDatabase } from '../../local/database/new-login.ts';
import { openDatabase } from '../../local/database/open-database.ts';
import { samplerWith, targetAt } from '../adapters/mysql/fixture.ts';
import { createMemoryStores } from '../fakes/memory-store.ts';
import { settings } from '../support/builders.ts';
import { describeWith } from '../support/needs.ts';

/** Ten minutes of a database's life pass in one. */
const PACE = 10;
const LIMIT = 40;
const LEAK_EVERY_MS = 8000;
const TICK_MS = 60_000;
const CALM_TICKS = 4;
const TICKS_MAX = 12;

describeWith('mariadb', 'a leak on a real server', () => {
  let db: RunningDatabase;
  let dir: string;
  const clients: Connection[] = [];

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'runbell-leak-'));
    db = await openDatabase({ engine: 'server', maxConnections: LIMIT, dir });
  });

  afterAll(async () => {
    for (const client of clients) client.destroy();
    await db.stop();
    await rm(dir, { recursive: true, force: true });
  });

  async function connect(): Promise<boolean> {
    try {
      const client = await createConnection({ host: db.host, port: db.port, ...db.users.app });
      client.on('error', () => undefined);
      clients.push(client);
      return true;
    } catch (error) {
      if ((error as { errno?: number }).errno === 1040) return false;
      throw error;
    }
  }

  it('is announced before the first client is refused, and says whose it is', async () => {
    const story: string[] = [];
    let nowMs = Date.now();
    let nextLeakMs = nowMs + CALM_TICKS * TICK_MS;
    const passTo = async (ms: number) => {
      await wait((ms - nowMs) / PACE);
      nowMs = ms;
    };
    // The leak grows while the watch sleeps, and waits for it while it looks: a busy machine is late for neither.
    const clock: Clock = {
      nowMs: () => nowMs,
      sleep: async (ms) => {
        const untilMs = nowMs + ms;
        while (nextLeakMs <= untilMs) {
          await passTo(nextLeakMs);
          const isIn = await connect();
          nextLeakMs = isIn ? nextLeakMs + LEAK_EVERY_MS : Number.POSITIVE_INFINITY;
          if (!isIn) story.push('refused');
        }
        await passTo(untilMs);
      },
    };
    const stores = createMemoryStores(({ entity, markers }) => {
      if (entity === 'target' && markers.owes === 'notice' && !story.includes('announced')) story.push('announced');
    });
    const patient = { connectMs: 60_000, queryMs: 60_000, takeMs: 120_000, detailMs: 30_000 };
    const target = targetAt(db.port, db.users.monitor.user);
    const using = settings({ targets: [target] });
    let ids = 0;
    const deps = {
      settings: using,
      stores,
      chunks: stores.chunks,
      samples: samplerWith(db.users.monitor.password, { clock, limits: patient }),
      memory: new Map(),
      clock,
      ids: { newId: (prefix: string) => `${prefix}-${String(++ids).padStart(10, '0')}` },
      log: { info: () => undefined, error: () => undefined },
    };
    for (let at = 0; at < 5; at += 1) await connect();

    for (let tick = 0; tick < TICKS_MAX && !story.includes('refused'); tick += 1) {
      const tickMs = clock.nowMs();
      await watchTick(deps, { shard: 0, tickMs, untilMs: tickMs + TICK_MS });
      await clock.sleep(Math.max(0, tickMs + TICK_MS - clock.nowMs()));
    }

    expect(story).toEqual(['announced', 'refused']);
    const state = (await stores.targets.read(target.id))?.value;
    if (state === undefined) throw new Error('nothing was stored');
    expect(state.incident?.culprit?.user).toBe(db.users.app.user);
    const said = JSON.stringify(noticeOf(state, using));
    expect(said).toContain(db.users.app.user);
    expect(said).toMatch(/grew by \d+.*% of the growth/);
  });
});
