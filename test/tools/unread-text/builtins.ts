import { readSubscript } from './arithmetic.ts';
import type { Value } from './facts.ts';
import { checkPrograms } from './programs.ts';
import type { Scan } from './scan.ts';

/** A word of a command: what it can be, as it is written, and its text where it has no expansion. */
export interface Word {
  readonly value: Value;
  readonly text: string;
  readonly literal: string | null;
}

const READ: Value = { kind: 'unread', why: 'what is read' };
const PRINTED: Value = { kind: 'unread', why: 'what printf makes' };
/** Options whose value is the next word. */
const READ_OPTIONS = /^-[rse]*[dnNptui]$/;
const MAP_OPTIONS = /^-[dnOsuc]$/;
const NOT_USED = new Set(['eval', 'let', 'getopts', 'alias', 'enable', 'bind', 'complete', 'compgen', 'fc', 'hash']);

/** A simple command, whose first word is its name. */
export function readBuiltin(scan: Scan, words: readonly Word[]): void {
  const [first, ...rest] = words;
  if (first === undefined) return;
  const name = first.literal;
  if (name === null) scan.use('the name of a command', 'constant', first.value, first.text);
  else if (NOT_USED.has(name)) scan.problem(`${name} reads its words as a script`);
  else if (name === 'source' || name === '.') readSource(scan, rest);
  else if (/^(?:local|declare|typeset|readonly|export)$/.test(name)) readDeclaration(scan, words);
  else if (name === 'read') readInto(scan, rest, READ_OPTIONS, READ);
  else if (name === 'mapfile' || name === 'readarray') readInto(scan, rest, MAP_OPTIONS, READ);
  else if (name === 'printf') readPrintf(scan, rest);
  else if (name === 'unset')
    for (const word of rest.filter((one) => !/^-/.test(one.literal ?? ''))) target(scan, word, null, 'unset');
  else if (name === 'trap') readTrap(scan, rest);
  else if (name === 'shift') shift(scan, rest);
  else if (name === 'set') readSet(scan, rest);
  else if (name === 'test' || name === '[') readTest(scan, rest);
  else if (/^(?:exec|command|builtin|time)$/.test(name)) readWrapped(scan, rest);
  else scan.facts.calls.push({ place: scan.place(), name, words: rest.map((word) => word.value) });
  checkPrograms(scan, words);
}

function readSource(scan: Scan, [file]: readonly Word[]): void {
  if (!/^\.\.\/lib\/[a-z0-9-]+\.sh$/.test(file?.literal ?? '')) scan.problem(`source of ${file?.text ?? 'nothing'}`);
}

/** A variable that a command sets by its name. */
function target(scan: Scan, { literal, value, text }: Word, assigned: Value | null, where: string): void {
  if (literal === null) {
    scan.use(`a name given to ${where}`, 'name', value, text);
    return;
  }
  const [, name, subscript] = /^([A-Za-z_]\w*)(?:\[([\s\S]*)\])?$/.exec(literal) ?? [];
  if (name === undefined) {
    scan.problem(`${text} given to ${where} is no name`);
    return;
  }
  if (subscript !== undefined && !/^[@*]$/.test(subscript)) readSubscript(scan.within(`${subscript}]`), name, true);
  if (assigned !== null) scan.assign(name, assigned);
}

/** Words with a `=` were read as assignments before. */
function readDeclaration(scan: Scan, words: readonly Word[]): void {
  const [command, ...rest] = words;
  const options = rest.filter((word) => /^[-+]/.test(word.literal ?? ''));
  for (const { literal, text } of options) {
    if (/[in]/.test(literal ?? '')) scan.problem(`${command?.text} ${text} makes of an assignment something else`);
  }
  for (const word of rest.filter((one) => !options.includes(one))) {
    target(scan, word, null, command?.text ?? '');
    if (word.literal !== null) declareName(scan, words, word.literal);
  }
}

/** What `local` and its like make of a name; their options come before it. */
export function declareName(scan: Scan, words: readonly Word[], name: string): void {
  const [command, ...rest] = words.map((word) => word.literal ?? '');
  const options = rest.filter((word) => /^[-+]/.test(word)).join('');
  const isLocal = /^(?:local|declare|typeset)$/.test(command ?? '') && !options.includes('g');
  const scope = isLocal ? scan.scope : '';
  const key = `${scope} ${name}`;
  // Within an if, a loop or behind && it may not have happened.
  if (scope !== '' && scan.depth === 0 && !scan.facts.locals.has(key)) scan.facts.locals.set(key, scan.place().line);
  if (options.includes('A')) scan.facts.maps.add(key);
}

function readInto(scan: Scan, words: readonly Word[], withValue: RegExp, assigned: Value): void {
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === undefined) continue;
    if (withValue.test(word.literal ?? '')) at += 1;
    else if (!/^-/.test(word.literal ?? '')) target(scan, word, assigned, 'read');
  }
}

function readPrintf(scan: Scan, words: readonly Word[]): void {
  const [option, name, ...rest] = words;
  const isStored = option?.literal === '-v' && name !== undefined;
  if (isStored) target(scan, name, PRINTED, 'printf -v');
  const [format] = isStored ? rest : words;
  if (format !== undefined) scan.use('the format of printf', 'constant', format.value, format.text);
}

function readTrap(scan: Scan, [action]: readonly Word[]): void {
  if (action === undefined || action.literal === '-') return;
  if (action.literal === null) {
    scan.problem(`the text of a trap is computed: ${action.text}`);
    return;
  }
  const inner = scan.within(action.literal);
  inner.attempt(() => inner.grammar.commands(inner, ''));
}

/** One that may or may not happen leaves nothing known of the arguments behind it. */
function shift(scan: Scan, [count]: readonly Word[]): void {
  const by = count === undefined ? '1' : (count.literal ?? '');
  if (scan.depth > 0 || !/^\d$/.test(by)) scan.args = { ...scan.args, isUnknown: true };
  else scan.args = { ...scan.args, shifted: scan.args.shifted + Number(by) };
}

function readSet(scan: Scan, words: readonly Word[]): void {
  const [first] = words;
  if (!/^[-+][A-Za-z]+$/.test(first?.literal ?? '')) scan.args = { ...scan.args, isUnknown: true };
}

function readTest(scan: Scan, words: readonly Word[]): void {
  words.forEach(({ literal }, at) => {
    const next = words[at + 1];
    if ((literal === '-v' || literal === '-R') && next !== undefined)
      scan.use(`test ${literal}`, 'name', next.value, next.text);
  });
}

/** `command -v` only looks for its words. */
function readWrapped(scan: Scan, words: readonly Word[]): void {
  if (words.length > 0 && !/^-/.test(words[0]?.literal ?? '')) readBuiltin(scan, words);
}
