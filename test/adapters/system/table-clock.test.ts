import { describe, expect, it } from 'vitest';
import { TableClock } from '../../../functions/adapters/system/table-clock.ts';
import { NIGHT_MS } from '../../support/builders.ts';

const HOUR_MS = 3_600_000;

/** A machine whose clock on the wall can be put; time itself passes by `pass`. */
function machine(skewMs = 0) {
  let [trueMs, offMs, asleepMs] = [NIGHT_MS, skewMs, 0];
  const steps: number[] = [];
  const clock = new TableClock((off) => steps.push(off), {
    wallMs: () => trueMs + offMs,
    elapsedMs: () => trueMs - asleepMs - NIGHT_MS + 0.25,
  });
  return {
    clock,
    steps,
    trueMs: () => trueMs,
    pass: (ms: number) => (trueMs += ms),
    /** Between two invocations; nothing measures how long. */
    freeze: (ms: number) => {
      trueMs += ms;
      asleepMs += ms;
    },
    put: (ms: number) => (offMs = ms),
    /** The second in which the table answers now. */
    answer: (tookMs = 20) => clock.hear(Math.floor(trueMs / 1000) * 1000, tookMs),
  };
}

describe('the time of the table', () => {
  it("is the machine's own while that is right, to the millisecond", () => {
    const { clock, pass, answer, steps, trueMs } = machine();
    pass(12_345);
    answer();
    expect(clock.nowMs()).toBe(trueMs());
    expect(Number.isInteger(clock.nowMs())).toBe(true);
    expect(steps).toEqual([]);
  });

  it.each([HOUR_MS, -HOUR_MS, 60_000, -60_000, 5000])(
    'is known from the first answer on where the clock is off by %d ms',
    (skewMs) => {
      const { clock, pass, freeze, answer, steps, trueMs } = machine(skewMs);
      clock.begin();
      expect(Math.abs(clock.nowMs() - trueMs())).toBeGreaterThan(4000);
      answer();
      expect(Math.abs(clock.nowMs() - trueMs())).toBeLessThanOrEqual(1000);
      expect(Math.abs((steps[0] ?? 0) - skewMs)).toBeLessThanOrEqual(1000);
      pass(30_000);
      freeze(45_000);
      clock.begin();
      expect(Math.abs(clock.nowMs() - trueMs())).toBeLessThanOrEqual(1000);
      answer();
      expect(steps).toHaveLength(1);
    },
  );

  it.each([HOUR_MS, -HOUR_MS])(
    'goes on by what has passed when the clock is put by %d ms in the middle of an invocation',
    (ms) => {
      const { clock, pass, put, trueMs } = machine();
      clock.begin();
      pass(1000);
      put(ms);
      pass(1000);
      expect(clock.nowMs()).toBe(trueMs());
    },
  );

  it("is right again when the machine's clock is", () => {
    const { clock, put, answer, trueMs } = machine(HOUR_MS);
    answer();
    put(0);
    clock.begin();
    answer();
    expect(Math.abs(clock.nowMs() - trueMs())).toBeLessThanOrEqual(1000);
  });

  it('passes while the machine is asleep between two invocations', () => {
    const { clock, freeze, trueMs } = machine();
    freeze(10 * 60_000);
    clock.begin();
    expect(clock.nowMs()).toBe(trueMs());
  });

  it('is not put back by an answer that lay for a while before it was read', () => {
    const { clock, pass, trueMs, steps } = machine();
    const saidMs = Math.floor(trueMs() / 1000) * 1000;
    pass(40_000);
    clock.hear(saidMs, 40_000);
    expect(clock.nowMs()).toBe(trueMs());
    expect(steps).toEqual([]);
  });
});
