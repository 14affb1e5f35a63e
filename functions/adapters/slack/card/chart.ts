import type { Block } from '@slack/types';
import type { Notice } from '../../../core/model/notice.ts';

/** Slack's own chart. The types of this release do not know it yet, and not every workspace does. */
export interface ChartBlock extends Block {
  readonly type: 'data_visualization';
  readonly title: string;
  readonly chart: {
    readonly type: 'line';
    readonly series: readonly Series[];
    readonly axis_config: { readonly categories: readonly string[]; readonly x_label: string };
  };
}

interface Series {
  readonly name: string;
  readonly data: readonly { readonly label: string; readonly value: number }[];
}

type ChartFacts = Pick<Notice, 'trail' | 'connectionsMax' | 'bounds' | 'forecast'>;

type Point = readonly [label: string, value: number];

/** Slack takes 20 points a series; what is left of them is for what is to come. */
const PAST_MAX = 14;

const FUTURE_MAX = 6;

/** Below this a step is shorter than a minute, so seconds are said as well. */
const SHORT_MS = PAST_MAX * 60_000;

/** Connections over the last hours with the limit, the bounds and where it goes; null while there is nothing to compare. */
export function chartBlock(facts: ChartFacts): ChartBlock | null {
  const past = pastPoints(facts.trail);
  if (past.length < 2) return null;
  const future = futurePoints(facts);
  const points = [...past, ...future];
  const labels = points.map(([label]) => label);
  const level = (name: string, value: number | null): Series[] =>
    value === null ? [] : [{ name, data: labels.map((label) => ({ label, value })) }];
  return {
    type: 'data_visualization',
    block_id: 'chart',
    title: 'Connections',
    chart: {
      type: 'line',
      series: [
        { name: 'Connections', data: points.map(([label, value]) => ({ label, value })) },
        ...level('Limit', facts.connectionsMax),
        ...level('Critical from', facts.bounds.criticalAt),
        ...level('Warning from', facts.bounds.warningAt),
      ],
      axis_config: {
        categories: labels,
        x_label: future.length === 0 ? 'time before now' : 'before now, then the forecast',
      },
    },
  };
}

/** The highest count of each step, so that a short peak stays visible. */
function pastPoints(trail: Notice['trail']): Point[] {
  const [first, last] = [trail[0], trail.at(-1)];
  if (first === undefined || last === undefined || last[0] <= first[0]) return [];
  const spanMs = last[0] - first[0];
  const highest = new Map<string, number>();
  for (const [atMs, connected] of trail) {
    const step = Math.round(((atMs - first[0]) / spanMs) * (PAST_MAX - 1));
    const label = timeLabel((step / (PAST_MAX - 1) - 1) * spanMs, spanMs);
    highest.set(label, Math.max(highest.get(label) ?? 0, connected));
  }
  // The newest figure is what the card's words say, and not the peak of its step.
  highest.set(timeLabel(0, spanMs), last[1]);
  return [...highest];
}

function futurePoints({ trail, forecast }: ChartFacts): Point[] {
  const [first, last] = [trail[0], trail.at(-1)];
  if (first === undefined || last === undefined) return [];
  const ahead = forecast.filter(([atMs]) => atMs > last[0]);
  const every = Math.ceil(ahead.length / FUTURE_MAX);
  // Counted from the end, because where it goes matters more than how it begins.
  const kept = ahead.filter((_, at) => (ahead.length - 1 - at) % every === 0);
  return [...new Map(kept.map(([atMs, value]) => [timeLabel(atMs - last[0], last[0] - first[0]), Math.round(value)]))];
}

/** Relative, because a chart cannot show the reader's own time zone. */
function timeLabel(ms: number, spanMs: number): string {
  const isShort = spanMs < SHORT_MS;
  const units = Math.round(Math.abs(ms) / (isShort ? 1000 : 60_000));
  if (units === 0) return 'now';
  const sign = ms < 0 ? '−' : '+';
  return isShort ? `${sign}${Math.floor(units / 60)}:${String(units % 60).padStart(2, '0')}` : `${sign}${units} min`;
}

const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** What fits on a phone in one line. */
const COLUMNS_MAX = 24;

/** Connections over time as one line of text, scaled so that a full bar is the limit. */
export function sparkline(values: readonly number[], limit: number | null): string {
  const columns = Math.min(COLUMNS_MAX, values.length);
  const top = Math.max(limit ?? 0, 1, ...values);
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const until = Math.floor(((column + 1) * values.length) / columns);
    // The peak stands for its column: a short time at the limit must not be averaged away.
    const peak = Math.max(...values.slice(from, until));
    return BARS[Math.min(BARS.length - 1, Math.floor((peak / top) * BARS.length))];
  }).join('');
}
