import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { type Lie, type LyingDatabase, openLyingDatabase } from './hostile/database.ts';
import type { HostileHost, Ran } from './hostile/host.ts';
import { problemsOf } from './hostile/judge.ts';
import { onHostile } from './hostile/on-hostile.ts';
import { EVERYTHING } from './hostile/payloads.ts';

const isRoot = process.getuid?.() === 0;
const ASKING = ['end-idle-connections', 'diagnose'];
const SHORT_SECONDS = 25;

/** With an administrative login, which root's own client uses. */
async function asked(
  id: string,
  lie: Lie,
  seconds: number | undefined,
  test: (ran: Ran, host: HostileHost, database: LyingDatabase) => void,
  question?: string,
): Promise<void> {
  await onHostile(id, { kind: 'node', payload: EVERYTHING }, async (host) => {
    const database = await openLyingDatabase(lie, EVERYTHING.texts(host.command), question);
    try {
      const file = join(host.dir, 'login.cnf');
      const lines = ['[client]', 'host=127.0.0.1', `port=${database.port}`, 'user=admin', 'password=test-password'];
      writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
      const ran = await host.run(id, seconds, { SSM_LoginFile: file });
      expect(problemsOf(host, ran), ran.stdout).toEqual([]);
      test(ran, host, database);
    } finally {
      await database.close();
    }
  });
}

describeWith('mariadb', 'a database that lies to root’s own client', () => {
  it.runIf(isRoot).concurrent.each(ASKING)('%s evaluates and tells nothing of its rows', (id) =>
    asked(id, 'rows', undefined, (ran) => {
      expect(ran.result?.ending).toBe(id === 'diagnose' ? 'done' : 'nothingToDo');
    }),
  );

  it.runIf(isRoot).concurrent(
    'says that it does not know, when what it says of sessions that are left is no number',
    () =>
      asked(
        'end-idle-connections',
        'rows',
        undefined,
        ({ result }) => expect(result?.reason).toBe('whether they are gone was not to be seen'),
        'count',
      ),
  );

  it.runIf(isRoot).concurrent.each(ASKING)('%s takes its refusals for data', (id) =>
    asked(id, 'refusal', undefined, (ran) => expect(ran.result?.ending).toBe(id === 'diagnose' ? 'done' : 'refused')),
  );

  it.runIf(isRoot).concurrent.each(ASKING.flatMap((id) => [[id, 'endless'] as const, [id, 'silent'] as const]))(
    '%s ends in time, and keeps little, when it is %s',
    (id, lie) => asked(id, lie, SHORT_SECONDS, () => {}),
  );

  it.runIf(isRoot).concurrent.each(ASKING)('%s gives it no file of the host', (id) =>
    asked(id, 'file', SHORT_SECONDS, (_, __, { heard }) => {
      expect(heard.length).toBeGreaterThan(0);
      expect(heard.join()).not.toMatch(/root:[^:]*:/);
    }),
  );
});
