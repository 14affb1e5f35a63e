import { type Memory, SECOND_MS } from './detector-state.ts';

/** Seconds to the wall: a retry storm, or a pile-up behind one lock. */
export interface Storm {
  readonly sinceMs: number;
  readonly connectedThen: number;
  readonly connectedNow: number;
  readonly perSecond: number;
  readonly inSeconds: number;
  /** One sample is enough: there is no time for a second one. */
  readonly urgent: boolean;
}

const LOOK_BACK_MS = 95 * SECOND_MS;
const LEVEL_SHARE_MIN = 0.75;
const SURE_SHARE = 0.88;
const HIGH_SHARE = 0.8;

export function storm(memory: Memory, healthyConnected: number, limit: number): Storm | null {
  const recent = memory.recent;
  const now = recent.at(-1);
  if (now === undefined || recent.length < 3 || now.connected < LEVEL_SHARE_MIN * limit) return null;
  if (now.connected < SURE_SHARE * limit && now.connected <= healthyConnected + 0.015 * limit) return null;
  const back = recent.findIndex((point) => point.atMs >= now.atMs - LOOK_BACK_MS);
  const then = recent[Math.min(back, recent.length - 3)];
  const middle = recent[Math.floor((Math.min(back, recent.length - 3) + recent.length - 1) / 2)];
  if (then === undefined || middle === undefined) return null;
  const seconds = (now.atMs - then.atMs) / SECOND_MS;
  const rise = now.connected - then.connected;
  if (rise < Math.max(3, 0.03 * limit, 5 * memory.typicalStep)) return null;
  const late = (now.connected - middle.connected) / ((now.atMs - middle.atMs) / SECOND_MS);
  const perSecond = rise / seconds;
  if (late < 0.4 * perSecond) return null;
  const inSeconds = Math.max(0, (limit - now.connected) / Math.max(perSecond, late));
  const high = now.connected >= HIGH_SHARE * limit;
  if (inSeconds > (high ? 600 : 300)) return null;
  return {
    sinceMs: then.atMs,
    connectedThen: then.connected,
    connectedNow: now.connected,
    perSecond: Math.max(perSecond, late),
    inSeconds,
    urgent: high || inSeconds < 150,
  };
}
