/** Something in a script that this check does not understand, and so cannot show to be safe. */
export class NotUnderstood extends Error {
  readonly at: number;
  constructor(at: number, what: string) {
    super(what);
    this.at = at;
  }
}

/** A text and a place in it. */
export class Cursor {
  readonly text: string;
  at = 0;
  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  peek(length = 1): string {
    return this.text.slice(this.at, this.at + length);
  }

  /** Steps over `wanted` when it is next. */
  take(wanted: string): boolean {
    if (!this.text.startsWith(wanted, this.at)) return false;
    this.at += wanted.length;
    return true;
  }

  /** Steps over what matches here; `pattern` is sticky. */
  match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const [found] = pattern.exec(this.text) ?? [];
    if (found === undefined) return null;
    this.at += found.length;
    return found;
  }

  looksAt(pattern: RegExp): boolean {
    pattern.lastIndex = this.at;
    return pattern.test(this.text);
  }

  need(wanted: string): void {
    if (!this.take(wanted)) throw this.notUnderstood(`expected ${JSON.stringify(wanted)}`);
  }

  next(): string {
    if (this.isAtEnd) throw this.notUnderstood('the text ends too early');
    const one = this.peek();
    this.at += 1;
    return one;
  }

  /** Up to `end`, which is stepped over. */
  until(end: string): string {
    const found = this.text.indexOf(end, this.at);
    if (found < 0) throw this.notUnderstood(`${JSON.stringify(end)} is missing`);
    const text = this.text.slice(this.at, found);
    this.at = found + end.length;
    return text;
  }

  notUnderstood(what: string): NotUnderstood {
    return new NotUnderstood(this.at, what);
  }
}
