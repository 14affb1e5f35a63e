import type { Value } from './facts.ts';
import type { Scan } from './scan.ts';
import { readWord } from './words.ts';

const NUMERIC = /-(?:eq|ne|lt|le|gt|ge)(?=\s)/y;
const UNARY = /-[a-zA-Z](?=\s)/y;
const BINARY = /(?:==?|!=|<|>|-(?:nt|ot|ef))(?=\s)/y;

/** What stands in `[[ ]]`, after its opening. */
export function readCondition(scan: Scan): void {
  const { cursor } = scan;
  for (;;) {
    skip(scan);
    if (cursor.match(/\]\](?=[\s;&|)]|$)/y) !== null) return;
    if (cursor.match(/&&|\|\||!(?=\s)|[()]/y) !== null) continue;
    readTest(scan);
  }
}

function skip({ cursor }: Scan): void {
  cursor.match(/(?:\s|\\\n)+/y);
}

function readTest(scan: Scan): void {
  const { cursor } = scan;
  const unary = cursor.match(UNARY);
  if (unary !== null) {
    skip(scan);
    const { value, text } = operand(scan);
    if (unary === '-v' || unary === '-R') scan.use(`[[ ${unary} ]]`, 'name', value, text);
    return;
  }
  const left = operand(scan);
  skip(scan);
  const numeric = cursor.match(NUMERIC);
  if (numeric !== null) {
    skip(scan);
    for (const { value, text } of [left, operand(scan)]) scan.use(`[[ ${numeric} ]]`, 'number', counted(value), text);
  } else if (cursor.match(/=~(?=\s)/y) !== null) {
    skip(scan);
    readRegex(scan);
  } else if (cursor.match(BINARY) !== null) {
    skip(scan);
    operand(scan);
  }
}

function operand(scan: Scan): { readonly value: Value; readonly text: string } {
  const from = scan.cursor.at;
  const value = readWord(scan, (one) => /[\s()<>&|;]/.test(one));
  const text = scan.written(from);
  if (text === '') throw scan.cursor.notUnderstood('an operand of [[ ]] is missing');
  return { value, text };
}

/** A name that is counted with is that of a variable. */
function counted(value: Value): Value {
  return value.kind === 'literal' && /^[A-Za-z_]\w*$/.test(value.text) ? { kind: 'variable', name: value.text } : value;
}

/** Brackets and bars are part of a pattern, which ends at the first blank outside of quotes. */
function readRegex(scan: Scan): void {
  readWord(scan, (one) => /\s/.test(one));
}
