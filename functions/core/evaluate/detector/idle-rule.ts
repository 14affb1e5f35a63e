import { FORECAST_SECONDS_MAX, type Growth } from './growth.ts';
import { efficiency, endsOf, growsEvenly, partGrowths, SLEEPER_AGES_S } from './series.ts';
import { describe, SHORT_WINDOW_SECONDS, type Window } from './window.ts';

const SHAPE = { thirdShareMin: 0.35, sextilesMin: 4, efficiencyMin: 0.6 };
/** A forecast reaches at most twice as far as the growth was seen. */
const SPAN_SHARE_MIN = 0.5;
/** A leak that feeds itself: each third of the window brings so much more than the one before. */
const ACCELERATION_MIN = 1.15;
const LATE_SECONDS_MIN = 40 * 60;
const HIDDEN_SECONDS_MIN = 50 * 60;
/** A day of records: then more sleepers than ever are more than any night brought. */
const FAR_RECORDS_MIN = 13;
/** Sleepers and connections that grow together, straight and past all that was healthy, are seen further ahead. */
const PROVEN = { records: 6, efficiency: 0.8, spans: 8, seconds: 10 * 3600 };
/** A burst leaves sleepers for minutes: younger ones than these have to pass health by more, and by more than a day's. */
const PROVEN_AGE_SECONDS = 900;
const PROVEN_YOUNG_SHARE = 0.12;

/** Sleepers that nobody wakes grow, and connections with them: a leak, or one hidden behind falling load. */
export function idleGrowth(window: Window): Growth | null {
  const { series, seconds, connectionsMax: limit } = window;
  if (series.sleepers === null) return null;
  const age = oldestUsefulAge(seconds);
  const column = series.sleepers[age];
  const atLeastSeconds = SLEEPER_AGES_S[age];
  if (column === undefined || atLeastSeconds === undefined) return null;
  const spanSeconds = seconds - atLeastSeconds;
  const from = firstAt(series.seconds, (series.seconds.at(-1) ?? 0) - spanSeconds);
  if (column.length - from < 4) return null;
  const ends = endsOf(column, from);
  const mostSleepers = window.healthy.ages?.[age] ?? 0;
  const growth = ends.growth - Math.min(ends.first, mostSleepers) * window.loadGrowth;
  if (growth < Math.max(3, 0.02 * limit) || !growsEvenly(column, from, SHAPE)) return null;
  const above = ends.last - mostSleepers;
  const isFar = above >= Math.max(5, 0.05 * limit);
  const far = isFar && window.healthy.records >= FAR_RECORDS_MIN;
  const even = speed(window, column, from, growth, spanSeconds, above, far, atLeastSeconds);
  if (even === null || even <= 0) return null;
  const perSecond = Math.max(even, lateSpeed(window, column, from, spanSeconds));
  const inSeconds = window.forecast(perSecond);
  // Leaked sleepers stay when the load comes back that this database has had before.
  const atFullLoad = far ? limit - window.healthy.connected - above : limit;
  const room = Math.max(0, Math.min(limit - window.connected.last, atFullLoad));
  const straight =
    (limit - window.connected.last) / perSecond <= seconds / SPAN_SHARE_MIN && inSeconds <= FORECAST_SECONDS_MAX;
  const proven =
    isFar &&
    (atLeastSeconds >= PROVEN_AGE_SECONDS
      ? window.healthy.records >= PROVEN.records
      : far && seconds >= SHORT_WINDOW_SECONDS && above >= PROVEN_YOUNG_SHARE * limit) &&
    window.connected.growth >= 0.5 * growth &&
    efficiency(column, from) > PROVEN.efficiency &&
    room / perSecond <= PROVEN.spans * seconds &&
    Math.min(inSeconds, room / perSecond) <= PROVEN.seconds;
  if (!straight && !proven) return null;
  return {
    shape: 'idle',
    ...describe(window),
    perSecond,
    inSeconds,
    sleepers: { atLeastSeconds, before: ends.first, now: ends.last },
  };
}

/** The oldest age that the window holds three times; the youngest only where nothing else fits. */
function oldestUsefulAge(seconds: number): number {
  for (let age = SLEEPER_AGES_S.length - 1; age > 0; age--) {
    if ((SLEEPER_AGES_S[age] ?? 0) <= seconds / 3) return age;
  }
  return seconds < SHORT_WINDOW_SECONDS ? 0 : 1;
}

/** Connections a second, or null when the sleepers do not explain the connections. */
function speed(
  window: Window,
  column: readonly number[],
  from: number,
  growth: number,
  spanSeconds: number,
  above: number,
  far: boolean,
  atLeastSeconds: number,
): number | null {
  const { connected, seconds, connectionsMax: limit, loadGrowth, healthy } = window;
  const sleepersPerSecond = growth / spanSeconds;
  const isRecord =
    connected.last - healthy.connected >= Math.max(2, 0.025 * limit) || above >= Math.max(3, 0.025 * limit);
  const together =
    connected.growth > 0 &&
    growth >= (0.5 * connected.growth * spanSeconds) / seconds &&
    connected.growth >= 0.5 * growth &&
    Math.max(window.unexplained, connected.growth - 0.8 * connected.first * loadGrowth) >= 0.3 * connected.growth;
  if (isRecord && together) return Math.min(sleepersPerSecond, connected.growth / seconds);
  const hidden =
    far &&
    atLeastSeconds >= 900 &&
    seconds >= HIDDEN_SECONDS_MIN &&
    efficiency(column, from) > 0.7 &&
    connected.growth > -0.6 * growth;
  return hidden ? sleepersPerSecond : null;
}

/** The speed of the last third where sleepers and connections both grow faster from third to third; else 0. */
function lateSpeed(window: Window, column: readonly number[], from: number, spanSeconds: number): number {
  if (window.seconds < LATE_SECONDS_MIN) return 0;
  const sleepers = partGrowths(column, from, 3);
  const connected = partGrowths(window.series.connected, window.from, 3);
  if (!isAccelerating(sleepers) || !isAccelerating(connected)) return 0;
  return Math.min(((sleepers[2] ?? 0) * 3) / spanSeconds, ((connected[2] ?? 0) * 3) / window.seconds);
}

function isAccelerating([first = 0, second = 0, third = 0]: readonly number[]): boolean {
  return second >= ACCELERATION_MIN * first && third >= ACCELERATION_MIN * second;
}

function firstAt(seconds: readonly number[], startS: number): number {
  let at = seconds.length;
  while (at > 0 && (seconds[at - 1] ?? 0) >= startS) at--;
  return at;
}
