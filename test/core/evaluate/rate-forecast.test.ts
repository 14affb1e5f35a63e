import { describe, expect, it } from 'vitest';
import { rateForecast, standingForecast } from '../../../functions/core/evaluate/rate-forecast.ts';
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

describe('the forecast of an alert', () => {
  const rush = { kind: 'exhaustion', inSeconds: 5, perMinute: 88 } as const;

  it('goes when nothing of the growth it speaks of has come for minutes', () => {
    expect(standingForecast(rush, window([53, 53, 53]))).toBeNull();
    expect(standingForecast(rush, window([53, 52, 51]))).toBeNull();
  });

  it('goes as soon as the time it gives has passed with nothing of it, though it rose before', () => {
    expect(standingForecast(rush, window([10, 53, 53, 53]))).toBeNull();
    expect(standingForecast({ ...rush, inSeconds: 900 }, window([10, 53, 53, 53]))).not.toBeNull();
  });

  it('stays while it grows, while so little is due that nobody could see it, and until there is something to compare', () => {
    const slow = { kind: 'exhaustion', inSeconds: 14_400, perMinute: 0.2 } as const;
    expect(standingForecast(rush, window([50, 51, 53]))).toBe(rush);
    expect(standingForecast(slow, window([53, 53, 53]))).toBe(slow);
    expect(standingForecast(rush, window([53]))).toBe(rush);
  });

  it('stays where it is full now, and where it is said to level off', () => {
    const full = { kind: 'exhaustion', inSeconds: 0, perMinute: 88 } as const;
    const level = { kind: 'levelsOff', atConnections: 60, perMinute: 5 } as const;
    expect(standingForecast(full, window([60, 60, 60]))).toBe(full);
    expect(standingForecast(level, window([60, 60, 60]))).toBe(level);
  });
});
