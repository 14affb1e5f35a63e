import type { Config } from '../config/config.ts';
import type { TickRecord } from '../sample/tick-record.ts';
import { advanceDetector } from './detector/advance-detector.ts';
import { createDetectorState, type DetectorState } from './detector/detector-state.ts';
import type { Finding } from './detector/finding.ts';
import { seenSinceLast } from './detector/life-cycle.ts';
import { evaluateRules } from './evaluate-rules.ts';
import { toLeakFinding } from './leak-finding.ts';
import type { Reason, Severity, Verdict } from './verdict.ts';

/** What is carried from one sample of a target to the next. */
export interface DecisionState {
  readonly detector: DetectorState;
  /** The newest records, for the rules. */
  readonly window: readonly TickRecord[];
  /** The trouble that is open, or null. */
  readonly trouble: Trouble | null;
  /** Since when the level rule has been raised, by severity; null while it is not. */
  readonly levelSince: { readonly warningMs: number; readonly criticalMs: number | null } | null;
  /** When troubles of the last eight hours ended: each makes the next end more careful. */
  readonly endedAtMs: readonly number[];
}

export interface Trouble {
  /** Within one trouble it only rises. */
  readonly severity: Severity;
  /** What the rules said last, without the detector, which closes its own alerts. */
  readonly reasons: readonly Reason[];
  /** For how long the rules have been clear, only what was seen. */
  readonly clearForMs: number;
}

export interface DecisionOptions {
  readonly rules: Config['rules'];
  /** As the server said last; null when it is not known. */
  readonly waitTimeoutSeconds: number | null;
}

export interface Decision {
  readonly state: DecisionState;
  readonly verdict: Verdict;
  readonly finding: Finding;
}

/** Records that the rules see: the widest window that N of M may ask for. */
const WINDOW_MAX = 20;
/** A rule that cleared has to stay clear for this long, four times longer after each end, at most an hour. */
const CLEAR_MS = 150_000;
const CLEAR_MS_MAX = 3_600_000;
/** How long the level has to last before it is trouble by itself. */
const LEVEL_WARNING_MS = 150_000;
const LEVEL_CRITICAL_MS = 45_000;
const PENDING: Verdict = { kind: 'unknown', why: 'tooFewSamples' };
const ENDS_REMEMBERED_MS = 8 * 3_600_000;

export function createDecisionState(): DecisionState {
  return { detector: createDetectorState(), window: [], trouble: null, levelSince: null, endedAtMs: [] };
}

/** Rules and detector on one more sample: the one decision that watch, detect and replay share. */
export function decideSample(state: DecisionState, record: TickRecord, options: DecisionOptions): Decision {
  const isRepeated = record.atMs <= (state.window.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY);
  const window = isRepeated
    ? state.window
    : [...state.window.slice(1 - Math.max(WINDOW_MAX, options.rules.unreadable.samplesMin + 1)), record];
  const { state: detector, finding } = advanceDetector(state.detector, record, options);
  const leak = options.rules.leak.off ? null : toLeakFinding(finding);
  const held = state.trouble?.reasons.map((reason) => reason.rule) ?? [];
  const raised = evaluateRules(options.rules, window, held, leak);
  const levelSince = followLevel(state.levelSince, raised, record.atMs);
  const judged = state.trouble === null && isPending(raised, levelSince, record.atMs) ? PENDING : raised;
  const seenMs = isRepeated || record.kind === 'unreadable' ? 0 : seenSinceLast(detector.memory);
  const verdict = holdRules(judged, state, seenMs, record.atMs);
  const carried = carry(state, judged, verdict, seenMs, record.atMs);
  return { state: { detector, window, levelSince, ...carried }, verdict, finding };
}

/** Keeps what the rules said until they have been clear for long enough, and the severity until the end. */
function holdRules(judged: Verdict, { trouble, endedAtMs }: DecisionState, seenMs: number, nowMs: number): Verdict {
  if (trouble === null) return judged;
  const isHolding = trouble.reasons.length > 0 && trouble.clearForMs + seenMs < clearMs(endedAtMs, nowMs);
  if (judged.kind === 'breaching') {
    const kept = isHolding && ofRules(judged).length === 0 ? trouble.reasons : [];
    const severity = trouble.severity === 'critical' ? 'critical' : judged.severity;
    return { ...judged, severity, reasons: [...judged.reasons, ...kept] };
  }
  const [first, ...others] = trouble.reasons;
  if (judged.kind === 'unknown' || first === undefined || !isHolding) return judged;
  return { kind: 'breaching', severity: trouble.severity, reasons: [first, ...others], forecast: null };
}

function followLevel(before: DecisionState['levelSince'], raised: Verdict, nowMs: number): DecisionState['levelSince'] {
  const level = raised.kind === 'breaching' ? raised.reasons.find((reason) => reason.rule === 'level') : undefined;
  if (level === undefined) return raised.kind === 'unknown' ? before : null;
  const criticalMs = level.severity === 'critical' ? (before?.criticalMs ?? nowMs) : null;
  return { warningMs: before?.warningMs ?? nowMs, criticalMs };
}

/** A level alone has to last: a batch that starts its workers touches 80 % and is gone within minutes. */
function isPending(raised: Verdict, since: DecisionState['levelSince'], nowMs: number): boolean {
  if (raised.kind !== 'breaching' || since === null) return false;
  if (raised.reasons.some((reason) => reason.rule !== 'level')) return false;
  const isLasting = nowMs - since.warningMs >= LEVEL_WARNING_MS;
  return !isLasting && (since.criticalMs === null || nowMs - since.criticalMs < LEVEL_CRITICAL_MS);
}

function carry(
  before: DecisionState,
  judged: Verdict,
  verdict: Verdict,
  seenMs: number,
  nowMs: number,
): Pick<DecisionState, 'trouble' | 'endedAtMs'> {
  const endedAtMs = before.endedAtMs.filter((atMs) => nowMs - atMs < ENDS_REMEMBERED_MS);
  if (verdict.kind === 'healthy') {
    return { trouble: null, endedAtMs: before.trouble === null ? endedAtMs : [...endedAtMs, nowMs] };
  }
  if (verdict.kind === 'unknown') {
    const trouble = before.trouble === null ? null : { ...before.trouble, clearForMs: 0 };
    return { trouble, endedAtMs };
  }
  const fresh = ofRules(judged);
  const clearForMs = fresh.length > 0 ? 0 : (before.trouble?.clearForMs ?? 0) + seenMs;
  const reasons = fresh.length > 0 ? fresh : ofRules(verdict);
  return { trouble: { severity: verdict.severity, reasons, clearForMs }, endedAtMs };
}

function clearMs(endedAtMs: readonly number[], nowMs: number): number {
  const ends = endedAtMs.filter((atMs) => nowMs - atMs < ENDS_REMEMBERED_MS).length;
  return Math.min(CLEAR_MS_MAX, CLEAR_MS * 4 ** ends);
}

function ofRules(verdict: Verdict): readonly Reason[] {
  return verdict.kind === 'breaching' ? verdict.reasons.filter((reason) => reason.rule !== 'leak') : [];
}
