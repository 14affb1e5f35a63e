import type { TickRecord } from '../../sample/tick-record.ts';
import type { Severity } from '../verdict.ts';
import { countGrowth } from './count-rule.ts';
import {
  type Alert,
  type DetectorState,
  type Height,
  type Memory,
  MINUTE_MS,
  type Phase,
  SECOND_MS,
} from './detector-state.ts';
import type { Finding, LeakEvidence } from './finding.ts';
import { secondsToLimit } from './forecast.ts';
import type { Growth } from './growth.ts';
import { healthOf } from './healthy-most.ts';
import { idleGrowth } from './idle-rule.ts';
import { ageAlert, sleepersNow } from './life-cycle.ts';
import { forgetCourse, learnPeak, remember } from './remember.ts';
import { steadyGrowth } from './steady-rule.ts';
import { type Storm, storm } from './storm-rule.ts';
import { SHORT_WINDOW_SECONDS, windowsOf } from './window.ts';

export interface DetectorOptions {
  /** The server's `wait_timeout`; null when it is not known. */
  readonly waitTimeoutSeconds: number | null;
}

export interface DetectorStep {
  readonly state: DetectorState;
  readonly finding: Finding;
}

const EVALUATE_EVERY_MS = 55 * SECOND_MS;
/** Before this nothing is known of the database. */
const LEARNING_MS = 45 * MINUTE_MS;
/** Short windows and counts without sleepers need to know it better. */
const KNOWN_MS = 150 * MINUTE_MS;
const STREAK_MIN = 2;
const COUNT_HELD_MS = 11 * MINUTE_MS;
const STORM_STREAK_MIN = 2;
const CRITICAL_SECONDS = 20 * 60;
const CRITICAL_SHARE_MIN = 0.65;
const STORM_CRITICAL_SHARE = 0.8;

/** One record further: pure, so that a warm container, a cold one and a replay agree. */
export function advanceDetector(state: DetectorState, record: TickRecord, options: DetectorOptions): DetectorStep {
  const lastMs = state.memory.recent.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  if (record.kind === 'unreadable' || record.atMs <= lastMs || record.connectionsMax === 0) {
    return { state, finding: findingOf(state.memory, state.phase, null, state.memory.recent.at(-1)?.atMs ?? 0) };
  }
  let memory = remember(state.memory, record, state.phase.alert === null);
  let phase = state.phase;
  const nowMs = record.atMs;
  const healthy = healthOf(memory).connected;
  if (phase.alert !== null) {
    const aged = ageAlert(phase, phase.alert, memory, healthy);
    phase = aged.phase;
    if (aged.isReleased) memory = forgetCourse(memory);
    if (aged.learned !== null) memory = learnPeak(memory, aged.learned, nowMs);
  }
  const { next, growth } = judge(memory, phase, healthy, nowMs);
  return { state: { ...state, memory, phase: next }, finding: findingOf(memory, next, growth, nowMs) };
}

function judge(memory: Memory, phase: Phase, healthy: number, nowMs: number): { next: Phase; growth: Growth | null } {
  const rush = storm(memory, healthy, memory.limit.now);
  const stormStreak = rush === null ? 0 : phase.stormStreak + 1;
  let next: Phase = { ...phase, stormStreak };
  if (rush !== null && (rush.urgent || stormStreak >= STORM_STREAK_MIN))
    next = raise(next, memory, stormAlert(rush, memory), nowMs);
  if (nowMs - phase.evaluatedAtMs < EVALUATE_EVERY_MS) return { next, growth: null };
  const growth = strongest(memory, phase, nowMs);
  const streak = growth.strongest === null ? 0 : phase.streak + 1;
  next = { ...next, evaluatedAtMs: nowMs, streak, countSinceMs: growth.countSinceMs };
  if (growth.strongest !== null && (streak >= STREAK_MIN || next.alert !== null)) {
    next = raise(next, memory, growthAlert(growth.strongest, memory, nowMs), nowMs);
  }
  return { next, growth: growth.strongest };
}

function strongest(
  memory: Memory,
  phase: Phase,
  nowMs: number,
): { strongest: Growth | null; countSinceMs: number | null } {
  const knownMs = nowMs - memory.sinceMs;
  if (knownMs < LEARNING_MS || nowMs < memory.mutedUntilMs) return { strongest: null, countSinceMs: null };
  const health = healthOf(memory);
  const windows = windowsOf(memory, health, nowMs).filter(
    (window) => knownMs >= KNOWN_MS || window.seconds >= SHORT_WINDOW_SECONDS,
  );
  const idle = windows.flatMap((window) => idleGrowth(window) ?? []);
  const count = knownMs >= KNOWN_MS ? windows.flatMap((window) => countGrowth(window) ?? []) : [];
  const countSinceMs = count.length === 0 ? null : (phase.countSinceMs ?? nowMs);
  const held = countSinceMs !== null && nowMs - countSinceMs >= COUNT_HELD_MS;
  const steady = steadyGrowth(memory, health, nowMs);
  const all = [...idle, ...(held ? count : []), ...(steady === null ? [] : [steady])];
  const soonest = all.reduce<Growth | null>((a, b) => (a === null || b.inSeconds < a.inSeconds ? b : a), null);
  return { strongest: soonest, countSinceMs };
}

interface Raising {
  readonly severity: Severity;
  readonly evidence: LeakEvidence;
  readonly base: Height;
}

function growthAlert(growth: Growth, memory: Memory, nowMs: number): Raising {
  const level = growth.connected.now / memory.limit.now;
  return {
    severity: growth.inSeconds < CRITICAL_SECONDS && level > CRITICAL_SHARE_MIN ? 'critical' : 'warning',
    evidence: {
      shape: growth.shape,
      sinceMs: nowMs - growth.seconds * SECOND_MS,
      perMinute: growth.perSecond * 60,
      connectedThen: growth.connected.before,
      connectedNow: growth.connected.now,
      sleepers: growth.sleepers,
      loadGrowthShare: growth.loadGrowth,
      healthyMost: growth.healthyMost,
    },
    base: { connected: growth.connected.before, sleepers: growth.sleepersBase },
  };
}

function stormAlert(rush: Storm, memory: Memory): Raising {
  return {
    severity: rush.connectedNow > STORM_CRITICAL_SHARE * memory.limit.now ? 'critical' : 'warning',
    evidence: {
      shape: 'fast',
      sinceMs: rush.sinceMs,
      perMinute: rush.perSecond * 60,
      connectedThen: rush.connectedThen,
      connectedNow: rush.connectedNow,
      sleepers: null,
      loadGrowthShare: 0,
      healthyMost: null,
    },
    base: { connected: rush.connectedThen, sleepers: sleepersNow(memory, 0) },
  };
}

/** Opens an alert or gives an open one fresh evidence. Severity only rises. */
function raise(phase: Phase, memory: Memory, raising: Raising, nowMs: number): Phase {
  const height: Height = { connected: raising.evidence.connectedNow, sleepers: sleepersNow(memory, 0) };
  const open: Alert = phase.alert ?? {
    openedAtMs: nowMs,
    severity: raising.severity,
    evidence: raising.evidence,
    base: raising.base,
    peak: height,
    newHighAtMs: nowMs,
    releasedForMs: 0,
    flatForMs: 0,
  };
  const sinceMs = Math.min(open.evidence.sinceMs, raising.evidence.sinceMs);
  // A rush on top of a leak raises the severity; the leak stays the story.
  const isOvertaken = raising.evidence.shape === 'fast' && open.evidence.shape !== 'fast';
  return {
    ...phase,
    alert: {
      ...open,
      severity: open.severity === 'critical' ? 'critical' : raising.severity,
      evidence: isOvertaken ? open.evidence : { ...raising.evidence, sinceMs },
      newHighAtMs: raising.evidence.shape === 'fast' ? open.newHighAtMs : nowMs,
    },
  };
}

function findingOf(memory: Memory, phase: Phase, growth: Growth | null, nowMs: number): Finding {
  const { alert } = phase;
  if (alert !== null) {
    const connected = memory.recent.at(-1)?.connected ?? 0;
    const inSeconds = secondsToLimit(memory, nowMs, connected, alert.evidence.perMinute / 60, memory.limit.now);
    return { kind: 'leak', severity: alert.severity, evidence: alert.evidence, inSeconds, sure: 'likely' };
  }
  if (growth !== null) return { kind: 'watching', evidence: growthAlert(growth, memory, nowMs).evidence };
  return { kind: 'calm', why: nowMs - memory.sinceMs < LEARNING_MS ? 'learning' : 'nothingGrows' };
}
