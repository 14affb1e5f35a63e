import type { Config } from '../config/config.ts';
import type { DecisionPhase, Phase, Trouble } from '../model/detector-phase.ts';
import type { TickRecord } from '../model/sample-record.ts';
import type { LeakEvidence, Reason, Severity, Verdict } from '../model/verdict.ts';
import { createDecisionState, type DecisionState, steppedBack } from './decision-state.ts';
import { advanceDetector } from './detector/advance-detector.ts';
import { seenSinceLast } from './detector/alert.ts';
import type { DetectorState, Finding } from './detector/detector-state.ts';
import { rebuildDetector, type StoredCourse } from './detector/rebuild-detector.ts';
import { evaluateRules, type LeakFinding } from './evaluate-rules.ts';

export interface DecisionOptions {
  readonly rules: Config['rules'];
  /** As the server said last; null when it is not known. */
  readonly waitTimeoutSeconds: number | null;
  /** How long an end has to be seen before it is one. */
  readonly quietMs: number;
}

export interface Decision {
  readonly state: DecisionState;
  readonly verdict: Verdict;
  readonly finding: Finding;
}

/** Records that the rules see: the widest window that N of M may ask for. */
export const WINDOW_MAX = 20;

/** Each end makes the next quiet period four times longer, up to an hour. */
const QUIET_GROWTH = 4;

const QUIET_MS_MAX = 3_600_000;

const ENDS_REMEMBERED_MS = 8 * 3_600_000;

const PENDING: Verdict = { kind: 'unknown', why: 'tooFewSamples' };

/**
 * Rules and detector on one more sample: the one decision that watch, detect and replay share. An incident opens
 * when it breaches and ends when it is healthy again; what lies between is decided here and nowhere else.
 */
export function decideSample(known: DecisionState, record: TickRecord, options: DecisionOptions): Decision {
  const { rules } = options;
  const state = steppedBack(known, record.atMs);
  const { phase: before } = state;
  const isRepeated = record.atMs <= (state.window.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY);
  const window = isRepeated
    ? state.window
    : [...state.window.slice(1 - Math.max(WINDOW_MAX, rules.unreadable.samplesMin + 1)), record];
  const { state: detector, finding } = advanceDetector(state.detector, record, options);
  const leak = leakOf(rules, finding, detector, before.trouble);
  const raised = evaluateRules(rules, window, before.trouble?.rules ?? [], leak);
  const levelSince = followLevel(before.levelSince, raised, record.atMs);
  const isWaiting = before.trouble === null && isPending(rules.level, raised, levelSince, record.atMs);
  const judged = isWaiting ? PENDING : raised;
  // What lies beside a sample that could not be read was not seen.
  const isSeen = !isRepeated && record.kind !== 'unreadable' && state.window.at(-1)?.kind !== 'unreadable';
  const seenMs = isSeen ? seenSinceLast(detector.memory) : 0;
  const isAlert = !rules.leak.off && detector.phase.alert !== null;
  const { trouble, verdict } = follow(before, judged, seenMs, quietMs(before, options, record.atMs), isAlert);
  const kept = before.endedAtMs.filter((atMs) => record.atMs - atMs < ENDS_REMEMBERED_MS);
  const endedAtMs = before.trouble !== null && trouble === null ? [...kept, record.atMs] : kept;
  return { state: { detector, window, phase: { trouble, levelSince, endedAtMs } }, verdict, finding };
}

/** As if the trouble had been seen from here: its whole end is still to come. */
export function adoptTrouble(decision: Decision, open: { severity: Severity; reasons: readonly Reason[] }): Decision {
  const { severity } = open;
  const trouble: Trouble = { severity, rules: open.reasons.map(({ rule }) => rule), clearForMs: 0 };
  const { state } = decision;
  return {
    ...decision,
    state: { ...state, phase: { ...state.phase, trouble } },
    verdict: { kind: 'settling', severity },
  };
}

/** The detector's alarm. Once its end is in sight it is no reason any more, but the trouble is not over either. */
function leakOf(
  { leak }: Config['rules'],
  finding: Finding,
  { phase }: DetectorState,
  trouble: Trouble | null,
): LeakFinding | null {
  if (leak.off || finding.kind !== 'leak' || (phase.alert?.releasedForMs ?? 0) > 0) return null;
  const isFar = leak.withinSeconds !== null && finding.inSeconds > leak.withinSeconds;
  return isFar && trouble === null ? null : toLeakFinding(finding);
}

function followLevel(before: DecisionPhase['levelSince'], raised: Verdict, nowMs: number): DecisionPhase['levelSince'] {
  const level = raised.kind === 'breaching' ? raised.reasons.find((reason) => reason.rule === 'level') : undefined;
  if (level === undefined) return raised.kind === 'unknown' ? before : null;
  const criticalMs = level.severity === 'critical' ? (before?.criticalMs ?? nowMs) : null;
  return { warningMs: before?.warningMs ?? nowMs, criticalMs };
}

/** A level alone has to last: a batch that starts its workers touches 80 % and is gone within minutes. */
function isPending(
  { warningAfterSeconds, criticalAfterSeconds }: Config['rules']['level'],
  raised: Verdict,
  since: DecisionPhase['levelSince'],
  nowMs: number,
): boolean {
  if (raised.kind !== 'breaching' || since === null) return false;
  if (raised.reasons.some((reason) => reason.rule !== 'level')) return false;
  const isLasting = nowMs - since.warningMs >= warningAfterSeconds * 1000;
  return !isLasting && (since.criticalMs === null || nowMs - since.criticalMs < criticalAfterSeconds * 1000);
}

/** Keeps a trouble until its end has been seen for long enough, and its severity until then. */
function follow(
  { trouble }: DecisionPhase,
  judged: Verdict,
  seenMs: number,
  clearMs: number,
  isAlert: boolean,
): { readonly trouble: Trouble | null; readonly verdict: Verdict } {
  if (judged.kind === 'unknown') {
    // Also where only the detector held it: the whole end is to be seen from here.
    const rules: Trouble['rules'] = trouble === null || trouble.rules.length === 0 ? ['unreadable'] : trouble.rules;
    return { trouble: trouble === null ? null : { ...trouble, rules, clearForMs: 0 }, verdict: judged };
  }
  const fresh =
    judged.kind === 'breaching' ? judged.reasons.map(({ rule }) => rule).filter((rule) => rule !== 'leak') : [];
  const clearForMs = fresh.length > 0 ? 0 : (trouble?.clearForMs ?? 0) + seenMs;
  const held = trouble !== null && clearForMs < clearMs ? trouble.rules : [];
  const rules = fresh.length > 0 ? fresh : held;
  if (judged.kind === 'breaching') {
    const severity = trouble?.severity === 'critical' ? 'critical' : judged.severity;
    return { trouble: { severity, rules, clearForMs }, verdict: { ...judged, severity } };
  }
  if (trouble === null || (rules.length === 0 && !isAlert)) return { trouble: null, verdict: judged };
  return { trouble: { ...trouble, rules, clearForMs }, verdict: { kind: 'settling', severity: trouble.severity } };
}

function quietMs({ endedAtMs }: DecisionPhase, options: DecisionOptions, nowMs: number): number {
  const ends = endedAtMs.filter((atMs) => nowMs - atMs < ENDS_REMEMBERED_MS).length;
  return Math.max(options.quietMs, Math.min(QUIET_MS_MAX, options.quietMs * QUIET_GROWTH ** ends));
}

/** A load growth below this is not worth a word. */
const LOAD_SHARE_MIN = 0.1;

/** The detector's answer as a reason of the verdict; null while it raises no alarm. */
export function toLeakFinding(finding: Finding): LeakFinding | null {
  if (finding.kind !== 'leak') return null;
  const { evidence, severity, inSeconds, levelsOffAt } = finding;
  const { shape, perMinute, sinceMs } = evidence;
  return {
    severity,
    reason: { rule: 'leak', shape, perMinute, sinceMs, evidence: evidenceSentence(evidence) },
    forecast:
      levelsOffAt === null
        ? { kind: 'exhaustion', inSeconds, perMinute }
        : { kind: 'levelsOff', atConnections: levelsOffAt, perMinute },
  };
}

/** What grew, why it is not the load, and how sure that is. Rate, time and forecast are fields of their own. */
export function evidenceSentence(evidence: LeakEvidence): string {
  const { shape, sleepers, connectedThen, connectedNow, healthyMost, atThisLoad, sure } = evidence;
  const counts = `connections grew from ${Math.round(connectedThen)} to ${Math.round(connectedNow)}`;
  if (shape === 'fast') {
    const who =
      evidence.loadGrowthShare > 0 ? ', nearly all of them running statements: a queue, not idle connections' : '';
    return `${counts} within seconds${who}`;
  }
  const what =
    sleepers === null
      ? `${counts}, without old sleepers`
      : `connections asleep for ${Math.round(sleepers.atLeastSeconds / 60)} min or more grew from ${Math.round(sleepers.before)} to ${Math.round(sleepers.now)}`;
  const load =
    evidence.loadGrowthShare < LOAD_SHARE_MIN
      ? 'the load did not grow'
      : `the load grew by only ${Math.round(100 * evidence.loadGrowthShare)} %`;
  const record =
    healthyMost === null || healthyMost <= 0
      ? ''
      : `; while healthy it needed at most ${Math.round(healthyMost)}${atThisLoad === true ? ' at such a load' : ''}`;
  return `${what}, and ${load}${record}${sure === 'verySure' ? '' : ' (likely, not yet certain)'}`;
}

/** Where the decision stood when its target was last written; null: nobody knows. */
export interface StoredPhase {
  readonly detector: Phase | null;
  readonly decision: (DecisionPhase & { readonly atMs: number }) | null;
}

/** What is judged again: longer than any streak or wait that a decision counts. */
const AGAIN_MS_MAX = 20 * 60_000;

/**
 * The decision of a cold container. The course up to the stored phase is only remembered; the samples after it are
 * judged again, as the container before judged them.
 */
export function rebuildDecision(course: StoredCourse, stored: StoredPhase, options: DecisionOptions): DecisionState {
  const start = startOf(course, stored);
  const newestMs = start.window.at(-1)?.atMs ?? 0;
  return course.ticks
    .filter(({ atMs }) => atMs > newestMs)
    .reduce((state, tick) => decideSample(state, tick, options).state, start);
}

function startOf(course: StoredCourse, { detector, decision }: StoredPhase): DecisionState {
  const created = createDecisionState();
  const oldestMs = (course.ticks.at(-1)?.atMs ?? 0) - AGAIN_MS_MAX;
  const isFresh = decision !== null && decision.atMs >= oldestMs;
  const sinceMs = isFresh ? decision.atMs : oldestMs;
  const isYoung = course.buckets.length === 0 && course.peaks.length === 0;
  const known = course.ticks.filter(({ atMs }) => atMs <= sinceMs);
  // Older than its samples: without one of them nobody knows where the buckets end.
  const before = known.length > 0 || isYoung ? known : course.ticks;
  const phase = decision ?? created.phase;
  const rebuilt = rebuildDetector({ ...course, ticks: before }, detector);
  return {
    detector: isFresh
      ? { ...rebuilt, memory: { ...rebuilt.memory, countedUntilMs: decision.atMs } }
      : { ...rebuilt, phase: { ...rebuilt.phase, streak: 0, stormStreak: 0, countSinceMs: null } },
    window: before.slice(-WINDOW_MAX),
    phase: isFresh ? phase : { ...phase, levelSince: null },
  };
}
