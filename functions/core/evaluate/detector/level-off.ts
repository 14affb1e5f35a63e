import type { Memory } from './detector-state.ts';
import type { Growth } from './growth.ts';
import { SLEEPER_AGES_S } from './series.ts';

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
