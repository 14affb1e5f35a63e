import type { Alert, Height, Phase } from '../../model/detector-phase.ts';
import type { LeakEvidence, Severity } from '../../model/verdict.ts';
import { HOUR_MS, type Memory, MINUTE_MS, type Point, SECOND_MS } from './detector-state.ts';
import type { Growth } from './growth.ts';
import { pushed } from './remember.ts';
import type { Storm } from './storm-rule.ts';

/** An alert of the detector lasts at least until connections are well below the level rule. */
const CLOSE_SHARE_MAX = 0.75;

const RELEASED_CONNECTIONS = 0.55;

const RELEASED_SLEEPERS = 0.6;

const SLEEPERS_MARGIN = 0.1;

/** Where it ends above everything seen in health, the end has to be seen for longer. */
const RELEASED_HIGH_MS = 15 * MINUTE_MS;

const HEALTHY_MARGIN = 1.05;

/** So much of the rise may be left when it ends where it began. */
const BASE_MARGIN = 0.1;

const FLAT_MS = 75 * MINUTE_MS;

/** While what leaked is still held, a pause is no end: a leak that follows traffic pauses at night. */
const FLAT_HELD_MS = 4 * HOUR_MS;

const HELD_SHARE_MIN = 0.05;

const NEW_HIGH_CONNECTIONS = 0.01;

const NEW_HIGH_SLEEPERS = 0.006;

const CLEAR_MS = 180 * SECOND_MS;

const CLEAR_MS_MAX = HOUR_MS;

const CLOSINGS_MS = 8 * HOUR_MS;

/** A gap counts for little more than one interval: what was not seen is not health. */
const SEEN_INTERVALS_MAX = 1.25;

/** No tick is longer; a longer gap is one. */
const TICK_MS_MAX = MINUTE_MS;

/** An end that falls below this was no wall: the database lives with such a height. */
const LEARN_SHARE_MAX = 0.9;

/** An alert that closed by itself, and what it leaves behind. */
export interface Closing {
  readonly phase: Phase;
  /** Set when the height it reached belongs to what is normal here. */
  readonly learned: Height | null;
  /** The connections were given back, so the course before says nothing about the one to come. */
  readonly isReleased: boolean;
}

/** Moves an open alert by one sample: new highs, and whether its end has been seen for long enough. */
export function ageAlert(
  phase: Phase,
  alert: Alert,
  memory: Memory,
  healthyConnected: number,
  quietMs: number,
): Closing {
  const now = memory.recent.at(-1);
  if (now === undefined) return { phase, learned: null, isReleased: false };
  const limit = memory.limit.now;
  const height: Height = { connected: now.connected, sleepers: sleepersNow(memory, alert.base.sleepers) };
  const isNewHigh =
    height.connected > alert.peak.connected + NEW_HIGH_CONNECTIONS * limit ||
    height.sleepers > alert.peak.sleepers + NEW_HIGH_SLEEPERS * limit;
  const newHighAtMs = isNewHigh ? now.atMs : alert.newHighAtMs;
  const seenMs = seenSinceLast(memory);
  const below = height.connected < CLOSE_SHARE_MAX * limit;
  const isHeld = height.sleepers - alert.base.sleepers >= Math.max(5, HELD_SHARE_MIN * limit);
  const flat = below && now.atMs - newHighAtMs >= (isHeld ? FLAT_HELD_MS : FLAT_MS);
  const moved: Alert = {
    ...alert,
    peak: isNewHigh ? higher(alert.peak, height) : alert.peak,
    newHighAtMs,
    releasedForMs: below && isReleased(alert, height) ? alert.releasedForMs + seenMs : 0,
    flatForMs: flat ? alert.flatForMs + seenMs : 0,
  };
  const closings = phase.closedAtMs.filter((atMs) => now.atMs - atMs < CLOSINGS_MS);
  const clearMs = Math.min(CLEAR_MS_MAX, CLEAR_MS * 4 ** closings.length);
  const nearBase = alert.base.connected + BASE_MARGIN * (alert.peak.connected - alert.base.connected);
  const isLow = height.connected <= Math.max(HEALTHY_MARGIN * healthyConnected, nearBase);
  const releasedMs = isLow ? quietMs : Math.max(quietMs, RELEASED_HIGH_MS);
  if (moved.releasedForMs < Math.max(releasedMs, closings.length > 0 ? clearMs : 0) && moved.flatForMs < clearMs) {
    return { phase: { ...phase, alert: moved }, learned: null, isReleased: false };
  }
  // Sleepers that are given back at once were leaked: a restart cured them, and the height is not normal.
  const isCured = moved.releasedForMs > 0 && moved.evidence.shape === 'idle';
  const isNormal = !isCured && moved.peak.connected < LEARN_SHARE_MAX * limit;
  return {
    phase: { ...phase, alert: null, streak: 0, countSinceMs: null, closedAtMs: pushed(closings, now.atMs, 8) },
    learned: isNormal ? moved.peak : null,
    isReleased: moved.releasedForMs > 0,
  };
}

function isReleased({ base, peak }: Alert, height: Height): boolean {
  const rise = peak.connected - base.connected;
  // Where connections rose and hardly a sleeper, a few more sleepers than before are no sign of a leak.
  const sleepersMargin = Math.max(RELEASED_SLEEPERS * (peak.sleepers - base.sleepers), SLEEPERS_MARGIN * rise, 2);
  return (
    height.connected <= base.connected + RELEASED_CONNECTIONS * rise &&
    height.sleepers <= base.sleepers + sleepersMargin
  );
}

function higher(a: Height, b: Height): Height {
  return { connected: Math.max(a.connected, b.connected), sleepers: Math.max(a.sleepers, b.sleepers) };
}

/** Sleepers of fifteen minutes and more at the newest look; there cannot be more of them than connections. */
export function sleepersNow(memory: Memory, fallback: number): number {
  const look = memory.recent.findLast((point: Point) => point.ages !== null);
  return Math.min(look?.ages?.[2] ?? fallback, memory.recent.at(-1)?.connected ?? fallback);
}

/** Time that the newest sample vouches for. After closer looks the second of two calm ticks vouches for its whole gap. */
export function seenSinceLast(memory: Memory): number {
  const [earlier, before, now] = [memory.recent.at(-3), memory.recent.at(-2), memory.recent.at(-1)];
  if (before === undefined || now === undefined) return 0;
  const fromMs = Math.max(before.atMs, memory.countedUntilMs);
  const formerMs = earlier === undefined ? 0 : Math.min(before.atMs - earlier.atMs, TICK_MS_MAX);
  return Math.min(Math.max(0, now.atMs - fromMs), SEEN_INTERVALS_MAX * Math.max(memory.intervalMs, formerMs));
}

const CRITICAL_SECONDS = 20 * 60;

const CRITICAL_SHARE_MIN = 0.65;

/** A deployment that runs two fleets for some minutes looks the same at first: a warning, until it goes on. */
const CRITICAL_SEEN_SECONDS = 15 * 60;

const STORM_CRITICAL_SHARE = 0.8;

/** Growth seen for so long is no coincidence. */
const SURE_SECONDS = 2 * 3600;

export interface Raising {
  readonly severity: Severity;
  readonly evidence: LeakEvidence;
  readonly base: Height;
}

export function growthRaising(growth: Growth, memory: Memory, agree: boolean, nowMs: number): Raising {
  const isClose =
    growth.seconds >= CRITICAL_SEEN_SECONDS &&
    growth.inSeconds < CRITICAL_SECONDS &&
    growth.connected.now > CRITICAL_SHARE_MIN * memory.limit.now;
  return {
    severity: isClose ? 'critical' : 'warning',
    evidence: {
      shape: growth.shape,
      sinceMs: nowMs - growth.seconds * SECOND_MS,
      perMinute: growth.perSecond * 60,
      connectedThen: growth.connected.before,
      connectedNow: growth.connected.now,
      sleepers: growth.sleepers,
      loadGrowthShare: growth.loadGrowth,
      healthyMost: growth.healthyMost,
      ...(growth.atThisLoad === true ? { atThisLoad: true } : null),
      sure: agree || growth.seconds >= SURE_SECONDS ? 'verySure' : 'likely',
    },
    base: { connected: growth.connected.before, sleepers: growth.sleepersBase },
  };
}

export function stormRaising(rush: Storm, memory: Memory): Raising {
  return {
    severity: rush.connectedNow > STORM_CRITICAL_SHARE * memory.limit.now ? 'critical' : 'warning',
    evidence: {
      shape: 'fast',
      sinceMs: rush.sinceMs,
      perMinute: rush.perSecond * 60,
      connectedThen: rush.connectedThen,
      connectedNow: rush.connectedNow,
      sleepers: null,
      loadGrowthShare: rush.isBusy ? 1 : 0,
      healthyMost: null,
      sure: rush.urgent ? 'verySure' : 'likely',
    },
    base: { connected: rush.connectedThen, sleepers: sleepersNow(memory, 0) },
  };
}

/** Opens an alert or gives an open one fresh evidence. Severity only rises. */
export function raiseAlert(phase: Phase, memory: Memory, raising: Raising, nowMs: number): Phase {
  const { evidence, severity, base } = raising;
  const peak: Height = { connected: evidence.connectedNow, sleepers: sleepersNow(memory, 0) };
  const fresh: Alert = {
    openedAtMs: nowMs,
    severity,
    evidence,
    base,
    peak,
    newHighAtMs: nowMs,
    releasedForMs: 0,
    flatForMs: 0,
  };
  const open = phase.alert ?? fresh;
  // A rush on top of a leak raises the severity; the leak stays the story.
  const isRushOnLeak = evidence.shape === 'fast' && open.evidence.shape !== 'fast';
  return {
    ...phase,
    alert: {
      ...open,
      severity: open.severity === 'critical' ? 'critical' : severity,
      evidence: isRushOnLeak
        ? open.evidence
        : { ...evidence, sinceMs: Math.min(open.evidence.sinceMs, evidence.sinceMs) },
      newHighAtMs: evidence.shape === 'fast' ? open.newHighAtMs : nowMs,
    },
  };
}
