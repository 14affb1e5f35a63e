import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliver } from './support/deliver.ts';
import { SMALL_PARAMETERS, smallScript } from './support/small-runbook.ts';

let dir = '';
let runs = 0;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'runbell-mask-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function masked(by: 'mask_statements' | 'mask_log', lines: readonly string[]): Promise<readonly string[]> {
  runs += 1;
  const [input, output] = [join(dir, `input-${runs}`), join(dir, `output-${runs}`)];
  writeFileSync(input, `${lines.join('\n')}\n`);
  const script = smallScript(`${by} <'${input}' >'${output}'; cat -- '${output}' >&8; done_well`);
  const { stdout } = await deliver(dir, script, { ...SMALL_PARAMETERS, SSM_RunId: `run-${runs}` });
  return stdout.split('\n').slice(0, lines.length);
}

describe('a masked statement', () => {
  it.each([
    ['select * from `orders` where id = 4711 and x = ?', 'select * from `orders` where id = ? and x = ?'],
    ["update users set password = 'hunter2' where id = 1", 'update users set password = ...'],
    ['select * from t where name = "hunter2"', 'select * from t where name = ...'],
    ["select x'68756e' from t", 'select x...'],
    ['select 0x68756e746572, 1e10, -5, .5 from t2', 'select ?, ?, -?, .? from t2'],
    ['select 1 -- hunter2', 'select ? ...'],
    ['select 1 # hunter2', 'select ? ...'],
    ['select 1 /* hunter2 */ from t', 'select ? ...'],
    ['/* app:web, user:hunter2 */ select a from t', 'select a from t'],
    [
      'create function f() returns int language javascript as $$hunter2$$',
      'create function f() returns int language javascript as ...',
    ],
    // Whether the backslash escapes depends on a setting of the server.
    ["select 'it\\' , 'hunter2'", 'select ...'],
    [`select ${'a, '.repeat(100)}b from t`, `select ${'a, '.repeat(27)}a,...`],
  ])('of %s', async (statement, told) => {
    expect(await masked('mask_statements', [statement])).toEqual([told]);
  });

  it('never shows what stood in a literal or a comment, wherever it stood', async () => {
    const secret = 'zq7secret';
    const hex = Buffer.from(secret).toString('hex');
    const code = fc.constantFrom('select', 'a', '`b`', 'from t', ',', '(', ')', '=', '<=', ' and ', 'null', '@v');
    const literal = fc.constantFrom(
      `'${secret}'`,
      `"${secret}"`,
      `'it''s ${secret}'`,
      `'\\' ${secret}'`,
      `/* ${secret} */`,
      `-- ${secret}`,
      `# ${secret}`,
      `0x${hex}`,
      `x'${hex}'`,
      `_utf8'${secret}'`,
      `$$${secret}$$`,
    );
    const statements = fc.sample(fc.array(fc.oneof(code, literal), { minLength: 1, maxLength: 12 }), 300);
    const told = (
      await masked(
        'mask_statements',
        statements.map((parts) => parts.join(' ')),
      )
    ).join('\n');
    expect(told).not.toContain(secret);
    expect(told).not.toContain(hex);
    expect(told).toContain('select');
  });
});

describe('a masked line of a log', () => {
  it.each([
    [
      "[2026-11-23 20:01:12] production.ERROR: SQLSTATE[HY000] [1040] Too many connections (SQL: select * from users where email = 'a@example.org' and pin = 4711)",
      '2026-11-23 20:01:12 ERROR: SQLSTATE[HY000] [1040] Too many connections * select * from * and *',
    ],
    ['Illuminate\\Database\\QueryException: password hunter2 [1040]', 'Illuminate\\Database\\QueryException: *'],
    ['Error: connect ECONNREFUSED 10.0.0.7:3306', 'Error: connect ECONNREFUSED *'],
    ["Access denied for user 'shop'@'10.0.0.7' (using password: YES)", 'Access denied for user *'],
    ['DB_PASSWORD=hunter2 token:abc 1990-01-01', '*'],
  ])('of %s', async (line, told) => {
    expect(await masked('mask_log', [line])).toEqual([told]);
  });

  it('shows no word that it does not know', async () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9'"=.:/\\@-]{1,12}$/).map((text) => `q${text}`);
    const lines = fc.sample(fc.array(word, { minLength: 1, maxLength: 8 }), 200).map((words) => words.join(' '));
    for (const line of await masked('mask_log', lines)) expect(line).toBe('*');
  });
});
