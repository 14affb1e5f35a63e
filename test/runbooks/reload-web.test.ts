import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ApplicationConfig } from '../../functions/core/config/config.ts';
import { fillParameters } from '../../functions/core/runbook/fill-parameters.ts';
import { demoOwner } from '../../local/demo/demo-application.ts';
import { type PhpFpm, startPhpFpm } from '../../local/demo/php-fpm.ts';
import { describeOnLaravel } from '../hosts/describe-on-laravel.ts';
import { asEnvironment, type Delivered, deliver, runbook } from './support/deliver.ts';

const reloadWeb = runbook('reload-web');
let runs = 0;

describeOnLaravel('reload-web', () => {
  let dir = '';
  let web: PhpFpm;
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'runbell-web-'));
    chmodSync(dir, 0o755);
    web = await startPhpFpm({ dir, owner: demoOwner() });
  });
  afterEach(async () => {
    await web.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  /** The unit is called like this test's own folder, so it is found beside those of other tests. */
  function reload(healthCommand?: string, dryRun = false, unit = basename(dir)): Promise<Delivered> {
    const application: ApplicationConfig = {
      id: 'shop',
      kind: 'laravel',
      targets: ['shop-db'],
      hosts: [],
      directory: dir,
      user: demoOwner().name,
      pm2: { home: '/tmp/none', processes: ['worker'] },
      databaseUsers: [],
      phpFpmUnit: unit,
      healthCommand,
    };
    runs += 1;
    const filled = fillParameters(reloadWeb.manifest, { application, runId: `run-${runs}`, dryRun, person: {} });
    if (filled.kind === 'invalid') throw new Error(filled.problems.join('; '));
    return deliver(dir, reloadWeb.script, asEnvironment(filled.parameters));
  }

  it('replaces the workers under the same master, and changes nothing in a dry run', async () => {
    const dry = await reload('/bin/true', true);
    const [, master, before] =
      /\(pid (\d+)\) would be reloaded: workers ([\d ]+) connections 0$/.exec(dry.result?.lines[0] ?? '') ?? [];
    expect(before?.split(' ')).toHaveLength(2);
    expect(dry.result?.lines[1]).toBe('health command: healthy');

    const done = await reload('/bin/true');
    expect(done).toMatchObject({ status: 0, result: { ending: 'done', reason: '' } });
    expect(done.result?.lines[0]).toMatch(
      new RegExp(`\\(pid ${master}\\): workers ${before} -> \\d+ \\d+ connections 0 -> 0$`),
    );
    expect(done.result?.lines[1]).toBe('health command: healthy');
  });

  it('refuses a reload that would end php-fpm, because its configuration does not parse', async () => {
    writeFileSync(web.configFile, `${readFileSync(web.configFile, 'utf8')}pm.max_children = many\n`);
    const done = await reload();
    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(done.result?.reason).toMatch(
      /own test of .* fails \(status \d+\), and a reload would end it; nothing was changed$/,
    );
  });

  it('says that a reload may cut requests, and takes a pool on demand for what it is', async () => {
    const text = readFileSync(web.configFile, 'utf8');
    writeFileSync(
      web.configFile,
      text.replace(/process_control_timeout.*/, '').replace('pm = static', 'pm = ondemand'),
    );
    const done = await reload();
    expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines[0]).toMatch(/^php-fpm: process_control_timeout is 0/);
    expect(done.result?.lines[1]).toMatch(/-> none connections 0 -> 0$/);
    expect(done.result?.lines[2]).toMatch(/^no health command is configured/);
  });

  it('says whether health was lost with the reload or before it', async () => {
    const done = await reload('/bin/false');
    expect(done.result).toMatchObject({ ending: 'failed' });
    expect(done.result?.reason).toBe('php-fpm was reloaded, and the health command fails as it did before');
  });

  it('refuses when php-fpm does not run, and takes no other for it', async () => {
    const elsewhere = await reload('/bin/true', true, 'other-fpm');
    expect(elsewhere.result?.reason).toBe('php-fpm (other-fpm) does not run; nothing was changed');
    await web.stop();
    const done = await reload();
    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
  });
});
