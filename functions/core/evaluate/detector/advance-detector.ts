import type { Phase } from '../../model/detector-phase.ts';
import type { TickRecord } from '../../model/sample-record.ts';
import { ageAlert, growthRaising, raiseAlert, stormRaising } from './alert.ts';
import type { Finding } from './detector-state.ts';
import { type DetectorState, type Memory, SECOND_MS } from './detector-state.ts';
import { secondsToLimit } from './growth.ts';
import { healthOf } from './healthy-most.ts';
import { forgetCourse, learnPeak, remember } from './remember.ts';
import { storm } from './storm-rule.ts';
import { LEARNING_MS, type Look, lookForGrowth } from './strongest-growth.ts';

export interface DetectorOptions {
  /** The server's `wait_timeout`; null when it is not known. */
  readonly waitTimeoutSeconds: number | null;
  /** How long connections have to be seen given back before an alert is over. */
  readonly quietMs: number;
}

export interface DetectorStep {
  readonly state: DetectorState;
  readonly finding: Finding;
}

const EVALUATE_EVERY_MS = 55 * SECOND_MS;
/** Looks in a row that have to find growth. */
const STREAK_MIN = 2;
const STORM_STREAK_MIN = 2;

/** One record further: pure, so that a warm container, a cold one and a replay agree. */
export function advanceDetector(state: DetectorState, record: TickRecord, options: DetectorOptions): DetectorStep {
  const lastMs = state.memory.recent.at(-1)?.atMs ?? 0;
  if (record.kind === 'unreadable' || record.atMs <= lastMs || record.connectionsMax === 0) {
    return { state, finding: findingOf(state.memory, state.phase, lastMs) };
  }
  // Growth that has still to hold may be a leak: it is no more normal than an alert is.
  const isLearning = state.phase.alert === null && state.phase.countSinceMs === null;
  const remembered = remember(state.memory, record, isLearning);
  const { memory, phase } = age(remembered, state.phase, record.atMs, options.quietMs);
  const rushed = watchForStorm(memory, phase, record.atMs);
  const isDue = record.atMs - phase.evaluatedAtMs >= EVALUATE_EVERY_MS;
  const judged = isDue ? judgeGrowth(memory, rushed, options, record.atMs) : rushed;
  return { state: { ...state, memory, phase: judged }, finding: findingOf(memory, judged, record.atMs) };
}

/** Moves an open alert by one sample, and learns from one that closed. */
function age(memory: Memory, phase: Phase, nowMs: number, quietMs: number): { memory: Memory; phase: Phase } {
  if (phase.alert === null) return { memory, phase };
  const closing = ageAlert(phase, phase.alert, memory, healthOf(memory).connected, quietMs);
  const rest = closing.isReleased ? forgetCourse(memory) : memory;
  return { memory: closing.learned === null ? rest : learnPeak(rest, closing.learned, nowMs), phase: closing.phase };
}

function watchForStorm(memory: Memory, phase: Phase, nowMs: number): Phase {
  const rush = storm(memory, healthOf(memory).connected, memory.limit.now);
  if (rush === null) return phase.stormStreak === 0 ? phase : { ...phase, stormStreak: 0 };
  const next = { ...phase, stormStreak: phase.stormStreak + 1 };
  if (!rush.urgent && next.stormStreak < STORM_STREAK_MIN) return next;
  return raiseAlert(next, memory, stormRaising(rush, memory), nowMs);
}

function judgeGrowth(memory: Memory, phase: Phase, options: DetectorOptions, nowMs: number): Phase {
  const look = lookForGrowth(memory, phase, options.waitTimeoutSeconds, nowMs);
  const streak = look.strongest === null ? 0 : phase.streak + 1;
  const next: Phase = {
    ...phase,
    evaluatedAtMs: nowMs,
    streak,
    countSinceMs: look.countSinceMs,
    suspicion: suspicionOf(look, memory, nowMs),
  };
  if (look.strongest === null || (streak < STREAK_MIN && next.alert === null)) return next;
  return raiseAlert(next, memory, growthRaising(look.strongest, memory, look.agree, nowMs), nowMs);
}

function suspicionOf(look: Look, memory: Memory, nowMs: number): Phase['suspicion'] {
  const growth = look.strongest ?? look.levelling?.growth;
  if (growth === undefined) return null;
  const { evidence } = growthRaising(growth, memory, look.agree, nowMs);
  return { evidence, levelsOffAt: look.levelling?.atConnections ?? null };
}

function findingOf(memory: Memory, { alert, suspicion, stormStreak }: Phase, nowMs: number): Finding {
  if (alert !== null) {
    const connected = memory.recent.at(-1)?.connected ?? 0;
    const { evidence, severity } = alert;
    const inSeconds = secondsToLimit(memory, nowMs, connected, evidence.perMinute / 60, memory.limit.now);
    return { kind: 'leak', severity, evidence, inSeconds, levelsOffAt: suspicion?.levelsOffAt ?? null };
  }
  if (suspicion !== null) {
    const { evidence, levelsOffAt } = suspicion;
    return levelsOffAt === null
      ? { kind: 'watching', evidence }
      : { kind: 'levelling', evidence, atConnections: levelsOffAt };
  }
  if (stormStreak > 0) return { kind: 'watching', evidence: null };
  return { kind: 'calm', why: nowMs - memory.sinceMs < LEARNING_MS ? 'learning' : 'nothingGrows' };
}
