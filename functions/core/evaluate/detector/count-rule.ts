import type { Growth } from './growth.ts';
import { growsEvenly } from './series.ts';
import { describe, type Window } from './window.ts';

const SHAPE = { thirdShareMin: 0.45, sextilesMin: 5, efficiencyMin: 0.45 };
const SECONDS_MIN = 40 * 60;
const SPAN_SHARE_MIN = 0.7;
const FORECAST_SECONDS_MAX = 6 * 3600;

/** Connections grow that load does not explain, though nobody sleeps long: leaked ones that are kept awake. */
export function countGrowth(window: Window): Growth | null {
  const { connected, seconds, connectionsMax: limit, unexplained, healthy, series, from } = window;
  if (seconds < SECONDS_MIN) return null;
  if (unexplained < Math.max(5, 0.04 * limit) || unexplained < 0.45 * connected.growth) return null;
  if (connected.last - healthy.connected < Math.max(3, 0.04 * limit)) return null;
  const perSecond = connected.growth / seconds;
  const inSeconds = window.forecast(perSecond);
  if ((limit - connected.last) / perSecond > seconds / SPAN_SHARE_MIN || inSeconds > FORECAST_SECONDS_MAX) return null;
  if (!growsEvenly(series.connected, from, SHAPE)) return null;
  return { shape: 'count', ...describe(window), perSecond, inSeconds, sleepers: null };
}
