// biome-ignore-all lint/suspicious/noTemplateCurlyInString: texts of bash
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { unreadText } from './find-unread-text.ts';

/** Whether bash runs what stands in `$text`, and what is found in the script. */
function inBash(script: string): { readonly isRun: boolean; readonly found: readonly string[] } {
  const dir = mkdtempSync(join(tmpdir(), 'runbell-unread-'));
  try {
    const said = `text=$(printf '%s' 'x[$(echo >ran)]')\n${script}\n`;
    writeFileSync(join(dir, 'a.sh'), said);
    spawnSync('bash', ['a.sh'], { cwd: dir, timeout: 5000 });
    return { isRun: existsSync(join(dir, 'ran')), found: unreadText(new Map([['a.sh', said]])) };
  } finally {
    rmSync(dir, { recursive: true });
  }
}

/** The forms are dangerous because bash says so, and not this check. */
describe('bash', () => {
  it.each([
    '((text > 0))',
    'y=$((text))',
    '[[ $text -gt 3 ]]',
    '[[ -v $text ]]',
    'test -v "$text"',
    'y=abc; echo "${y:$text}"',
    'list=(1); echo "${list[$text]}"',
    'list[$text]=1',
    'list=(1); unset "list[$text]"',
    'printf -v "$text" %s 1',
    'read -r "$text" < <(echo 1)',
    'f() { local -i y=$text; }; f',
    'declare "$text=1"',
    'echo "${!text}"',
    'let "y = $text"',
    'for ((i = text; i < 0; i++)); do :; done',
  ])('runs the text in %s, and it is found', (script) => {
    const { isRun, found } = inBash(script);
    expect(isRun).toBe(true);
    expect(found).not.toEqual([]);
  });
});

/** Only one place counts with a text, so what is found is about the way to it. */
const variable = fc.constantFrom('a', 'b', 'c');
const from = fc.oneof(
  variable.map((one) => `"$${one}"`),
  variable.map((one) => `$${one}`),
  fc.constantFrom('"$text"', '$text'),
  fc.tuple(variable, variable).map(([one, other]) => `"\${${one}:-$${other}}"`),
  variable.map((one) => `"\${${one}[@]}"`),
  variable.map((one) => `"\${${one}%,*}"`),
  variable.map((one) => `"\${#${one}}"`),
  fc.constantFrom('3', '$((1 + 1))', '"$1"', '"$2"', '"${@:2}"', '$#'),
);
const { program } = fc.letrec<{ statement: string; program: string }>((tie) => ({
  program: fc.array(tie('statement'), { minLength: 1, maxLength: 7 }).map((all) => all.join('\n')),
  statement: fc.oneof(
    { maxDepth: 2 },
    fc.tuple(variable, from).map(([name, value]) => `${name}=${value}`),
    fc.tuple(variable, from).map(([name, value]) => `${name}+=(${value})`),
    fc.tuple(variable, from).map(([name, value]) => `read -r _ ${name} < <(printf '1 %s\\n' ${value})`),
    fc.tuple(variable, from).map(([name, value]) => `printf -v ${name} %s ${value}`),
    fc.tuple(from, from).map(([one, other]) => `f ${one} ${other}`),
    fc.tuple(from, from).map(([one, other]) => `g 1 ${one} ${other}`),
    fc.tuple(variable, tie('statement')).map(([name, body]) => `for ${name} in 1 $b; do\n${body}\ndone`),
    tie('program').map((body) => `if true; then\n${body}\nfi`),
    fc.tuple(variable, tie('program')).map(([name, body]) => `f() {\nlocal ${name}=$1\n${body}\n}`),
    tie('program').map((body) => `g() {\nshift\n${body}\n}`),
  ),
}));

describe('a script that nobody has thought of', () => {
  it('runs no stranger’s text unless something is found in it', () => {
    const seen = { run: 0, well: 0 };
    const runs = { numRuns: Number(process.env['RUNBELL_SCRIPTS'] ?? 60) };
    fc.assert(
      fc.property(program, (body) => {
        const { isRun, found } = inBash(`f() { :; }\ng() { :; }\na=1 b=2 c=3\n${body}\n((a))`);
        seen.run += Number(isRun);
        seen.well += Number(found.length === 0);
        expect(isRun && found.length === 0).toBe(false);
      }),
      runs,
    );
    // Neither does everything run it, nor is something found in everything.
    expect(Math.min(seen.run, seen.well)).toBeGreaterThan(0);
  });
});
