/**
 * `npm pack` runs this first. It makes `dist`, the clone as JavaScript: what `bin` and `lib` need, the bundled
 * functions, and the runbooks, each where the code looks for it. See docs/decisions/packaging.md.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleFunctions } from './bundle-functions.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const DIST = join(ROOT, 'dist');
/** What others may build upon: the construct and the configuration. */
const TYPED = /^(lib|functions\/core)\//;
const RUNBOOK_FILE = /\.(sh|json|md)$/;

rmSync(DIST, { recursive: true, force: true });
compile();
dropTypesOfInternals();
await bundleFunctions(join(ROOT, 'functions'), join(DIST, 'bundles'));
copyRunbooks();
copyFacts();

function compile() {
  const require = createRequire(import.meta.url);
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', join(ROOT, 'tsconfig.package.json')], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('the package was not built: tsc found errors');
}

function dropTypesOfInternals() {
  const files = readdirSync(DIST, { recursive: true, encoding: 'utf8' });
  for (const file of files) if (file.endsWith('.d.ts') && !TYPED.test(file)) rmSync(join(DIST, file));
}

function copyRunbooks() {
  const isWanted = (path) => !/\.[^/]*$/.test(path) || RUNBOOK_FILE.test(path);
  cpSync(join(ROOT, 'runbooks'), join(DIST, 'runbooks'), { recursive: true, filter: isWanted });
}

/** The version, and the feature flags that the stack is tested with. */
function copyFacts() {
  const read = (file) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'));
  const { name, version, type } = read('package.json');
  const { context } = read('cdk.json');
  mkdirSync(DIST, { recursive: true });
  writeFileSync(join(DIST, 'package.json'), `${JSON.stringify({ name, version, type }, null, 2)}\n`);
  writeFileSync(join(DIST, 'cdk.json'), `${JSON.stringify({ context }, null, 2)}\n`);
}
