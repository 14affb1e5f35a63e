import { toTraceVerdict } from '../../../bin/flows/replay/trace-line.ts';
import { decideSample } from '../../../functions/core/evaluate/decide-sample.ts';
import { createDecisionState } from '../../../functions/core/evaluate/decision-state.ts';
import { DEFAULT_QUIET_MS, DEFAULT_RULES } from '../../../functions/core/evaluate/default-rules.ts';
import type { ReadingRecord } from '../../../functions/core/model/sample-record.ts';
import baselines from './baselines.cjs';
import type { TraceSample } from './generator.cjs';
import type { TraceVerdict } from './scoring.cjs';

export interface TraceDetector {
  push(sample: TraceSample): TraceVerdict;
}

/** Which ticks saw ages: all; every fourth and those under suspicion, as in production; or just every fourth. */
export type AgesSeen = 'all' | 'suspicion' | 'fourth';

export const AGES_EVERY = 4;

export function runbell(agesSeen: AgesSeen): TraceDetector {
  let state = createDecisionState();
  let count = 0;
  let isSuspicious = false;
  return {
    push(sample) {
      const looks = agesSeen === 'all' || count % AGES_EVERY === 0 || (agesSeen === 'suspicion' && isSuspicious);
      count++;
      const record = toRecord(sample, looks);
      const decision = decideSample(state, record, {
        rules: DEFAULT_RULES,
        quietMs: DEFAULT_QUIET_MS,
        waitTimeoutSeconds: sample.wait_timeout,
      });
      state = decision.state;
      isSuspicious = decision.state.phase.trouble !== null || decision.finding.kind !== 'calm';
      return toTraceVerdict(record.atMs, decision);
    },
  };
}

export function toRecord(sample: TraceSample, withAges: boolean): ReadingRecord {
  return {
    kind: 'reading',
    atMs: sample.ts,
    connected: sample.connected,
    running: sample.running,
    connectionsMax: sample.max,
    refused: null,
    ages: withAges ? sample.sleep : null,
    blind: false,
    uptimeMinutes: Math.floor(sample.uptime / 60),
  };
}

export const DETECTORS: Readonly<Record<string, () => TraceDetector>> = {
  Runbell: () => runbell('all'),
  'Runbell, ages as in production': () => runbell('suspicion'),
  'Runbell, every fourth age': () => runbell('fourth'),
  ...baselines,
};
