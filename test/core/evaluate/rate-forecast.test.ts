import { describe, expect, it } from 'vitest';
import { rateForecast } from '../../../functions/core/evaluate/rate-forecast.ts';
import { window } from '../../support/builders.ts';

describe('the rate on a card', () => {
  it('says how fast it rises and when it is full', () => {
    expect(rateForecast(window([60, 70, 80]))).toEqual({ kind: 'exhaustion', inSeconds: 120, perMinute: 10 });
  });

  it('is about the last minutes only', () => {
    expect(rateForecast(window([10, 90, 80, 80, 80, 80]))).toBeNull();
  });

  it('says nothing of a level that stands, falls, was hardly seen, or is full', () => {
    expect(rateForecast(window([80, 80, 80]))).toBeNull();
    expect(rateForecast(window([90, 80, 70]))).toBeNull();
    expect(rateForecast(window([60, 80]))).toBeNull();
    expect(rateForecast(window([60, 80, 'full']))).toBeNull();
  });

  it('does not look further ahead than two hours', () => {
    expect(rateForecast(window([10, 11, 12]))).not.toBeNull();
    expect(rateForecast(window([10, 10, 11]))).toBeNull();
  });
});
