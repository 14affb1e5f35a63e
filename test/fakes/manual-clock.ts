import type { Clock } from '../../functions/core/ports.ts';

/**
 * Time that moves only when a test says so. `waits`: a sleeper wakes when `advance` passes its instant.
 * `jumps`: sleeping moves the time itself, for flows that sleep between two looks and have no company.
 */
export class ManualClock implements Clock {
  readonly #mode: 'waits' | 'jumps';
  readonly #sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  #nowMs: number;

  constructor(nowMs: number, mode: 'waits' | 'jumps' = 'waits') {
    this.#nowMs = nowMs;
    this.#mode = mode;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  async sleep(ms: number): Promise<void> {
    if (this.#mode === 'jumps') {
      this.#nowMs += ms;
      return;
    }
    await new Promise<void>((resolve) => this.#sleepers.push({ atMs: this.#nowMs + ms, wake: resolve }));
  }

  /** Wakes every sleeper due on the way, at its own instant, and lets each run until it waits again. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    for (;;) {
      await settle();
      const next = this.#sleepers.toSorted((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined || next.atMs > untilMs) break;
      this.#sleepers.splice(this.#sleepers.indexOf(next), 1);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
    }
    this.#nowMs = untilMs;
  }
}

/** A turn of the event loop: everything that only waits for promises has then run. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
