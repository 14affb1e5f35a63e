import type { Clock } from '../../core/ports.ts';

/** An answer says its second; and clocks that keep time differ by less. */
const APART_MS_MAX = 2000;
const DATE_STEP_MS = 1000;

/** The clock on the wall, and one that only measures how much time passes. Both in milliseconds. */
export interface MachineClock {
  wallMs(): number;
  elapsedMs(): number;
}

const machine: MachineClock = { wallMs: () => Date.now(), elapsedMs: () => performance.now() };

/**
 * The time of the table, because that is where times of many machines are compared. Every answer of the table says what
 * time it is there; where this machine's clock says something else, the difference is kept for the next invocation.
 * Within one, only elapsed time counts: a step of the machine's clock moves nothing.
 */
export class TableClock implements Clock {
  readonly #machine: MachineClock;
  readonly #onStep: (offMs: number) => void;
  #offsetMs = 0;
  #begun: { readonly atMs: number; readonly elapsedMs: number };

  constructor(onStep: (offMs: number) => void = () => undefined, clock: MachineClock = machine) {
    this.#machine = clock;
    this.#onStep = onStep;
    this.#begun = { atMs: clock.wallMs(), elapsedMs: clock.elapsedMs() };
  }

  /** An invocation begins: how long the machine was asleep before, only its clock can say. */
  begin(): void {
    this.#setTo(this.#machine.wallMs() + this.#offsetMs);
  }

  nowMs(): number {
    return Math.floor(this.#begun.atMs + this.#machine.elapsedMs() - this.#begun.elapsedMs);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((done) => setTimeout(done, ms));
  }

  /** The table answered in this second of its time, to a call that took so long. */
  hear(tableMs: number, tookMs: number): void {
    const nowMs = this.nowMs();
    const latestMs = tableMs + DATE_STEP_MS + Math.max(0, tookMs);
    if (nowMs >= tableMs - APART_MS_MAX && nowMs <= latestMs + APART_MS_MAX) return;
    this.#setTo(tableMs + DATE_STEP_MS / 2);
    this.#offsetMs = this.nowMs() - this.#machine.wallMs();
    this.#onStep(nowMs - this.nowMs());
  }

  #setTo(atMs: number): void {
    this.#begun = { atMs, elapsedMs: this.#machine.elapsedMs() };
  }
}
