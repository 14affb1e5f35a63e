import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readableTools } from '../../../local/demo/readable-tools.ts';

const NOBODY = 65_534;
const project = join(import.meta.dirname, '..', '..', '..');

describe('readableTools', () => {
  let dir = '';
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'runbell-tools-'));
    chmodSync(dir, 0o755);
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('gives the originals to a user who can read them', () => {
    const tools = readableTools({ dir, uid: process.getuid?.() ?? 0, packages: ['pm2'] });
    expect(tools.nodeModules).toBe(join(project, 'node_modules'));
    expect(existsSync(tools.pm2Cli)).toBe(true);
    expect(existsSync(join(dir, 'node_modules'))).toBe(false);
  });

  it('says which package is missing', () => {
    expect(() => readableTools({ dir, uid: 0, packages: ['no-such-package'] })).toThrow(/no-such-package.*npm ci/);
  });

  it('copies what lies in a folder whose name no configuration takes', () => {
    const tools = readableTools({
      dir,
      uid: process.getuid?.() ?? 0,
      packages: ['top'],
      originals: closedTree(join(dir, 'my clone')),
    });
    expect(tools.nodeModules).toBe(join(dir, 'node_modules'));
    expect(existsSync(join(dir, 'node_modules', 'top', 'index.js'))).toBe(true);
  });

  it.runIf(process.getuid?.() === 0)('copies what another user cannot read, with all that it depends on', () => {
    const originals = closedTree(dir);
    const umask = process.umask(0o077);
    const tools = readableTools({ dir, uid: NOBODY, packages: ['top'], originals });
    process.umask(umask);
    expect(tools.nodeModules).toBe(join(dir, 'node_modules'));
    expect(existsSync(join(dir, 'node_modules', 'unrelated'))).toBe(false);
    const script = `console.log(require(${JSON.stringify(join(tools.nodeModules, 'top'))}))`;
    const run = spawnSync(tools.node, ['-e', script], { uid: NOBODY, gid: NOBODY, cwd: '/', encoding: 'utf8' });
    expect(run).toMatchObject({ stdout: 'top nested-2 shared-1\n', status: 0 });
  });
});

/** `top` needs its own version of `nested`, which needs `shared`; an optional dependency is not installed. */
function closedTree(dir: string): string {
  const modules = join(dir, 'closed', 'node_modules');
  const write = (folder: string, manifest: object, code: string): void => {
    mkdirSync(join(modules, folder), { recursive: true });
    writeFileSync(join(modules, folder, 'package.json'), JSON.stringify(manifest));
    writeFileSync(join(modules, folder, 'index.js'), `module.exports = ${code};`);
  };
  const needs = { dependencies: { nested: '2' }, optionalDependencies: { absent: '1' } };
  write('top', needs, '"top " + require("nested")');
  write('top/node_modules/nested', { dependencies: { shared: '1' } }, '"nested-2 " + require("shared")');
  write('nested', {}, '"nested-1"');
  write('shared', {}, '"shared-1"');
  write('unrelated', {}, '"unrelated"');
  chmodSync(join(dir, 'closed'), 0o700);
  return modules;
}
