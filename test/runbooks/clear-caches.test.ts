import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApplicationConfig } from '../../functions/core/config/config.ts';
import { fillParameters } from '../../functions/core/runbook/fill-parameters.ts';
import { demoOwner } from '../../local/demo/demo-application.ts';
import { asEnvironment, type Delivered, deliver, runbook } from './support/deliver.ts';

const clearCaches = runbook('clear-caches');
let dir = '';
let runs = 0;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'runbell-caches-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

function clear(what: string, change: Partial<ApplicationConfig> = {}, dryRun = false): Promise<Delivered> {
  runs += 1;
  const application: ApplicationConfig = {
    id: 'shop',
    kind: 'node',
    targets: ['shop-db'],
    hosts: [],
    directory: '/tmp',
    user: demoOwner().name,
    pm2: { home: '/tmp/none', processes: ['worker'] },
    databaseUsers: [],
    cacheCommands: {
      pages: '/usr/bin/touch pages-were-cleared',
      broken: '/bin/false',
      absent: '/usr/bin/no-such-program',
    },
    ...change,
  };
  const facts = { application, runId: `run-${runs}`, dryRun, person: { What: what } };
  const filled = fillParameters(clearCaches.manifest, facts);
  if (filled.kind === 'invalid') throw new Error(filled.problems.join('; '));
  return deliver(dir, clearCaches.script, asEnvironment(filled.parameters));
}

describe('clear-caches of a Node application', () => {
  it('runs the command of that name as the application’s user in its directory, and asks for its health', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'runbell-caches-app-'));
    const touched = join(directory, 'who');
    const program = join(directory, 'clear');
    writeFileSync(program, `#!/bin/sh\n{ id -un; pwd; echo "$@"; } >"${touched}"\n`, { mode: 0o755 });
    chmodSync(directory, 0o777);
    const application = { directory, cacheCommands: { pages: `${program} --all x=1` }, healthCommand: '/bin/true' };
    const dry = await clear('pages', application, true);
    expect(dry.result).toMatchObject({ ending: 'done', dryRun: true });
    expect(existsSync(touched)).toBe(false);

    const done = await clear('pages', application);
    const saw = readFileSync(touched, 'utf8');
    rmSync(directory, { recursive: true });
    expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines).toEqual([
      `pages: ${program} ended with 0`,
      'health command: healthy',
      'before it, no copy of the configuration was kept: none of the configured files can be kept',
    ]);
    expect(saw).toBe(`${demoOwner().name}\n${directory}\n--all x=1\n`);
  });

  it('runs nothing that the configuration does not list', async () => {
    const done = await clear('everything');
    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(done.result?.reason).toBe(
      'the configuration has no cache command everything; it has: pages, broken, absent; nothing was changed',
    );
  });

  it('tells a command that fails, one that is not there, and health that was lost', async () => {
    expect((await clear('broken')).result).toMatchObject({
      ending: 'failed',
      reason: 'broken: /bin/false ended with 1',
    });
    expect((await clear('absent')).result).toMatchObject({ ending: 'refused' });

    const mark = join(mkdtempSync(join(dir, 'health-')), 'mark');
    writeFileSync(mark, '');
    chmodSync(dir, 0o755);
    chmodSync(join(mark, '..'), 0o777);
    const lost = await clear('pages', {
      directory: join(mark, '..'),
      cacheCommands: { pages: `/bin/rm ${mark}` },
      healthCommand: `/usr/bin/test -e ${mark}`,
    });
    expect(lost.result).toMatchObject({ ending: 'failed' });
    expect(lost.result?.reason).toBe('pages was cleared, and the health command fails since; before it was well');
  });
});

describe('clear-caches of a Laravel application', () => {
  it('refuses what Laravel does not have, and a directory that is no Laravel application', async () => {
    const unknown = await clear('pages', { kind: 'laravel' });
    expect(unknown.result?.reason).toMatch(/^there is no cache pages; Laravel has config, route/);
    const elsewhere = await clear('config', { kind: 'laravel' });
    expect(elsewhere.result?.reason).toMatch(
      /^\/tmp is not a Laravel application that \w+ can read; nothing was changed$/,
    );
  });
});
