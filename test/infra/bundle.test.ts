import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BundledFunction, bundleFunctions } from '../../lib/bundle/bundle-functions.mjs';
import { FUNCTION_NAMES } from '../../lib/bundle/function-code.ts';

const run = promisify(execFile);

describe('the bundles', () => {
  let folder: string;
  let bundled: readonly BundledFunction[];
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'runbell-bundles-'));
    bundled = await bundleFunctions('functions', folder);
  }, 120_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string) => join(folder, name, 'index.cjs');

  it('are one for each function', () => {
    expect(bundled.map(({ name }) => name)).toEqual(FUNCTION_NAMES.toSorted());
  });

  it.each(FUNCTION_NAMES)('of %s loads by itself, outside the repository, and exports its handler', async (name) => {
    const script = `process.stdout.write(typeof require(${JSON.stringify(file(name))}).handler)`;
    const environment = { PATH: process.env['PATH'] ?? '', LAMBDA_TASK_ROOT: join(folder, name) };
    const { stdout, stderr } = await run(process.execPath, ['-e', script], { cwd: folder, env: environment });
    expect([stdout, stderr]).toEqual(['function', '']);
  });

  it('carry the certificates of RDS in watch', () => {
    expect(readFileSync(file('watch'), 'utf8').match(/BEGIN CERTIFICATE/g)?.length).toBeGreaterThan(20);
  });

  it('keep the click path light: no SDK, no HTTP server, no more than 250 KB', () => {
    const interact = bundled.find(({ name }) => name === 'interact');
    expect(interact?.bytes).toBeLessThan(250_000);
    const heavy = interact?.packages.filter((one) =>
      /^(@aws-sdk\/|express|undici|iconv-lite|axios|@slack\/(oauth|socket-mode))/.test(one),
    );
    expect(heavy).toEqual([]);
  });

  it('have no source maps, which would be four times their size', () => {
    for (const name of FUNCTION_NAMES) expect(readFileSync(file(name), 'utf8')).not.toContain('sourceMappingURL=');
  });
});
