import { HOUR_MS, type Memory, SECOND_MS } from './detector-state.ts';
import type { Growth } from './growth.ts';
import { secondsToLimit } from './growth.ts';
import type { Health } from './healthy-most.ts';

/** Six hours in which sleepers only grew. */
const RUN_RECORDS_MIN = 3;
const RECORD_MS = 2 * HOUR_MS;
const AGE = 2;
const AGE_SECONDS = 900;
/** Every two hours bring at least this share of their part. */
const EVEN_SHARE_MIN = 0.15;
/** Half a day tells what sleeps normally, when connections grow as well. */
const KNOWN_RECORDS_MIN = 6;
/** Hidden behind falling load it takes a whole day, because any night brings sleepers. */
const KNOWN_RECORDS_HIDDEN_MIN = 12;
const SPANS_AHEAD_MAX = 2;
/** What has only grown for so long is worth a word well before the other rules dare to look ahead. */
const FORECAST_SECONDS_MAX = 16 * 3600;

/** Over many hours sleepers only ever grow, past all that was seen before, whatever the load does. */
export function steadyGrowth(memory: Memory, health: Health, nowMs: number): Growth | null {
  const { run } = health;
  const first = memory.records[memory.records.length - run.length - 1];
  const newest = memory.buckets.at(-1);
  const known = health.long.records;
  const limit = memory.limit.now;
  if (run.length < RUN_RECORDS_MIN || first === undefined || newest === undefined) return null;
  const heights = [first, ...run].map((record) => record.ages?.[AGE] ?? 0);
  const now = newest.ages?.[AGE] ?? heights.at(-1) ?? 0;
  const foot = heights[0] ?? 0;
  const growth = now - foot;
  const evenMin = (EVEN_SHARE_MIN * growth) / heights.length;
  if (heights.some((height, at) => at > 0 && height - (heights[at - 1] ?? 0) < evenMin)) return null;
  const above = now - Math.max(foot, health.long.ages?.[AGE] ?? 0);
  if (above < Math.max(5, 0.05 * limit)) return null;
  const seconds = (nowMs - (first.endMs - RECORD_MS / 2)) / SECOND_MS;
  const connectedGrowth = newest.connected - first.connected;
  const isHidden = connectedGrowth < 0.5 * growth;
  if (known < (isHidden ? KNOWN_RECORDS_HIDDEN_MIN : KNOWN_RECORDS_MIN) || connectedGrowth < -0.6 * growth) return null;
  const perSecond = growth / seconds;
  const inSeconds = secondsToLimit(memory, nowMs, newest.connected, perSecond, limit);
  // What is asleep stays when the load comes back that this database has had before.
  const atFullLoad = Math.max(0, limit - health.long.connected - above) / perSecond;
  if (Math.min(inSeconds, atFullLoad) > Math.min(FORECAST_SECONDS_MAX, SPANS_AHEAD_MAX * seconds)) return null;
  return {
    shape: 'idle',
    seconds,
    perSecond,
    inSeconds,
    connected: { before: first.connected, now: newest.connected },
    sleepers: { atLeastSeconds: AGE_SECONDS, before: foot, now },
    sleepersBase: foot,
    asleepGrowth: growth,
    loadGrowth: 0,
    healthyMost: health.long.connected,
  };
}
