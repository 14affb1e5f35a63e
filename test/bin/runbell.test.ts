import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const shape = z.object({ help: z.string(), run: z.custom((value) => typeof value === 'function') });

/** The command as a person types it. */
function runbell(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['bin/runbell.mjs', ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

async function commands() {
  const files = readdirSync('bin/commands').filter((file) => file.endsWith('.ts'));
  const loaded = await Promise.all(
    files.map(
      async (file) =>
        [file.replace('.ts', ''), shape.safeParse(await import(join(process.cwd(), 'bin/commands', file)))] as const,
    ),
  );
  return loaded.flatMap(([name, { data }]) => (data === undefined ? [] : [{ name, help: data.help }]));
}

describe('npx runbell', () => {
  it('lists every command with what it is for', async () => {
    const { status, stdout } = runbell('--help');
    expect(status).toBe(0);
    const all = await commands();
    expect(all.length).toBeGreaterThan(6);
    for (const { name, help } of all) expect(stdout).toContain(`${name.padEnd(16)}${help.split('\n')[0]}`);
  });

  it('has a help for each command that shows how to type it', async () => {
    for (const { name, help } of await commands())
      expect(help, name).toMatch(new RegExp(`\\n\\s+.*npx runbell ${name}`));
  });

  it('prints the help of one command without starting it', () => {
    const { status, stdout } = runbell('doctor', '--help');
    expect([status, stdout.startsWith('npx runbell doctor: what is wrong')]).toEqual([0, true]);
  });

  it.each([
    [['nonsense'], 'There is no command "nonsense"'],
    [['../app'], 'There is no command'],
    [['trace-line'], 'There is no command'],
    [['status', '--nonsense'], "Unknown option '--nonsense'"],
    [['cost', '--targets', 'many'], '--targets takes a number from 1 to 1000.'],
  ])('refuses %j with one sentence and no trace', (args, says) => {
    const { status, stdout, stderr } = runbell(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain(says);
    expect(stderr).not.toContain('    at ');
  });
});
