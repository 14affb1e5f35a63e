/** A small seeded generator: the same seed gives the same history on every machine. */
export function seeded(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** An invocation that was ended between two of its steps. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

interface Waiting {
  readonly go: () => void;
  readonly die: () => void;
  readonly mayDie: boolean;
}

/**
 * Owns time and order: every call of a port waits here, before and after its effect, until it is let go on, in an
 * order that the seed chooses, or dies there. Nothing else moves the clock.
 */
export class Scheduler {
  readonly random: () => number;
  /** Chance to die at one gate. */
  crashShare: number;
  #nowMs: number;
  #agenda: { readonly atMs: number; readonly run: () => void }[] = [];
  #waiting: Waiting[] = [];

  constructor(seed: number, startMs: number, crashShare: number) {
    this.random = seeded(seed);
    this.#nowMs = startMs;
    this.crashShare = crashShare;
  }

  nowMs = (): number => this.#nowMs;

  sleep = (ms: number): Promise<void> => new Promise((resolve) => this.at(this.#nowMs + ms, resolve));

  at(atMs: number, run: () => void): void {
    this.#agenda.push({ atMs, run });
  }

  chance(share: number): boolean {
    return this.random() < share;
  }

  between(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low));
  }

  gate(mayDie: boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ go: resolve, die: () => reject(new Crash()), mayDie });
    });
  }

  /** The same object, with a gate before and after each call of its methods. */
  gated<T extends object>(port: T, mayDie: () => boolean): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name);
        if (typeof member !== 'function') return member;
        return async (...args: unknown[]) => {
          await this.gate(mayDie());
          const result: unknown = await Reflect.apply(member, target, args);
          await this.gate(mayDie());
          return result;
        };
      },
    });
  }

  async runUntil(endMs: number): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (this.#waiting.length > 0) {
        this.#letOneGo();
        continue;
      }
      const next = this.#agenda.reduce((min, { atMs }) => Math.min(min, atMs), Number.POSITIVE_INFINITY);
      if (next > endMs) break;
      this.#moveTo(next);
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  #letOneGo(): void {
    const [one] = this.#waiting.splice(this.between(0, this.#waiting.length), 1);
    if (one === undefined) return;
    // Work takes time, so that deadlines pass in the middle of it.
    if (this.chance(0.1)) this.#moveTo(this.#nowMs + this.between(1, 400));
    if (one.mayDie && this.chance(this.crashShare)) one.die();
    else one.go();
  }

  #moveTo(ms: number): void {
    this.#nowMs = Math.max(this.#nowMs, ms);
    const due = this.#agenda.filter(({ atMs }) => atMs <= this.#nowMs).sort((a, b) => a.atMs - b.atMs);
    this.#agenda = this.#agenda.filter(({ atMs }) => atMs > this.#nowMs);
    for (const { run } of due) run();
  }
}
