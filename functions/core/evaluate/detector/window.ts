import { beyond } from './demand.ts';
import { type Memory, MINUTE_MS, SECOND_MS } from './detector-state.ts';
import type { Growth } from './growth.ts';
import { secondsToLimit } from './growth.ts';
import { type Health, type HealthyMost, healthyBefore } from './healthy-most.ts';
import { type Ends, endsOf, type Series, toSeries } from './series.ts';

/** One stretch of the past that ends now, with what the rules ask of it. */
export interface Window {
  readonly series: Series;
  readonly from: number;
  readonly seconds: number;
  readonly connected: Ends;
  readonly running: number;
  /** Connections beyond what the load of each point needed in health; null while that is not known. */
  readonly beyond: readonly number[] | null;
  /** Relative growth of running statements beyond their noise; 0 when load explains nothing. */
  readonly loadGrowth: number;
  /** What of the growth the load does not explain. */
  readonly unexplained: number;
  readonly healthy: HealthyMost;
  readonly connectionsMax: number;
  /** Seconds to the limit at this speed, with what yesterday brought. */
  readonly forecast: (perSecond: number) => number;
}

const SHORT_WINDOWS_MS = [8.5, 12, 16, 24].map((minutes) => minutes * MINUTE_MS);
/** Four-minute buckets: 24 minutes to 4 hours. */
const LONG_WINDOWS_BUCKETS = [6, 9, 13, 18, 25, 35, 47, 59];
const POINTS_MIN = 8;
/** Below this the shortest windows see only noise until the database is known a little. */
export const SHORT_WINDOW_SECONDS = 15 * 60;
/** Samples behind a bucket mean, for the noise of a count of running statements. */
const SAMPLES_PER_POINT = 8;

export function windowsOf(memory: Memory, health: Health, nowMs: number): Window[] {
  const short = toSeries(memory.halfMinutes);
  const long = toSeries(memory.buckets);
  const { demand } = health;
  const needed = demand === null ? null : memory.buckets.map((bucket) => beyond(demand, bucket));
  const shortStarts = SHORT_WINDOWS_MS.map((lengthMs) => {
    const startS = (nowMs - lengthMs) / SECOND_MS;
    // A ring that does not reach back that far has no such window.
    if ((short.seconds[0] ?? nowMs) > startS + 60) return -1;
    return short.seconds.findIndex((second) => second >= startS);
  });
  const longStarts = LONG_WINDOWS_BUCKETS.map((count) => long.seconds.length - count);
  return [
    ...shortStarts.flatMap((from) =>
      windowFrom({ series: short, beyond: null }, from, POINTS_MIN, memory, health, nowMs),
    ),
    ...longStarts.flatMap((from) => windowFrom({ series: long, beyond: needed }, from, 1, memory, health, nowMs)),
  ];
}

function windowFrom(
  course: Pick<Window, 'series' | 'beyond'>,
  from: number,
  pointsMin: number,
  memory: Memory,
  health: Health,
  nowMs: number,
): Window[] {
  const { series } = course;
  const count = series.seconds.length - from;
  if (from < 0 || count < pointsMin) return [];
  const seconds = (series.seconds.at(-1) ?? 0) - (series.seconds[from] ?? 0);
  const healthy = healthyBefore(health, memory, seconds * SECOND_MS, nowMs);
  if (healthy === null) return [];
  const connected = endsOf(series.connected, from);
  const running = endsOf(series.running, from);
  const noise = 2 / Math.sqrt(SAMPLES_PER_POINT * running.averaged * Math.max(running.first, 0.1));
  const loadGrowth = Math.max(0, running.last / Math.max(running.first, 0.1) - 1 - noise);
  return [
    {
      ...course,
      from,
      seconds,
      connected,
      running: running.last,
      loadGrowth,
      unexplained: Math.max(
        connected.growth - connected.first * loadGrowth,
        beyondRecord(connected.last, running.last, healthy),
      ),
      healthy,
      connectionsMax: memory.limit.now,
      forecast: (perSecond) => secondsToLimit(memory, nowMs, connected.last, perSecond, memory.limit.now),
    },
  ];
}

/** Half a day of records knows what load the database answers with what number of connections. */
const KNOWN_RECORDS_MIN = 6;

/** Connections beyond the healthy most, even if they had to rise in step with a load beyond the heaviest. */
function beyondRecord(connected: number, running: number, healthy: HealthyMost): number {
  if (healthy.records < KNOWN_RECORDS_MIN || healthy.running <= 0) return 0;
  return connected - healthy.connected * Math.max(1, running / healthy.running);
}

/** What a rule tells of the window it judged. */
export function describe(window: Window): Omit<Growth, 'shape' | 'perSecond' | 'inSeconds' | 'sleepers'> {
  const asleep = window.series.sleepers?.[0];
  return {
    asleepGrowth: asleep === undefined ? 0 : endsOf(asleep, window.from).growth,
    seconds: window.seconds,
    connected: { before: window.connected.first, now: window.connected.last },
    sleepersBase: window.series.sleepers?.[2]?.[window.from] ?? 0,
    loadGrowth: window.loadGrowth,
    healthyMost: window.healthy.connected,
  };
}
