#!/usr/bin/env node
/**
 * `npm test` and `npm run test:long`: vitest, then one line for each thing that had to be skipped.
 * Installs nothing. Arguments go to vitest.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const NODE_MAJOR_MIN = 22;

if (Number(process.versions.node.split('.')[0]) < NODE_MAJOR_MIN) {
  console.error(
    `The tests need Node 24, which npm ci --ignore-scripts leaves out (this is ${process.versions.node}): run npm ci again without it.`,
  );
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'runbell-tests-'));
const skipFile = join(folder, 'skipped');
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
const run = spawnSync(process.execPath, [vitest, 'run', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, RUNBELL_SKIP_FILE: skipFile },
});
const skipped = existsSync(skipFile) ? [...new Set(readFileSync(skipFile, 'utf8').trim().split('\n'))].sort() : [];
rmSync(folder, { recursive: true, force: true });
console.log(skipped.length === 0 ? 'nothing was skipped' : skipped.join('\n'));
process.exit(run.status ?? 1);
