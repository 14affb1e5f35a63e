import { counts, readArithmetic, readSubscript } from './arithmetic.ts';
import { COUNTED, EMPTY, joined, type Value } from './facts.ts';
import type { Scan } from './scan.ts';

const NAME = /[A-Za-z_]\w*/y;
const SAID: Value = { kind: 'unread', why: 'what a program says' };

/** What a word is made of, up to a character for which `isEnd` holds. `isQuoted`: within double quotes. */
export function readWord(scan: Scan, isEnd: (character: string) => boolean, isQuoted = false): Value {
  const { cursor } = scan;
  const parts: Value[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') parts.push({ kind: 'literal', text });
    text = '';
  };
  while (!cursor.isAtEnd) {
    if (cursor.looksAt(/[<>]\(/y) && !isQuoted) {
      flush();
      parts.push(processSubstitution(scan));
    } else if (isEnd(cursor.peek())) {
      break;
    } else if (cursor.take('\\')) {
      const next = cursor.next();
      if (next !== '\n') text += isQuoted && !/[$`"\\]/.test(next) ? `\\${next}` : next;
    } else if (!isQuoted && cursor.take("'")) {
      text += cursor.until("'");
    } else if (!isQuoted && cursor.take("$'")) {
      text += ansiText(scan);
    } else if (cursor.take('"')) {
      flush();
      parts.push(readWord(scan, (one) => one === '"', true));
      cursor.need('"');
    } else if (cursor.looksAt(/\$[\w({@*#?$!-]/y)) {
      flush();
      const value = readDollar(scan, isQuoted);
      parts.push(isQuoted || value.kind === 'number' ? value : { kind: 'several', value });
    } else if (cursor.looksAt(/`/y) || (!isQuoted && cursor.looksAt(/\$"/y))) {
      throw cursor.notUnderstood('backticks and $"" are not used here');
    } else {
      text += cursor.next();
    }
  }
  flush();
  return joined(parts);
}

function ansiText(scan: Scan): string {
  const text = scan.cursor.match(/(?:[^'\\]|\\[\s\S])*/y) ?? '';
  scan.cursor.need("'");
  return text.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
}

function processSubstitution(scan: Scan): Value {
  scan.cursor.at += 2;
  scan.grammar.commands(scan, ')');
  return { kind: 'unread', why: 'the path of a pipe' };
}

/** An expansion, from its `$` on. */
export function readDollar(scan: Scan, isQuoted: boolean): Value {
  const { cursor } = scan;
  cursor.need('$');
  if (cursor.take('((')) {
    readArithmetic(scan, () => cursor.take('))'), counts(scan, 'arithmetic'));
    return COUNTED;
  }
  if (cursor.take('(')) {
    scan.grammar.commands(scan, ')');
    return SAID;
  }
  if (cursor.take('{')) return readBraces(scan, isQuoted);
  const name = cursor.match(NAME);
  if (name !== null) return { kind: 'variable', name };
  return special(scan, cursor.next());
}

function special(scan: Scan, name: string): Value {
  if (/^\d+$/.test(name)) return name === '0' ? SAID : scan.argument(Number(name));
  if (name === '@' || name === '*') return scan.arguments(1, null);
  if (/^[#?$!]$/.test(name)) return COUNTED;
  throw scan.cursor.notUnderstood(`the expansion $${name}`);
}

function readBraces(scan: Scan, isQuoted: boolean): Value {
  const { cursor } = scan;
  if (cursor.looksAt(/#[\w@*]/y) && cursor.take('#')) {
    cursor.match(/\w+|[@*]/y);
    if (cursor.take('[') && cursor.match(/[@*]\]/y) === null) throw cursor.notUnderstood('the length of one element');
    cursor.need('}');
    return COUNTED;
  }
  if (cursor.looksAt(/!(?![-:+?=}])/y) && cursor.take('!')) return readIndirect(scan, isQuoted);
  const name = cursor.match(NAME) ?? cursor.match(/\d+|[@*#?$!]/y);
  if (name === null) throw cursor.notUnderstood('what stands in an expansion');
  const value: Value = /^[A-Za-z_]/.test(name) ? { kind: 'variable', name } : special(scan, name);
  const isWhole = cursor.match(/\[[@*]\]/y) !== null;
  if (!isWhole && cursor.take('[')) readSubscript(scan, name, false);
  return readOperator(scan, { name, value, isList: isWhole || value.kind === 'arguments', isQuoted });
}

function readIndirect(scan: Scan, isQuoted: boolean): Value {
  const { cursor } = scan;
  const name = cursor.match(NAME);
  if (name === null) throw cursor.notUnderstood('what stands in an indirect expansion');
  if (cursor.match(/\[[@*]\]\}/y) !== null) return { kind: 'keys', name };
  scan.use('an indirect expansion', 'name', { kind: 'variable', name }, `\${!${name}}`);
  readOperator(scan, { name, value: EMPTY, isList: false, isQuoted });
  return { kind: 'unread', why: 'the value of a variable that another one names' };
}

interface Expanded {
  readonly name: string;
  readonly value: Value;
  /** Each element or argument is a word of its own. */
  readonly isList: boolean;
  readonly isQuoted: boolean;
}

function readOperator(scan: Scan, { name, value, isList, isQuoted }: Expanded): Value {
  const { cursor } = scan;
  if (cursor.take('}')) return isList && value.kind === 'variable' ? { kind: 'several', value } : value;
  const operator = cursor.match(/:?[-=?+]/y);
  if (operator !== null) {
    const word = readWord(scan, (one) => one === '}', isQuoted);
    cursor.need('}');
    if (operator.endsWith('=')) scan.assign(name, word);
    if (operator.endsWith('?')) return value;
    return { kind: 'oneOf', values: [operator.endsWith('+') ? EMPTY : value, word] };
  }
  if (cursor.take(':')) return readSlice(scan, value, isList);
  if (cursor.looksAt(/@/y)) throw cursor.notUnderstood('an expansion with @ can run what a text holds');
  if (!cursor.looksAt(/[#%/^,]/y)) throw cursor.notUnderstood('an operator of an expansion');
  readWord(scan, (one) => one === '}', isQuoted);
  cursor.need('}');
  return { kind: 'unread', why: 'a text of which something was cut or changed' };
}

function readSlice(scan: Scan, value: Value, isList: boolean): Value {
  const { cursor } = scan;
  const bounds: string[] = [];
  do {
    const from = cursor.at;
    readArithmetic(scan, () => cursor.looksAt(/[:}]/y), counts(scan, 'a slice'));
    bounds.push(scan.written(from));
  } while (cursor.take(':'));
  cursor.need('}');
  if (!isList) return { kind: 'unread', why: 'a part of a text' };
  const [from = '', count] = bounds;
  if (value.kind !== 'arguments') return { kind: 'several', value };
  if (!/^\d+$/.test(from) || (count !== undefined && !/^\d+$/.test(count))) {
    return { kind: 'unread', why: 'arguments whose places are not known' };
  }
  return scan.arguments(Number(from), count === undefined ? null : Number(count));
}
