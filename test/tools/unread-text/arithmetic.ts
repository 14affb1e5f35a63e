import { COUNTED } from './facts.ts';
import type { Scan } from './scan.ts';

const NAME = /[A-Za-z_]\w*/y;
const ASSIGNS = /\s*(?:\+\+|--|(?:<<|>>|[-+*/%&|^])?=(?!=))/y;
const IS_PLAIN = /\s*=(?!=)/y;

/** Reads an expression up to where `isEnd` holds outside of brackets; each text in it has to be a number. */
export function readArithmetic(scan: Scan, isEnd: () => boolean, onText: (value: Use) => void): void {
  const { cursor } = scan;
  for (let depth = 0; depth > 0 || !isEnd(); ) {
    const from = cursor.at;
    if (cursor.looksAt(/[A-Za-z_]/y)) readVariable(scan, onText);
    else if (cursor.looksAt(/\d/y)) cursor.match(/[\w#@]+/y);
    else if (cursor.looksAt(/\$/y)) onText({ value: scan.grammar.dollar(scan, false), text: scan.written(from) });
    else if (cursor.looksAt(/['`]/y)) throw cursor.notUnderstood('a quote within arithmetic');
    else depth += { '(': 1, ')': -1 }[cursor.next()] ?? 0;
  }
}

export interface Use {
  readonly value: Parameters<Scan['use']>[2];
  readonly text: string;
}

function readVariable(scan: Scan, onText: (use: Use) => void): void {
  const { cursor } = scan;
  const from = cursor.at;
  const name = cursor.match(NAME) ?? '';
  if (cursor.take('[')) readSubscript(scan, name, true);
  const text = scan.written(from);
  if (!cursor.looksAt(IS_PLAIN)) onText({ value: { kind: 'variable', name }, text });
  if (cursor.looksAt(ASSIGNS)) scan.assign(name, COUNTED);
}

/** A subscript after its `[`, with its `]`. `isTwice`: bash expands it once more, also that of an associative array. */
export function readSubscript(scan: Scan, array: string, isTwice: boolean): void {
  readArithmetic(
    scan,
    () => scan.cursor.take(']'),
    ({ value, text }) => scan.subscript({ array, isTwice, value, text: `${array}[${text}]` }),
  );
}

/** What must be a number in `$(( ))`, `(( ))` or a slice. */
export function counts(scan: Scan, where: string): (use: Use) => void {
  return ({ value, text }) => scan.use(where, 'number', value, text);
}
