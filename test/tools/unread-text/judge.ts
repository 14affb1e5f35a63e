import type { Assignment, Call, Facts, Kind, Place, Use, Value } from './facts.ts';

/** What bash itself keeps as numbers. */
const OF_BASH = new Set(['EUID', 'UID', 'PPID', 'BASHPID', 'LINENO', 'RANDOM', 'SECONDS']);
/** Of one with a higher number nothing is known. */
const ARGUMENTS_MAX = 99;
const BEST_FIRST: readonly Kind[] = ['number', 'name', 'constant', 'unread'];

const worse = (one: Kind, other: Kind): Kind => (BEST_FIRST.indexOf(one) > BEST_FIRST.indexOf(other) ? one : other);

interface Source {
  readonly value: Value;
  readonly place: Place;
}

/** The file of the readers, which alone may believe a pattern, and what they set. */
export interface Readers {
  readonly file: string;
  readonly variables: ReadonlyMap<string, Kind>;
}

/** What each variable and each argument of a script can hold, over every way that its text shows. */
export class Judge {
  readonly #facts: Facts;
  readonly #readers: Readers;
  readonly #kinds = new Map<string, Kind>();
  readonly #assignments: ReadonlyMap<string, readonly Assignment[]>;
  readonly #calls: ReadonlyMap<string, readonly Call[]>;

  constructor(facts: Facts, readers: Readers) {
    this.#facts = facts;
    this.#readers = readers;
    this.#assignments = byName(facts.assignments);
    this.#calls = byName(facts.calls);
    this.#settle();
  }

  /** Each place where a text may be used that nobody has read, as sentences with the place in front. */
  findings(): readonly string[] {
    const subscripts = this.#facts.subscripts.flatMap((one) => {
      if (!this.#isMap(one.array, one.place)) return [one];
      return one.isTwice ? [{ ...one, needs: 'name' as const }] : [];
    });
    const uses = [...this.#facts.uses, ...subscripts].filter((one) => one.place.file !== this.#readers.file);
    return [
      ...this.#facts.problems.map(({ place, what }) => `${at(place)}: ${what}`),
      ...uses.flatMap((use) => this.#judge(use)),
      ...this.#facts.assignments
        .filter((one) => this.#readers.variables.has(one.name) && one.place.file !== this.#readers.file)
        .map((one) => `${at(one.place)}: only the readers of ${this.#readers.file} set ${one.name}`),
    ];
  }

  #judge({ place, where, needs, text, value }: Use): readonly string[] {
    if (isAsGood(this.#kindOf(value, place), needs)) return [];
    const why = this.#why({ value, place }, needs, new Set());
    return [`${at(place)}: ${where} needs a ${needs}, and ${text} may hold ${why}`];
  }

  /** From the best that could be down to what is, because functions call each other in circles. */
  #settle(): void {
    for (let isSettled = false; !isSettled; ) {
      isSettled = true;
      for (const [key, sources] of this.#sources()) {
        const kind = sources.map(({ value, place }) => this.#kindOf(value, place)).reduce(worse, 'number');
        if (kind !== (this.#kinds.get(key) ?? 'number')) isSettled = false;
        this.#kinds.set(key, kind);
      }
    }
  }

  *#sources(): Generator<readonly [string, readonly Source[]]> {
    for (const { name, place } of this.#facts.assignments) {
      if (this.#isLocal(name, place)) yield [this.#key(name, place), this.#assigned(name, place)];
    }
    // Where it is nobody's own it may be that of any function above.
    for (const [name, all] of this.#assignments) yield [`$${name}`, all];
    for (const [name, calls] of this.#calls) {
      for (let nth = 1; nth <= ARGUMENTS_MAX; nth += 1) {
        yield [`${name} ${nth}`, calls.map(({ words, place }) => ({ value: passed(words, nth), place }))];
      }
    }
  }

  #key(name: string, place: Place): string {
    return this.#isLocal(name, place) ? `${place.scope} $${name}` : `$${name}`;
  }

  #isLocal(name: string, { scope, line }: Place): boolean {
    return (this.#facts.locals.get(`${scope} ${name}`) ?? Number.POSITIVE_INFINITY) <= line;
  }

  /** Outside of the function that declares it, it may be another one's of the same name. */
  #isMap(name: string, place: Place): boolean {
    const { locals, maps } = this.#facts;
    if (this.#isLocal(name, place)) return maps.has(`${place.scope} ${name}`);
    const isHidden = [...locals.keys()].some((key) => key.endsWith(` ${name}`) && !maps.has(key));
    return maps.has(` ${name}`) && !isHidden;
  }

  /** A function also sees the local variables of whoever called it, and sets them. */
  #assigned(name: string, place: Place): readonly Assignment[] {
    const all = this.#assignments.get(name) ?? [];
    if (!this.#isLocal(name, place)) return all;
    return all.filter(
      (one) => one.place.scope === place.scope || (one.place.scope !== '' && !this.#isLocal(name, one.place)),
    );
  }

  #kindOf(value: Value, place: Place): Kind {
    switch (value.kind) {
      case 'number':
        return 'number';
      case 'unread':
        return 'unread';
      case 'literal':
        return kindOfText(value.text);
      case 'keys':
        return this.#isMap(value.name, place) ? 'unread' : 'number';
      case 'variable':
        return this.#kindOfVariable(value.name, place);
      case 'argument':
        return this.#kindOfArgument(value.at, place);
      case 'arguments':
        return Array.from({ length: value.count ?? ARGUMENTS_MAX }, (_, nth) => value.from + nth)
          .map((at) => this.#kindOfArgument(at, place))
          .reduce(worse, 'number');
      case 'several':
        return this.#kindOf(value.value, place);
      case 'oneOf':
        return value.values.map((one) => this.#kindOf(one, place)).reduce(worse, 'number');
      case 'joined':
        return value.parts.map((one) => this.#kindOf(one, place)).reduce(worse, 'name');
    }
  }

  #kindOfVariable(name: string, place: Place): Kind {
    const known = this.#readers.variables.get(name);
    if (known !== undefined) return known;
    if (OF_BASH.has(name)) return 'number';
    const isKnown = this.#isLocal(name, place) || this.#assignments.has(name);
    return isKnown ? (this.#kinds.get(this.#key(name, place)) ?? 'number') : 'unread';
  }

  #kindOfArgument(at: number, { scope }: Place): Kind {
    if (scope === '' || at > ARGUMENTS_MAX) return 'unread';
    return this.#kinds.get(`${scope} ${at}`) ?? 'number';
  }

  /** The first source that is not good enough, with its place. */
  #why({ value, place }: Source, needs: Kind, seen: Set<Value>): string {
    if (value.kind === 'unread') return value.why;
    if (value.kind === 'literal') return JSON.stringify(value.text);
    const parts = this.#partsOf(value, place);
    const isBad = (one: Source) => !isAsGood(this.#kindOf(one.value, one.place), needs) && !seen.has(one.value);
    const isUnread = (one: Source) => isBad(one) && !isAsGood(this.#kindOf(one.value, one.place), 'constant');
    const bad = parts.find(isUnread) ?? parts.find(isBad);
    if (bad === undefined) return parts.length === 0 ? 'what nobody here has set' : 'several texts joined';
    const why = this.#why(bad, needs, seen.add(bad.value));
    return bad.place === place ? why : `${why} (${at(bad.place)})`;
  }

  #partsOf(value: Value, place: Place): readonly Source[] {
    const here = (values: readonly Value[]) => values.map((one) => ({ value: one, place }));
    if (value.kind === 'oneOf') return here(value.values);
    if (value.kind === 'joined') return here(value.parts);
    if (value.kind === 'several') return here([value.value]);
    if (value.kind === 'variable') return this.#assigned(value.name, place);
    if (value.kind !== 'argument') return [];
    const calls = this.#calls.get(place.scope) ?? [];
    return calls.map((call) => ({ value: passed(call.words, value.at), place: call.place }));
  }
}

function isAsGood(kind: Kind, needs: Kind): boolean {
  return BEST_FIRST.indexOf(kind) <= BEST_FIRST.indexOf(needs);
}

function byName<One extends { readonly name: string }>(all: readonly One[]): ReadonlyMap<string, readonly One[]> {
  const groups = new Map<string, One[]>();
  for (const one of all) groups.set(one.name, [...(groups.get(one.name) ?? []), one]);
  return groups;
}

function kindOfText(text: string): Kind {
  if (/^(?:|0|-?[1-9]\d{0,14})$/.test(text)) return 'number';
  return /^\w+$/.test(text) ? 'name' : 'constant';
}

/** The nth argument of a call. Behind what may be none or many words, it is any of those that are left. */
function passed(words: readonly Value[], nth: number): Value {
  const before = words.slice(0, nth);
  const list = before.findIndex((word) => word.kind === 'arguments' || isSeveral(word));
  const word = words[list];
  if (word === undefined) return before[nth - 1] ?? { kind: 'literal', text: '' };
  // All that are left, at the end of the call: each keeps its place.
  if (word.kind === 'arguments' && word.count === null && list === words.length - 1) {
    return { kind: 'argument', at: word.from + nth - list - 1 };
  }
  return { kind: 'oneOf', values: [{ kind: 'literal', text: '' }, ...words.slice(list)] };
}

function isSeveral(value: Value): boolean {
  if (value.kind === 'oneOf') return value.values.some(isSeveral);
  if (value.kind === 'joined') return value.parts.some((part) => part.kind === 'arguments' || isSeveral(part));
  return value.kind === 'several';
}

function at({ file, line }: Place): string {
  return `${file}:${line}`;
}
