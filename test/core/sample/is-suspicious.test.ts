import { describe, expect, it } from 'vitest';
import { isMoving, isSuspicious } from '../../../functions/core/evaluate/needs-close-look.ts';
import { settings, window } from '../../support/builders.ts';

const { rules } = settings().config;
const fifty = settings({ rules: { absolute: { raiseAt: 50 } } }).config.rules;

describe('a target is suspicious', () => {
  it('near the share that warns, at a refusal, and when it rises by a tenth of its limit', () => {
    expect(isSuspicious(window([68]), rules)).toBe(true);
    expect(isSuspicious(window([20, 'full']), rules)).toBe(true);
    expect(isSuspicious(window([20, 24, 27, 30]), rules)).toBe(true);
  });

  it('near an absolute bound, where there is one', () => {
    expect(isSuspicious(window([43]), fifty)).toBe(true);
    expect(isSuspicious(window([43]), rules)).toBe(false);
  });

  it('neither when calm nor when it could not be read', () => {
    expect(isSuspicious(window([20, 22, 24, 26]), rules)).toBe(false);
    expect(isSuspicious(window([95, null]), rules)).toBe(false);
    expect(isSuspicious([], rules)).toBe(false);
  });
});

describe('a close look', () => {
  it('is worth it while the count moves up or the server is full', () => {
    expect(isMoving(window([70, 70, 71, 71]))).toBe(true);
    expect(isMoving(window(['full', 'full', 'full', 'full']))).toBe(true);
  });

  it('is not, at a level that stands', () => {
    expect(isMoving(window([72, 70, 71, 70]))).toBe(false);
  });
});
