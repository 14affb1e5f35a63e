import { HOUR_MS, type Memory, SECOND_MS } from './detector-state.ts';
import { SLEEPER_AGES_S } from './series.ts';

/** Growth that a rule holds for a leak. */
export interface Growth {
  readonly shape: 'idle' | 'count';
  /** How long it has been seen. */
  readonly seconds: number;
  readonly perSecond: number;
  readonly inSeconds: number;
  readonly connected: { readonly before: number; readonly now: number };
  /** The sleepers it rests on. */
  readonly sleepers: { readonly atLeastSeconds: number; readonly before: number; readonly now: number } | null;
  /** Sleepers of fifteen minutes at the start: where the alert returns to. */
  readonly sleepersBase: number;
  /** What of the growth is asleep for a minute or more. */
  readonly asleepGrowth: number;
  readonly loadGrowth: number;
  readonly healthyMost: number;
  /** `healthyMost` is what a load like this one needed. */
  readonly atThisLoad?: true;
}

/** Further ahead nobody needs to know, and nobody can. */
export const FORECAST_SECONDS_MAX = 6.5 * 3600;

const DAY_MS = 24 * HOUR_MS;

const STEP_MS = 10 * 60 * SECOND_MS;

/** Below an hour yesterday adds nothing but noise. */
const STRAIGHT_SECONDS_MAX = 3600;

const HORIZON_MS = 12 * HOUR_MS;

/** When the limit is reached: straight on, plus the rise that yesterday brought over the same hours. */
export function secondsToLimit(
  memory: Memory,
  nowMs: number,
  connected: number,
  perSecond: number,
  limit: number,
): number {
  const straight = Math.max(0, (limit - connected) / perSecond);
  const yesterdayNow = recordAt(memory, nowMs - DAY_MS);
  if (straight < STRAIGHT_SECONDS_MAX || yesterdayNow === null) return straight;
  for (let aheadMs = STEP_MS; aheadMs <= HORIZON_MS; aheadMs += STEP_MS) {
    const yesterday = recordAt(memory, nowMs - DAY_MS + aheadMs) ?? yesterdayNow;
    const seconds = aheadMs / SECOND_MS;
    if (connected + perSecond * seconds + Math.max(0, yesterday - yesterdayNow) >= limit)
      return Math.min(straight, seconds);
  }
  return straight;
}

function recordAt(memory: Memory, atMs: number): number | null {
  const record = memory.records.find((one) => one.endMs > atMs && one.endMs <= atMs + 2 * HOUR_MS);
  return record?.connected ?? null;
}

/** Over a longer `wait_timeout` the rate seen now says little about the mean. */
const WAIT_TIMEOUT_SECONDS_MAX = 12 * 3600;

/** For the error of the rate, seen on generated traces. */
const RATE_MARGIN = 1.2;

/** Below what the level rule warns of, with room for a busy day. */
const SAFE_SHARE = 0.76;

/** So much of the growth has to be asleep: only sleepers are ended by `wait_timeout`. */
const ASLEEP_SHARE_MIN = 0.6;

/** Where a leak settles because the server ends its oldest sleepers; null when it does not, or too near to the limit. */
export function levelOffAt(growth: Growth, memory: Memory, waitTimeoutSeconds: number | null): number | null {
  if (waitTimeoutSeconds === null || waitTimeoutSeconds > WAIT_TIMEOUT_SECONDS_MAX) return null;
  const grown = growth.connected.now - growth.connected.before;
  if (growth.asleepGrowth < ASLEEP_SHARE_MIN * grown || isIgnored(memory, waitTimeoutSeconds)) return null;
  const leaked = Math.max(growth.asleepGrowth, 0);
  const demand = Math.max(growth.healthyMost, growth.connected.now - leaked);
  const settled = growth.perSecond * waitTimeoutSeconds;
  return demand + RATE_MARGIN * settled < SAFE_SHARE * memory.limit.now ? Math.round(demand + settled) : null;
}

/** Sessions set their own timeout when sleepers are older than the server's. */
function isIgnored(memory: Memory, waitTimeoutSeconds: number): boolean {
  const ages = memory.recent.findLast((point) => point.ages !== null)?.ages ?? null;
  const beyond = SLEEPER_AGES_S.findIndex((seconds) => seconds > waitTimeoutSeconds);
  return ages !== null && beyond >= 0 && (ages[beyond] ?? 0) > Math.max(2, 0.01 * memory.limit.now);
}
