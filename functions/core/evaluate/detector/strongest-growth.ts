import type { Phase } from '../../model/detector-phase.ts';
import { countGrowth } from './count-rule.ts';
import { demandGrowth } from './demand-rule.ts';
import { type Memory, MINUTE_MS } from './detector-state.ts';
import type { Growth } from './growth.ts';
import { levelOffAt } from './growth.ts';
import { healthOf } from './healthy-most.ts';
import { idleGrowth } from './idle-rule.ts';
import { steadyGrowth } from './steady-rule.ts';
import { SHORT_WINDOW_SECONDS, windowsOf } from './window.ts';

/** Before this nothing is known of the database. */
export const LEARNING_MS = 45 * MINUTE_MS;
/** Short windows and counts without sleepers need to know it better. */
const KNOWN_MS = 150 * MINUTE_MS;
/** Growth without sleepers has to last. */
const COUNT_HELD_MS = 11 * MINUTE_MS;

/** What the rules found on one look. */
export interface Look {
  /** The growth that is nearest to the limit. */
  readonly strongest: Growth | null;
  /** Set when all that grows settles below the limit. */
  readonly levelling: { readonly growth: Growth; readonly atConnections: number } | null;
  readonly countSinceMs: number | null;
  /** Sleepers and count, or hours and minutes, say the same. */
  readonly agree: boolean;
}

export function lookForGrowth(memory: Memory, phase: Phase, waitTimeoutSeconds: number | null, nowMs: number): Look {
  const knownMs = nowMs - memory.sinceMs;
  const nothing: Look = { strongest: null, levelling: null, countSinceMs: null, agree: false };
  if (knownMs < LEARNING_MS || nowMs < memory.mutedUntilMs) return nothing;
  const health = healthOf(memory);
  const isKnown = knownMs >= KNOWN_MS;
  const windows = windowsOf(memory, health, nowMs).filter(({ seconds }) => isKnown || seconds >= SHORT_WINDOW_SECONDS);
  const count = isKnown
    ? windows.flatMap((window) => countGrowth(window) ?? demandGrowth(window, health.demand) ?? [])
    : [];
  const countSinceMs = count.length === 0 ? null : (phase.countSinceMs ?? nowMs);
  const isHeld = countSinceMs !== null && nowMs - countSinceMs >= COUNT_HELD_MS;
  const idle = windows.flatMap((window) => idleGrowth(window) ?? []);
  const steady = steadyGrowth(memory, health, nowMs);
  const found = [...idle, ...(isHeld ? count : []), ...(steady === null ? [] : [steady])];
  const settles = (growth: Growth) => levelOffAt(growth, memory, waitTimeoutSeconds);
  const strongest = soonest(found.filter((growth) => settles(growth) === null));
  const agree = new Set(found.map((growth) => growth.shape)).size > 1 || (steady !== null && idle.length > 0);
  if (strongest !== null) return { strongest, levelling: null, countSinceMs, agree };
  const growth = soonest(found);
  const atConnections = growth === null ? null : settles(growth);
  return {
    ...nothing,
    countSinceMs,
    levelling: growth === null || atConnections === null ? null : { growth, atConnections },
  };
}

function soonest(growths: readonly Growth[]): Growth | null {
  return growths.reduce<Growth | null>((a, b) => (a === null || b.inSeconds < a.inSeconds ? b : a), null);
}
