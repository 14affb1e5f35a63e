import type { Growth } from './growth.ts';
import { growsEvenly } from './series.ts';
import { describe, type Window } from './window.ts';

const SHAPE = { thirdShareMin: 0.45, sextilesMin: 5, efficiencyMin: 0.45 };
const SECONDS_MIN = 40 * 60;
const SPANS_MAX = 1.4;
const FORECAST_SECONDS_MAX = 6 * 3600;
/** Straight up, past a day of health by a tenth of the limit and by the noise of a count, and past what load explains. */
const PROVEN = { records: 13, share: 0.1, deviations: 2, unexplained: 0.8, spans: 3, seconds: 8 * 3600 };
const PROVEN_SHAPE = { thirdShareMin: 0.7, sextilesMin: 5, efficiencyMin: 0.95 };

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
    above >= Math.max(PROVEN.share * limit, PROVEN.deviations * Math.sqrt(healthy.connected)) &&
    unexplained >= PROVEN.unexplained * connected.growth &&
    growsEvenly(series.connected, from, PROVEN_SHAPE);
  const inSpans = (limit - connected.last) / perSecond / seconds;
  if (inSpans > (isProven ? PROVEN.spans : SPANS_MAX)) return null;
  if (inSeconds > (isProven ? PROVEN.seconds : FORECAST_SECONDS_MAX)) return null;
  return { shape: 'count', ...describe(window), perSecond, inSeconds, sleepers: null };
}
