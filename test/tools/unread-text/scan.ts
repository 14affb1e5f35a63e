import { Cursor, NotUnderstood } from './cursor.ts';
import type { Assignment, Facts, Kind, Place, Subscript, Use, Value } from './facts.ts';

/** How the arguments of a function are numbered where the script is read now. */
interface Arguments {
  shifted: number;
  /** They were set anew, or shifted where that may or may not have happened. */
  isUnknown: boolean;
}

/** The parts of the grammar that call each other. */
export interface Grammar {
  /** Commands up to `end`, which is stepped over; an empty one is the end of the text. */
  readonly commands: (scan: Scan, end: string) => void;
  /** An expansion, from its `$` on. */
  readonly dollar: (scan: Scan, isQuoted: boolean) => Value;
}

/** One script on its way through the parser, and what has been seen of it so far. */
export class Scan {
  readonly cursor: Cursor;
  readonly facts: Facts;
  readonly grammar: Grammar;
  readonly #file: string;
  readonly #firstLine: number;
  scope = '';
  /** How many `if`, `case`, loops, `&&` and `||` what is read now hangs on. */
  depth = 0;
  args: Arguments = { shifted: 0, isUnknown: false };

  constructor(file: string, text: string, facts: Facts, grammar: Grammar, firstLine = 1) {
    this.cursor = new Cursor(text);
    this.facts = facts;
    this.grammar = grammar;
    this.#file = file;
    this.#firstLine = firstLine;
  }

  /** A text within the script that bash reads as one of its own, such as that of a trap. */
  within(text: string): Scan {
    const inner = new Scan(this.#file, text, this.facts, this.grammar, this.place().line);
    inner.scope = this.scope;
    inner.args = { ...this.args, isUnknown: true };
    inner.depth = this.depth + 1;
    return inner;
  }

  place(at = this.cursor.at): Place {
    const line = this.#firstLine + (this.cursor.text.slice(0, at).match(/\n/g)?.length ?? 0);
    return { file: this.#file, line, scope: this.scope };
  }

  /** What was read since `from`. */
  written(from: number): string {
    return this.cursor.text.slice(from, this.cursor.at).replace(/\s+/g, ' ').trim();
  }

  assign(name: string, value: Value): void {
    const assignment: Assignment = { place: this.place(), name, value };
    this.facts.assignments.push(assignment);
  }

  use(where: string, needs: Exclude<Kind, 'unread'>, value: Value, text: string): void {
    const use: Use = { place: this.place(), where, needs, text, value };
    this.facts.uses.push(use);
  }

  subscript(use: Omit<Subscript, 'place' | 'where' | 'needs'>): void {
    this.facts.subscripts.push({ place: this.place(), where: 'a subscript', needs: 'number', ...use });
  }

  problem(what: string): void {
    this.facts.problems.push({ place: this.place(), what });
  }

  argument(at: number): Value {
    if (this.args.isUnknown) return { kind: 'unread', why: 'an argument whose place is not known' };
    return { kind: 'argument', at: at + this.args.shifted };
  }

  arguments(from: number, count: number | null): Value {
    if (this.args.isUnknown) return { kind: 'unread', why: 'arguments whose places are not known' };
    return { kind: 'arguments', from: from + this.args.shifted, count };
  }

  /** Reads with `read`; what is not understood is a problem at its place, and ends it. */
  attempt(read: () => void): void {
    try {
      read();
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      this.facts.problems.push({ place: this.place(error.at), what: `not understood: ${error.message}` });
    }
  }
}
