import type { Alert, Height, Phase } from '../../model/detector-phase.ts';
import type { LeakEvidence, Severity } from '../../model/verdict.ts';
import { type Memory, SECOND_MS } from './detector-state.ts';
import type { Growth } from './growth.ts';
import { sleepersNow } from './life-cycle.ts';
import type { Storm } from './storm-rule.ts';

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
