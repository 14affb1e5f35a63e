import { counts, readArithmetic, readSubscript } from './arithmetic.ts';
import { declareName, readBuiltin, type Word } from './builtins.ts';
import { readCondition } from './conditions.ts';
import { EMPTY, type Value } from './facts.ts';
import type { Scan } from './scan.ts';
import { readWord } from './words.ts';

const BLANKS = /(?:[ \t]|\\\n)+/y;
const ENDS_WORD = /[\s;&|<>()]/;
const FUNCTION = /([A-Za-z_][\w-]*)[ \t]*\(\)\s*(?=[{(])/y;
const ASSIGNMENT = /[A-Za-z_]\w*(?=\+?=)/y;
const ELEMENT = /[A-Za-z_]\w*(?=\[)/y;
const KEYWORD = /(?:if|then|elif|else|fi|while|until|do|done|time|!)(?=[\s;]|$)/y;
const OPENS: Readonly<Record<string, number>> = { if: 1, while: 1, until: 1, fi: -1, done: -1 };
const DECLARES = new Set(['local', 'declare', 'typeset', 'readonly', 'export']);

/** Commands up to `end`, which is stepped over; an empty one is the end of the text. */
export function readCommands(scan: Scan, end: string): void {
  const { cursor } = scan;
  for (let isConditional = false; ; ) {
    cursor.match(/(?:\s|\\\n|;(?!;))+/y);
    if (cursor.match(/#[^\n]*/y) !== null) continue;
    const separator = cursor.match(/&&|\|\||[&|]/y);
    if (separator !== null) {
      isConditional = separator.length === 2;
      continue;
    }
    if (end !== '' ? cursor.take(end) : cursor.isAtEnd) return;
    if (cursor.isAtEnd) throw cursor.notUnderstood(`${JSON.stringify(end)} is missing`);
    if (isConditional) scan.depth += 1;
    readCommand(scan);
    if (isConditional) scan.depth -= 1;
    isConditional = false;
  }
}

function readCommand(scan: Scan): void {
  const { cursor } = scan;
  const keyword = cursor.match(KEYWORD);
  if (keyword !== null) scan.depth += OPENS[keyword] ?? 0;
  else if (cursor.looksAt(FUNCTION)) readFunction(scan);
  else if (cursor.take('((')) readArithmetic(scan, () => cursor.take('))'), counts(scan, 'arithmetic'));
  else if (cursor.take('(')) readCommands(scan, ')');
  else if (cursor.match(/\{(?=\s)/y) !== null) readCommands(scan, '}');
  else if (cursor.match(/\[\[(?=\s)/y) !== null) readCondition(scan);
  else if (cursor.match(/for(?=[\s(])/y) !== null) readFor(scan);
  else if (cursor.match(/case(?=\s)/y) !== null) readCase(scan);
  else if (cursor.looksAt(/(?:select|coproc|function)\s/y))
    throw cursor.notUnderstood('a keyword that is not used here');
  else if (cursor.looksAt(/[<>]|\d+[<>]/y)) readRedirection(scan);
  else readSimple(scan);
}

function readFunction(scan: Scan): void {
  const { cursor } = scan;
  const { scope, args, depth } = scan;
  scan.scope = cursor.match(FUNCTION)?.replace(/[\s(){]+$/, '') ?? '';
  scan.args = { shifted: 0, isUnknown: false };
  scan.depth = 0;
  const end = cursor.next() === '{' ? '}' : ')';
  readCommands(scan, end);
  Object.assign(scan, { scope, args, depth });
}

function readFor(scan: Scan): void {
  const { cursor } = scan;
  scan.depth += 1;
  cursor.match(BLANKS);
  if (cursor.take('((')) {
    readArithmetic(scan, () => cursor.take('))'), counts(scan, 'arithmetic'));
    return;
  }
  const name = cursor.match(/[A-Za-z_]\w*/y) ?? '';
  const values: Value[] = [];
  if (cursor.match(/\s+in(?=\s)/y) === null) values.push(scan.arguments(1, null));
  for (cursor.match(BLANKS); !cursor.looksAt(/[;\n]/y) && !cursor.isAtEnd; cursor.match(BLANKS)) {
    values.push(readWord(scan, (one) => ENDS_WORD.test(one)));
  }
  scan.assign(name, { kind: 'oneOf', values: values.map(unfolded) });
}

/** `{1..20}` is a row of numbers. */
function unfolded(value: Value): Value {
  return value.kind === 'literal' && /^\{\d+\.\.\d+\}$/.test(value.text) ? { kind: 'number' } : value;
}

function readCase(scan: Scan): void {
  const { cursor } = scan;
  cursor.match(BLANKS);
  readWord(scan, (one) => ENDS_WORD.test(one));
  if (cursor.match(/\s+in\s+/y) === null) throw cursor.notUnderstood('a case without in');
  scan.depth += 1;
  for (;;) {
    cursor.match(/(?:\s|#[^\n]*\n)+/y);
    if (cursor.match(/esac(?=[\s;)]|$)/y) !== null) break;
    cursor.take('(');
    readWord(scan, (one) => one === ')');
    cursor.need(')');
    readCommands(scan, ';;');
  }
  scan.depth -= 1;
}

/** Assignments, words and redirections up to the end of the command. */
function readSimple(scan: Scan): void {
  const { cursor } = scan;
  const words: Word[] = [];
  for (;;) {
    cursor.match(BLANKS);
    if (cursor.isAtEnd || cursor.looksAt(/[\n;&|)]/y)) {
      if (!cursor.looksAt(/&>/y)) break;
    }
    if (cursor.looksAt(/(?:\d+|&)?[<>](?!\()/y)) {
      readRedirection(scan);
      continue;
    }
    if (cursor.match(/#[^\n]*/y) !== null) break;
    const declares = DECLARES.has(words[0]?.literal ?? '');
    if ((words.length === 0 || declares) && readAssignment(scan, words)) continue;
    const from = cursor.at;
    const value = readWord(scan, (one) => ENDS_WORD.test(one));
    if (cursor.at === from) throw cursor.notUnderstood('a command');
    words.push({ value, text: scan.written(from), literal: value.kind === 'literal' ? value.text : null });
  }
  if (words.length > 0) readBuiltin(scan, words);
}

/** `name=`, `name+=`, `name[subscript]=`, each with a word or a list. */
function readAssignment(scan: Scan, words: readonly Word[]): boolean {
  const { cursor } = scan;
  const from = cursor.at;
  let name = cursor.match(ASSIGNMENT);
  if (name === null) {
    name = cursor.match(ELEMENT);
    if (name === null) return false;
    cursor.need('[');
    readSubscript(scan, name, false);
    if (!cursor.looksAt(/\+?=/y)) {
      cursor.at = from;
      return false;
    }
  }
  cursor.take('+');
  cursor.need('=');
  if (words.length > 0) declareName(scan, words, name);
  for (const value of readValues(scan)) scan.assign(name, value);
  return true;
}

function readValues(scan: Scan): readonly Value[] {
  const { cursor } = scan;
  if (!cursor.take('(')) return [readWord(scan, (one) => ENDS_WORD.test(one))];
  const values: Value[] = [EMPTY];
  for (;;) {
    cursor.match(/(?:\s|#[^\n]*\n|\\\n)+/y);
    if (cursor.take(')')) return values;
    if (cursor.looksAt(/\[/y)) throw cursor.notUnderstood('a list with subscripts');
    values.push(readWord(scan, (one) => ENDS_WORD.test(one)));
  }
}

function readRedirection(scan: Scan): void {
  const { cursor } = scan;
  cursor.match(/(?:\d+|&)?/y);
  if (cursor.looksAt(/<</y)) throw cursor.notUnderstood('here-documents and here-strings need a file in /tmp');
  cursor.match(/[<>]{1,2}[&|]?/y);
  cursor.match(BLANKS);
  readWord(scan, (one) => ENDS_WORD.test(one));
}
