import type { Config } from '../config/config.ts';
import type { TickRecord } from '../sample/tick-record.ts';
import { advanceDetector } from './detector/advance-detector.ts';
import { createDetectorState, type DetectorState } from './detector/detector-state.ts';
import type { Finding } from './detector/finding.ts';
import { evaluateRules } from './evaluate-rules.ts';
import { toLeakFinding } from './leak-finding.ts';
import { isSightRule, type RuleName, type Verdict } from './verdict.ts';

/** What is carried from one sample of a target to the next. */
export interface DecisionState {
  readonly detector: DetectorState;
  /** The newest records, for the rules. */
  readonly window: readonly TickRecord[];
  /** Rules that hold the trouble open. */
  readonly held: readonly RuleName[];
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
  return { detector: createDetectorState(), window: [], held: [] };
}

/** Rules and detector on one more sample: the one decision that watch, detect and replay share. */
export function decideSample(state: DecisionState, record: TickRecord, options: DecisionOptions): Decision {
  const newestMs = state.window.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY;
  const window = record.atMs > newestMs ? [...state.window, record].slice(-WINDOW_MAX) : state.window;
  const { state: detector, finding } = advanceDetector(state.detector, record, options);
  const leak = options.rules.leak.off ? null : toLeakFinding(finding);
  const verdict = evaluateRules(options.rules, window, state.held, leak);
  return { state: { detector, window, held: heldBy(verdict, state.held) }, verdict, finding };
}

function heldBy(verdict: Verdict, before: readonly RuleName[]): readonly RuleName[] {
  if (verdict.kind === 'breaching') return verdict.reasons.map((reason) => reason.rule);
  // Losing sight of connections clears nothing about them.
  return verdict.kind === 'healthy' ? [] : before.filter((rule) => !isSightRule(rule));
}
