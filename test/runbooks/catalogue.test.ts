import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseConfig } from '../../functions/core/config/parse-config.ts';
import { fillParameters } from '../../functions/core/runbook/fill-parameters.ts';
import { lintDocument } from '../../lib/runbook/lint-document.ts';
import { catalogueOf, loadCatalogue } from '../../lib/runbook-catalogue.ts';
import { describeWith, findProgram } from '../support/needs.ts';
import { deliver, RUNBOOKS } from './support/deliver.ts';
import { libraries } from './support/small-runbook.ts';

const runbooks = loadCatalogue('runbell', RUNBOOKS);
const project = join(RUNBOOKS, '..');
const DOCUMENT_BYTES_MAX = 65_536;
/** A correction in the library must not wait for a runbook to be taken apart first. */
const SPARE_BYTES = 4 * 1024;
let dir = '';
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'runbell-catalogue-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the catalogue', () => {
  it('has a runbook for every folder but the library', () => {
    const folders = readdirSync(RUNBOOKS).filter((name) => name !== 'lib');
    expect(runbooks.map((one) => one.manifest.id)).toEqual(folders.sort());
  });

  it('gives functions the manifests and documents without the scripts', () => {
    const [first] = catalogueOf(runbooks);
    expect(first).toEqual({
      manifest: runbooks[0]?.manifest,
      document: { name: runbooks[0]?.name, sha256: runbooks[0]?.sha256 },
    });
  });

  it('names every problem of every folder in one error', () => {
    const folder = join(dir, 'bad');
    for (const name of ['empty', 'broken']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'broken', 'runbook.json'), '{');
    writeFileSync(join(folder, 'broken', 'run.sh'), 'echo {{ x }}');
    const at = (name: string, problem: string) => `  ${join(folder, name)}: ${problem}`;
    expect(() => loadCatalogue('runbell', folder)).toThrow(
      [
        'The runbooks have 7 problems; nothing was built:',
        at('broken', 'runbook.json is not JSON'),
        at('broken', 'lib/guard.sh is missing'),
        at('broken', 'run.sh must begin with the lines "#!/bin/bash" and "set -euo pipefail"'),
        at('broken', 'the script has "{{", which SSM replaces: values travel by environment only'),
        at('empty', 'runbook.json is missing'),
        at('empty', 'lib/guard.sh is missing'),
        at('empty', 'run.sh is missing'),
      ].join('\n'),
    );
  });

  it('has nothing that changes a host and never says from when on it may have', () => {
    const silent = runbooks.filter(({ script }) => !/^ *(may_change|keep_first)$/m.test(script));
    expect(silent.map(({ manifest }) => manifest.risk)).toEqual(silent.map(() => 'read'));
  });

  it('refuses an undo that is not a runbook', () => {
    const folder = join(dir, 'undo');
    for (const name of ['lib', 'one']) mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, 'lib', 'guard.sh'), ': "$SSM_RunId" "$SSM_DryRun" "$SSM_ApplicationId"\n');
    writeFileSync(join(folder, 'one', 'run.sh'), '#!/bin/bash\nset -euo pipefail\n');
    const source = runbooks[0]?.manifest;
    const parameters = source?.parameters.filter((one) => ['RunId', 'DryRun', 'ApplicationId'].includes(one.name));
    writeFileSync(
      join(folder, 'one', 'runbook.json'),
      JSON.stringify({
        ...source,
        id: 'one',
        risk: 'read',
        snapshot: undefined,
        addsLoad: undefined,
        parameters,
        undo: 'two',
      }),
    );
    expect(() => loadCatalogue('runbell', folder)).toThrow(/one: its undo "two" is not a usable runbook$/);
  });
});

describe.each(runbooks)('the runbook $manifest.id', ({ manifest, document, json, name, script }) => {
  it('makes a document that keeps every rule', () => {
    expect(lintDocument(name, document)).toEqual([]);
    expect(JSON.parse(json)).toEqual(document);
    expect(document.mainSteps.map((step) => step.inputs.runCommand.join('\n'))).toEqual([script]);
  });

  it('leaves room in its document for what comes later', () => {
    expect(Buffer.byteLength(json)).toBeLessThan(DOCUMENT_BYTES_MAX - SPARE_BYTES);
  });

  it('delivers every function and program of the library that its text names', () => {
    const texts = [...libraries().values(), readFileSync(join(RUNBOOKS, manifest.id, 'run.sh'), 'utf8')].join('\n');
    const names = [...texts.matchAll(/^(?:([a-z0-9_]+)\(\)|readonly ([A-Z0-9_]+)=.*'$)/gm)].map(
      (one) => one[1] ?? one[2],
    );
    const words = new Set(script.match(/\w+/g));
    const named = [...new Set(names)].filter((name) => name !== undefined && words.has(name));
    const absent = named.filter(
      (name) => !new RegExp(`^(?:${name}\\(\\)|readonly (?:.* )?${name}=)`, 'm').test(script),
    );
    expect(absent).toEqual([]);
  });

  it('delivers a text that bash can read', () => {
    expect(spawnSync('bash', ['-n'], { input: script, encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
  });

  it('refuses on an agent that passes no parameters', async () => {
    const ended = await deliver(dir, script, {});
    expect(ended).toMatchObject({ status: 20, stderr: '', result: { ending: 'refused' } });
    expect(ended.result?.reason).toMatch(/3\.3\.2746\.0 or newer; nothing was changed$/);
  });

  it('takes whatever the configuration allows', () => {
    const [kind] = manifest.kinds;
    const application = {
      id: `a${'z-9'.repeat(13)}`,
      kind,
      targets: ['db'],
      directory: `/${'aZ_@.+/-9'.repeat(22)}`,
      user: `_${'az_-9'.repeat(6)}`,
      pm2: { home: `/${'aZ_@.+/-9'.repeat(22)}`, processes: ['aZ_.:@-9'.repeat(8), 'b'], cli: '/opt/pm2' },
      phpFpmUnit: 'php@8.2-fpm_x',
    };
    const parsed = parseConfig({
      slack: { channel: 'C012AB3CD', workspaceId: 'T012AB3CD' },
      targets: [{ id: 'db', host: 'db', user: 'runbell', credential: { kind: 'environment', variable: 'PASSWORD' } }],
      applications: [application],
    });
    if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems));
    const [read] = parsed.config.applications;
    if (read === undefined) throw new Error('the configuration has an application');
    const facts = { application: read, runId: 'run-0123456789abcdef', dryRun: true, person: {} };
    expect(fillParameters(manifest, facts)).toMatchObject({ kind: 'filled' });
  });

  it('has a page that tells its risks', () => {
    const pages = [join(RUNBOOKS, manifest.id, 'README.md'), join(project, 'docs', 'runbooks', `${manifest.id}.md`)];
    for (const page of pages) expect(readFileSync(page, 'utf8')).toMatch(/^## RISKS$/m);
  });
});

describeWith('shellcheck', 'shellcheck over runbooks', () => {
  it('finds nothing', { timeout: 180_000 }, () => {
    const files = readdirSync(RUNBOOKS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sh'));
    const program = findProgram('shellcheck') ?? 'shellcheck';
    const checked = spawnSync(program, ['-x', ...files], { cwd: RUNBOOKS, encoding: 'utf8' });
    expect(checked).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(files.length).toBeGreaterThan(4);
  });
});
