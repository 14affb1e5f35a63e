import { makeRng, type Rng } from '../generator.cjs';

/** Random numbers of one trace, with the heavy tails that jobs, queries and bursts have. */
export interface Chance extends Rng {
  exponential(mean: number): number;
  lognormal(median: number, sigma: number): number;
  pareto(least: number, alpha: number, most: number): number;
  within(range: Range): number;
  logWithin(range: Range): number;
}

export type Range = readonly [from: number, to: number];

export function chanceOf(seed: string): Chance {
  const rng = makeRng(seed);
  return {
    ...rng,
    exponential: (mean) => -mean * Math.log(1 - rng.u() * 0.999999),
    lognormal: (median, sigma) => median * Math.exp(sigma * rng.norm()),
    pareto: (least, alpha, most) => Math.min(most, least / (1 - rng.u() * 0.999999) ** (1 / alpha)),
    within: ([from, to]) => rng.range(from, to),
    logWithin: ([from, to]) => rng.log(from, to),
  };
}
