/**
 * What a text can be, best first. Bash may count with a `number`; a `name` has word characters alone and may name a
 * variable; a `constant` stands in the script itself and may be a program; anything else may be a stranger's.
 */
export type Kind = 'number' | 'name' | 'constant' | 'unread';

/** What a word or a variable can hold, as far as the script shows it. */
export type Value =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'number' }
  | { readonly kind: 'unread'; readonly why: string }
  | { readonly kind: 'variable'; readonly name: string }
  /** An argument of the function, counted from 1. */
  | { readonly kind: 'argument'; readonly at: number }
  /** Arguments from one on, each a word of its own; `count` of them, or all. */
  | { readonly kind: 'arguments'; readonly from: number; readonly count: number | null }
  /** The subscripts of an array. */
  | { readonly kind: 'keys'; readonly name: string }
  /** None, one or many words: a list, or a text outside of quotes. */
  | { readonly kind: 'several'; readonly value: Value }
  | { readonly kind: 'oneOf'; readonly values: readonly Value[] }
  | { readonly kind: 'joined'; readonly parts: readonly Value[] };

export interface Place {
  readonly file: string;
  readonly line: number;
  /** The function that it stands in; empty outside of any. */
  readonly scope: string;
}

export interface Assignment {
  readonly place: Place;
  readonly name: string;
  readonly value: Value;
}

/** A place where bash does more with a text than to pass it on. */
export interface Use {
  readonly place: Place;
  /** The place in words, such as `arithmetic`. */
  readonly where: string;
  readonly needs: Exclude<Kind, 'unread'>;
  /** As it is written. */
  readonly text: string;
  readonly value: Value;
}

/** A subscript counts in an indexed array and is a text in an associative one, so what it is depends on the array. */
export interface Subscript extends Use {
  readonly array: string;
  /** Bash expands it once more, also that of an associative array. */
  readonly isTwice: boolean;
}

export interface Call {
  readonly place: Place;
  readonly name: string;
  readonly words: readonly Value[];
}

export interface Problem {
  readonly place: Place;
  readonly what: string;
}

/** All that is known of one file. */
export interface Facts {
  readonly assignments: Assignment[];
  readonly uses: Use[];
  readonly subscripts: Subscript[];
  readonly calls: Call[];
  readonly problems: Problem[];
  /** By `scope name` the line from which on a variable is surely the function's own. */
  readonly locals: Map<string, number>;
  /** `scope name` of each associative array. */
  readonly maps: Set<string>;
}

export function noFacts(): Facts {
  return {
    assignments: [],
    uses: [],
    subscripts: [],
    calls: [],
    problems: [],
    locals: new Map(),
    maps: new Set(),
  };
}

export function together(all: readonly Facts[]): Facts {
  return {
    assignments: all.flatMap((one) => one.assignments),
    uses: all.flatMap((one) => one.uses),
    subscripts: all.flatMap((one) => one.subscripts),
    calls: all.flatMap((one) => one.calls),
    problems: all.flatMap((one) => one.problems),
    locals: new Map(all.flatMap((one) => [...one.locals])),
    maps: new Set(all.flatMap((one) => [...one.maps])),
  };
}

export const EMPTY: Value = { kind: 'literal', text: '' };
export const COUNTED: Value = { kind: 'number' };

export function joined(parts: readonly Value[]): Value {
  const [only] = parts;
  if (only === undefined) return EMPTY;
  return parts.length === 1 ? only : { kind: 'joined', parts };
}
