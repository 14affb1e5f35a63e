import { type Point, SECOND_MS } from './detector-state.ts';

/** Points as columns, which is what the rules compute with. Sleepers are filled in between the ticks that saw ages. */
export interface Series {
  readonly seconds: readonly number[];
  readonly connected: readonly number[];
  readonly running: readonly number[];
  /** One column per age; null when too few points saw ages. */
  readonly sleepers: readonly (readonly number[])[] | null;
}

export const SLEEPER_AGES_S = [60, 300, 900, 3600] as const;
/** Fewer looks at ages than this say nothing about their course. */
const AGE_LOOKS_MIN = 3;

/** A ring of buckets stays the same for minutes: its columns are kept beside it. */
const known = new WeakMap<readonly Point[], Series>();

export function toSeries(points: readonly Point[]): Series {
  const kept = known.get(points);
  if (kept !== undefined) return kept;
  const series: Series = {
    seconds: points.map((point) => point.atMs / SECOND_MS),
    connected: points.map((point) => point.connected),
    running: points.map((point) => point.running),
    sleepers: fillAges(points),
  };
  known.set(points, series);
  return series;
}

/** A straight line between two looks at ages; the first and the last look hold to the ends. */
function fillAges(points: readonly Point[]): number[][] | null {
  const looks = points.flatMap((point, at) => (point.ages === null ? [] : [at]));
  if (looks.length < AGE_LOOKS_MIN) return null;
  return SLEEPER_AGES_S.map((_, age) => {
    const column = points.map((point) => point.ages?.[age] ?? 0);
    fillGaps(column, looks);
    return column;
  });
}

function fillGaps(column: number[], known: readonly number[]): void {
  const first = known[0] ?? 0;
  const last = known.at(-1) ?? 0;
  column.fill(column[first] ?? 0, 0, first);
  column.fill(column[last] ?? 0, last);
  for (let k = 1; k < known.length; k++) {
    const from = known[k - 1] ?? 0;
    const to = known[k] ?? 0;
    const step = ((column[to] ?? 0) - (column[from] ?? 0)) / (to - from);
    for (let at = from + 1; at < to; at++) column[at] = (column[from] ?? 0) + step * (at - from);
  }
}

/** Mean of `column[from, to)`. */
export function mean(column: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at++) sum += column[at] ?? 0;
  return to > from ? sum / (to - from) : 0;
}

/** The two ends of a stretch, each the mean of up to three points so that one odd sample decides nothing. */
export interface Ends {
  readonly first: number;
  readonly last: number;
  readonly growth: number;
  readonly averaged: number;
}

export function endsOf(column: readonly number[], from: number): Ends {
  const count = column.length - from;
  const averaged = Math.max(1, Math.min(3, Math.floor(count / 4)));
  const first = mean(column, from, from + averaged);
  const last = mean(column, column.length - averaged, column.length);
  return { first, last, growth: last - first, averaged };
}

export interface ShapeBounds {
  /** Each third brings at least this share of its part. */
  readonly thirdShareMin: number;
  /** So many of the six sextiles bring at least a quarter of their part. */
  readonly sextilesMin: number;
  /** Net growth over the sum of all ups and downs. */
  readonly efficiencyMin: number;
}

const SEXTILE_SHARE_MIN = 0.25;
const BLOCKS = 12;

/** Is the growth spread over the whole stretch? A step, a burst and a tooth of a saw are not. */
export function growsEvenly(column: readonly number[], from: number, bounds: ShapeBounds): boolean {
  const { growth } = endsOf(column, from);
  if (growth <= 0) return false;
  const thirds = partGrowths(column, from, 3);
  if (thirds.some((part) => part < (bounds.thirdShareMin * growth) / 3)) return false;
  const sextiles = partGrowths(column, from, 6).filter((part) => part >= (SEXTILE_SHARE_MIN * growth) / 6);
  return sextiles.length >= bounds.sextilesMin && efficiency(column, from) >= bounds.efficiencyMin;
}

/** What each of `parts` equal stretches adds, measured between means around their borders. */
export function partGrowths(column: readonly number[], from: number, parts: number): number[] {
  const count = column.length - from;
  const { first, last } = endsOf(column, from);
  const borders = Array.from({ length: parts + 1 }, (_, part) => {
    if (part === 0) return first;
    if (part === parts) return last;
    const at = from + Math.round((part * (count - 1)) / parts);
    return mean(column, Math.max(from, at - 1), Math.min(column.length, at + 2));
  });
  return borders.slice(1).map((border, part) => border - (borders[part] ?? 0));
}

/** 1 for a straight way up, near 0 for noise: net growth over the total way, between block means. */
export function efficiency(column: readonly number[], from: number): number {
  const count = column.length - from;
  const blocks = Math.min(BLOCKS, count);
  let way = 0;
  let previous = 0;
  let first = 0;
  for (let block = 0; block < blocks; block++) {
    const value = mean(
      column,
      from + Math.floor((block * count) / blocks),
      from + Math.floor(((block + 1) * count) / blocks),
    );
    if (block === 0) first = value;
    else way += Math.abs(value - previous);
    previous = value;
  }
  return way === 0 ? 0 : (previous - first) / way;
}
