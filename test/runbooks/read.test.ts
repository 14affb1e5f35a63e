import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deliver } from './support/deliver.ts';
import { SMALL_PARAMETERS, smallScript } from './support/small-runbook.ts';

let dir = '';
let runs = 0;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'runbell-read-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** Byte by byte, because a delivered script keeps neither indentation nor lines that look like comments. */
const quoted = (text: string): string =>
  `$'${[...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}'`;

/** Calls `call` with each text as its first argument, and answers with what it says of each. */
async function read(call: string, texts: readonly string[]): Promise<readonly string[]> {
  runs += 1;
  const body = `ask() { ${call}; }
    for text in ${texts.map(quoted).join(' ')}; do ask "$text" >&8; done; done_well`;
  const { stdout } = await deliver(dir, smallScript(body), { ...SMALL_PARAMETERS, SSM_RunId: `run-${runs}` });
  return stdout.split('\n').slice(0, texts.length);
}

const NUMBER = 'if read_number "$1" 65535; then echo "yes $NUMBER"; else echo "no $NUMBER"; fi';

/** What is no number although it looks like one to somebody, or is one that bash runs. */
const HOSTILE = [
  '',
  ' ',
  '-1',
  '+1',
  '01',
  '08',
  '0x10',
  '1e3',
  '1.0',
  ' 1',
  '1 ',
  '1\n',
  '\n1',
  '1\n2',
  '65536',
  '99999999999999999999',
  '18446744073709551617',
  '٣',
  '１',
  'x',
  'NUMBER',
  'EUID[$(touch ran)]',
  '1+EUID[$(touch ran)]',
  '$(touch ran)',
  '`touch ran`',
  '2#1',
  '1,2',
  "'1'",
  '"1"',
  '1;2',
  '*',
  '-n',
];

describe('a reader', () => {
  it('takes a number from 0 to its bound, and nothing else', async () => {
    const good = ['0', '1', '9', '10', '4095', '65535'];
    expect(await read(NUMBER, good)).toEqual(good.map((one) => `yes ${one}`));
    expect(await read(NUMBER, HOSTILE)).toEqual(HOSTILE.map(() => 'no 0'));
  });

  it('takes no number that is not written as one, whatever it is given', async () => {
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'0123456789 -+x[]$()a\n\t#') }),
      fc.string({ unit: 'binary' }).map((one) => one.replaceAll('\0', '')),
      fc.integer().map(String),
    );
    const texts = fc.sample(text, { numRuns: 300, seed: 1 });
    const isGood = (one: string) => /^(?:0|[1-9][0-9]{0,4})$/.test(one) && !one.endsWith('\n') && Number(one) <= 65535;
    expect(await read(NUMBER, texts)).toEqual(texts.map((one) => (isGood(one) ? `yes ${one}` : 'no 0')));
  });

  it('takes a word of its list, and calls everything else unknown', async () => {
    const call = 'read_state "$1" online stopped || true; echo "$STATE"';
    const texts = ['online', 'stopped', 'stop', 'online ', 'unknown', '*', '?nline', '', 'online\nstopped', '-n'];
    const told = ['online', 'stopped', ...texts.slice(2).map(() => 'unknown')];
    expect(await read(call, texts)).toEqual(told);
  });

  it('takes names and paths of plain characters, up to their length', async () => {
    const names = ['worker', 'a.b_c:d@e-f', 'a'.repeat(64)];
    const noNames = ['', '@', '*', 'a b', 'a'.repeat(65), 'a\n', '$(x)', 'a/b', 'é', 'a;b', '`a`'];
    const name = 'read_name "$1" && echo yes || echo no';
    expect(await read(name, [...names, ...noNames])).toEqual([...names.map(() => 'yes'), ...noNames.map(() => 'no')]);
    const paths = ['/srv/app', '/a/../b+c@1', `/${'a'.repeat(300)}`];
    const noPaths = ['', '/', 'srv/app', '-r /x', '/a b', '/a\nb', `/${'a'.repeat(301)}`, '/$(x)', '/*'];
    const path = 'read_path "$1" && echo yes || echo no';
    expect(await read(path, [...paths, ...noPaths])).toEqual([...paths.map(() => 'yes'), ...noPaths.map(() => 'no')]);
  });

  it('takes the bits of a mask', async () => {
    const call = 'read_bits "$1" && echo "$((NUMBER >> 14 & 1)) $((NUMBER >> 63 & 1))" || echo no';
    const texts = ['0000000000004000', 'ffffffffffffffff', '0', '', 'g', '0x1', '00000000000040001', 'A'];
    expect(await read(call, texts)).toEqual(['1 0', '1 1', '0 0', ...texts.slice(3).map(() => 'no')]);
  });
});
