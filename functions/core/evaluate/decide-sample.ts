import type { Config } from '../config/config.ts';
import type { TickRecord } from '../sample/tick-record.ts';
import { advanceDetector } from './detector/advance-detector.ts';
import { createDetectorState, type DetectorState } from './detector/detector-state.ts';
import type { Finding } from './detector/finding.ts';
import { evaluateRules } from './evaluate-rules.ts';
import { toLeakFinding } from './leak-finding.ts';
import { isSightRule, type RuleName, type Severity, type Verdict } from './verdict.ts';

/** What is carried from one sample of a target to the next. */
export interface DecisionState {
  readonly detector: DetectorState;
  /** The newest records, for the rules. */
  readonly window: readonly TickRecord[];
  /** Rules that hold the trouble open. */
  readonly held: readonly RuleName[];
  /** Within one trouble severity only rises; null while there is none. */
  readonly severity: Severity | null;
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

/** The widest window that a configuration may ask for, see `unreadable.samplesMin`. */
const WINDOW_MAX = 60;

export function createDecisionState(): DecisionState {
  return { detector: createDetectorState(), window: [], held: [], severity: null };
}

/** Rules and detector on one more sample: the one decision that watch, detect and replay share. */
export function decideSample(state: DecisionState, record: TickRecord, options: DecisionOptions): Decision {
  const newestMs = state.window.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  const window = record.atMs > newestMs ? [...state.window, record].slice(-WINDOW_MAX) : state.window;
  const { state: detector, finding } = advanceDetector(state.detector, record, options);
  const leak = options.rules.leak.off ? null : toLeakFinding(finding);
  const verdict = latched(evaluateRules(options.rules, window, state.held, leak), state.severity);
  return {
    state: { detector, window, held: heldBy(verdict, state.held), severity: severityOf(verdict, state.severity) },
    verdict,
    finding,
  };
}

function latched(verdict: Verdict, before: Severity | null): Verdict {
  return verdict.kind === 'breaching' && before === 'critical' ? { ...verdict, severity: 'critical' } : verdict;
}

function severityOf(verdict: Verdict, before: Severity | null): Severity | null {
  if (verdict.kind === 'breaching') return verdict.severity;
  return verdict.kind === 'healthy' ? null : before;
}

function heldBy(verdict: Verdict, before: readonly RuleName[]): readonly RuleName[] {
  if (verdict.kind === 'breaching') return verdict.reasons.map((reason) => reason.rule);
  // Losing sight of connections clears nothing about them.
  return verdict.kind === 'healthy' ? [] : before.filter((rule) => !isSightRule(rule));
}
