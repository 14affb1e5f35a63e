import type { Demand } from './demand.ts';
import type { Growth } from './growth.ts';
import { endsOf, growsEvenly, partGrowths } from './series.ts';
import { describe, type Window } from './window.ts';

const SHAPE = { thirdShareMin: 0.5, sextilesMin: 5, efficiencyMin: 0.8 };
const SECONDS_MIN = 70 * 60;
/** It still grows: the newest sixth brings so much of its part. */
const NEWEST_SHARE_MIN = 0.5;
const GROWTH_SHARE_MIN = 0.04;
const BEYOND_SHARE_MIN = 0.1;
/** A count varies by its root. */
const BEYOND_DEVIATIONS = 2;
/** Before a whole day is known, a pool that keeps its connections over the evening looks the same. */
const KNOWN_RECORDS = 13;
const GROWS_SHARE_MIN = 0.5;
const FALLS_SHARE_MAX = 0.6;
const SPANS_MAX = 3;
const SECONDS_MAX = 8 * 3600;

/** Connections grow beyond all that a load like this needed in health, however the load comes and goes. */
export function demandGrowth(window: Window, demand: Demand | null): Growth | null {
  const { beyond, connected, connectionsMax: limit, from, running, seconds } = window;
  if (demand === null || beyond === null || seconds < SECONDS_MIN) return null;
  const { growth, last } = endsOf(beyond, from);
  const above = last - demand.slack;
  if (above < Math.max(5, BEYOND_SHARE_MIN * limit, BEYOND_DEVIATIONS * Math.sqrt(connected.last))) return null;
  if (growth < Math.max(4, GROWTH_SHARE_MIN * limit) || !growsEvenly(beyond, from, SHAPE)) return null;
  if ((partGrowths(beyond, from, 6).at(-1) ?? 0) < (NEWEST_SHARE_MIN * growth) / 6) return null;
  const shareMin = demand.records < KNOWN_RECORDS ? GROWS_SHARE_MIN : -FALLS_SHARE_MAX;
  if (connected.growth < shareMin * growth) return null;
  const perSecond = growth / seconds;
  // What leaked stays when the load comes back that this database has had before.
  const room = Math.min(limit - connected.last, Math.max(0, limit - window.healthy.connected - above));
  if (room / perSecond > Math.min(SPANS_MAX * seconds, SECONDS_MAX)) return null;
  return {
    shape: 'count',
    ...describe(window),
    perSecond,
    inSeconds: window.forecast(perSecond),
    sleepers: null,
    healthyMost: demand.base + demand.perRunning * running + demand.slack,
    atThisLoad: true,
  };
}
