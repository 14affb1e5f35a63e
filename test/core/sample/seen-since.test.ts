import { describe, expect, it } from 'vitest';
import { seenSinceMs } from '../../../functions/core/sample/seen-since.ts';
import { MINUTE_MS, NIGHT_MS, reading, window } from '../../support/builders.ts';

const nowMs = NIGHT_MS + 5 * MINUTE_MS;

describe('how long a target has been seen', () => {
  it('goes back to the first sample when none is missing', () => {
    expect(seenSinceMs(window([20, 20, 20, 20, 20, 20]), nowMs, MINUTE_MS)).toBe(NIGHT_MS);
  });

  it('begins after a sample that could not be read', () => {
    expect(seenSinceMs(window([20, 20, null, 20, 20, 20]), nowMs, MINUTE_MS)).toBe(NIGHT_MS + 3 * MINUTE_MS);
  });

  it('begins after a tick that never came', () => {
    const records = [0, 1, 3, 4, 5].map((minute) => reading(NIGHT_MS + minute * MINUTE_MS, 20));
    expect(seenSinceMs(records, nowMs, MINUTE_MS)).toBe(NIGHT_MS + 3 * MINUTE_MS);
  });

  it('is now when the newest sample is too old', () => {
    expect(seenSinceMs(window([20]), NIGHT_MS + 2 * MINUTE_MS, MINUTE_MS)).toBe(NIGHT_MS + 2 * MINUTE_MS);
  });
});
