import { describe, expect, it } from 'vitest';
import { boundedClock } from '../../functions/flows/bounded-clock.ts';
import { MINUTE_MS, NIGHT_MS } from '../support/builders.ts';

/** A clock that is put, while time passes by `pass`. */
function clocks(skewMs = 0) {
  let [trueMs, offMs] = [NIGHT_MS + 2000, skewMs];
  const plain = {
    nowMs: () => trueMs + offMs,
    sleep: async (ms: number) => {
      trueMs += ms;
    },
  };
  const bounds = { notBeforeMs: NIGHT_MS, notAfterMs: NIGHT_MS + 2 * MINUTE_MS };
  return {
    clock: boundedClock(plain, bounds),
    trueMs: () => trueMs,
    pass: (ms: number) => (trueMs += ms),
    put: (ms: number) => (offMs = ms),
  };
}

describe('a clock within bounds', () => {
  it("is the machine's own while that is within them", () => {
    const { clock, pass, trueMs } = clocks();
    pass(30_000);
    expect(clock.nowMs()).toBe(trueMs());
  });

  it.each([60, -60, 3, -1])(
    'begins at the lower one where the machine is %d minutes off, and passes as time does',
    (minutes) => {
      const { clock, pass } = clocks(minutes * MINUTE_MS);
      expect(clock.nowMs()).toBe(NIGHT_MS);
      pass(30_000);
      expect(clock.nowMs()).toBe(NIGHT_MS + 30_000);
    },
  );

  it('neither jumps nor runs backwards when the machine is put, asleep or awake', async () => {
    for (const ms of [60 * MINUTE_MS, -60 * MINUTE_MS, -MINUTE_MS]) {
      const { clock, pass, put, trueMs } = clocks();
      const before = clock.nowMs();
      put(ms);
      expect(clock.nowMs()).toBe(before);
      await clock.sleep(5000);
      pass(1000);
      expect(clock.nowMs()).toBe(trueMs());
      put(2 * ms);
      await clock.sleep(5000);
      expect(clock.nowMs()).toBe(trueMs());
    }
  });

  it('takes the machine at its word again once that is right', () => {
    const { clock, put, trueMs } = clocks(60 * MINUTE_MS);
    clock.nowMs();
    put(0);
    expect(clock.nowMs()).toBe(trueMs());
  });
});
