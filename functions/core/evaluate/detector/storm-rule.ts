import { type Memory, type Point, SECOND_MS } from './detector-state.ts';

/** Seconds to the wall: a retry storm, or a pile-up behind one lock. */
export interface Storm {
  readonly sinceMs: number;
  readonly connectedThen: number;
  readonly connectedNow: number;
  readonly perSecond: number;
  readonly inSeconds: number;
  /** What came also runs: a queue behind something, which ending sleepers will not help. */
  readonly isBusy: boolean;
  /** One sample is enough: there is no time for a second one. */
  readonly urgent: boolean;
}

const LOOK_BACK_MS = 95 * SECOND_MS;
const LEVEL_SHARE_MIN = 0.75;
/** Where nearly all that comes also runs, it is a queue and no burst: then half way up is high enough. */
const BUSY_LEVEL_SHARE_MIN = 0.55;
const BUSY_SHARE_MIN = 0.68;
const BUSY_RISE_MIN = 8;
const BUSY_RISE_SHARE_MIN = 0.06;
/** A rise that came between two samples may be gone with the next one, a spike of seconds; so it waits for that one. */
const SPREAD_SHARE_MIN = 0.15;
/** A count of running statements varies by its root. */
const NOISE_DEVIATIONS = 3.5;
const SURE_SHARE = 0.88;
const HIGH_SHARE = 0.8;
/** The newer half still brings so much of the mean speed. */
const LATE_SHARE_MIN = 0.4;
/** So does the newest step: a batch that has just started its workers stands still by then. */
const NEWEST_MIN = 0.25;
/** What feeds itself does not slow down at all. */
const EARLY_NEWEST_MIN = 0.95;

export function storm(memory: Memory, healthyConnected: number, limit: number): Storm | null {
  const { recent } = memory;
  const now = recent.at(-1);
  if (now === undefined || recent.length < 3 || now.connected < BUSY_LEVEL_SHARE_MIN * limit) return null;
  if (now.connected < SURE_SHARE * limit && now.connected <= healthyConnected + 0.015 * limit) return null;
  const back = recent.findIndex((point) => point.atMs >= now.atMs - LOOK_BACK_MS);
  const start = Math.min(back, recent.length - 3);
  const past = recent[start];
  const middle = recent[Math.floor((start + recent.length - 1) / 2)];
  if (past === undefined || middle === undefined) return null;
  const rise = now.connected - past.connected;
  if (rise < Math.max(3, 0.03 * limit, 5 * memory.typicalStep)) return null;
  const isBusy = healthyConnected > 0 && runsToo(past, now, rise, limit);
  if (now.connected < LEVEL_SHARE_MIN * limit && !isBusy) return null;
  const perSecond = slope(past, now);
  const late = slope(middle, now);
  const before = recent[recent.length - 2] ?? past;
  const isEarly = now.connected < LEVEL_SHARE_MIN * limit;
  if (late < LATE_SHARE_MIN * perSecond || slope(before, now) < (isEarly ? EARLY_NEWEST_MIN : NEWEST_MIN) * perSecond) {
    return null;
  }
  const fastest = Math.max(perSecond, late);
  const inSeconds = Math.max(0, (limit - now.connected) / fastest);
  const isHigh = now.connected >= HIGH_SHARE * limit;
  if (inSeconds > (isHigh || isBusy ? 600 : 300)) return null;
  return {
    sinceMs: past.atMs,
    connectedThen: past.connected,
    connectedNow: now.connected,
    perSecond: fastest,
    inSeconds,
    isBusy,
    urgent: (isHigh || inSeconds < 150) && before.connected - past.connected >= SPREAD_SHARE_MIN * rise,
  };
}

/** More running statements than their noise explains, and nearly as many as there are new connections. */
function runsToo(past: Point, now: Point, rise: number, limit: number): boolean {
  const added = now.running - past.running;
  return (
    rise >= Math.max(BUSY_RISE_MIN, BUSY_RISE_SHARE_MIN * limit) &&
    added >= BUSY_SHARE_MIN * rise &&
    added >= NOISE_DEVIATIONS * Math.sqrt(now.running)
  );
}

function slope(from: Point, to: Point): number {
  return (to.connected - from.connected) / ((to.atMs - from.atMs) / SECOND_MS);
}
