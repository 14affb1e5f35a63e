#!/usr/bin/env node
/** `npm run check`: types, lint and format, import rules and sizes, what scripts do with strangers' text, scripts. All at once; prints what failed. */
import { spawn, spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';

const scripts = globSync(['runbooks/**/*.sh', 'test/**/*.sh', '.ci/run']);
const hasShellcheck = spawnSync('shellcheck', ['--version']).status === 0;

const steps = [
  ['types', 'tsc', ['-p', '.']],
  ['lint and format', 'biome', ['ci', '--error-on-warnings', '.']],
  ['import rules and sizes', 'vitest', ['run', '--reporter=dot', 'test/tidy.test.ts']],
  ['unread text in scripts', 'tsx', ['test/tools/check-scripts.ts']],
  ...(hasShellcheck && scripts.length > 0 ? [['scripts', 'shellcheck', ['-x', ...scripts]]] : []),
];

/** @param {readonly [string, string, readonly string[]]} step */
function runStep([name, program, args]) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ name, code: 1, output: error.message }));
    child.on('close', (code) => resolve({ name, code, output }));
  });
}

const results = await Promise.all(steps.map(runStep));
for (const { name, code, output } of results) {
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  const sizes = output.split('\n').filter((line) => line.startsWith('size: '));
  console.log(code === 0 ? sizes.join('\n').trim() : output);
}
if (!hasShellcheck)
  console.log('skipped: scripts, because shellcheck is not installed (npm run setup:test installs it)');
process.exit(results.some((result) => result.code !== 0) ? 1 : 0);
