import type { Growth } from './growth.ts';
import { efficiency, growsEvenly, isSlowing } from './series.ts';
import { describe, type Window } from './window.ts';

const SHAPE = { thirdShareMin: 0.45, sextilesMin: 5, efficiencyMin: 0.45 };
const SECONDS_MIN = 40 * 60;
const SPANS_MAX = 1.4;
const FORECAST_SECONDS_MAX = 6 * 3600;
/** Straight up, a tenth of the limit beyond a day of health, under the same load: that is seen further ahead. */
const PROVEN = { records: 13, share: 0.1, loadGrowth: 0.1, efficiency: 0.9, spans: 3, seconds: 8 * 3600 };

/** Connections grow that load does not explain, though nobody sleeps long: leaked ones that are kept awake. */
export function countGrowth(window: Window): Growth | null {
  const { connected, seconds, connectionsMax: limit, unexplained, healthy, series, from } = window;
  if (seconds < SECONDS_MIN) return null;
  if (unexplained < Math.max(5, 0.04 * limit) || unexplained < 0.45 * connected.growth) return null;
  const above = connected.last - healthy.connected;
  if (above < Math.max(3, 0.04 * limit) || !growsEvenly(series.connected, from, SHAPE)) return null;
  const perSecond = connected.growth / seconds;
  const inSeconds = window.forecast(perSecond);
  const isProven =
    healthy.records >= PROVEN.records &&
    above >= Math.max(5, PROVEN.share * limit) &&
    window.loadGrowth <= PROVEN.loadGrowth &&
    efficiency(series.connected, from) >= PROVEN.efficiency &&
    !isSlowing(series.connected, from);
  const inSpans = (limit - connected.last) / perSecond / seconds;
  if (inSpans > (isProven ? PROVEN.spans : SPANS_MAX)) return null;
  if (inSeconds > (isProven ? PROVEN.seconds : FORECAST_SECONDS_MAX)) return null;
  return { shape: 'count', ...describe(window), perSecond, inSeconds, sleepers: null };
}
