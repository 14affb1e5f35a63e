import { toTraceVerdict } from '../../../bin/flows/replay/trace-line.ts';
import { decideSample, WINDOW_MAX } from '../../../functions/core/evaluate/decide-sample.ts';
import { createDecisionState } from '../../../functions/core/evaluate/decision-state.ts';
import { DEFAULT_QUIET_MS, DEFAULT_RULES } from '../../../functions/core/evaluate/default-rules.ts';
import { isMoving, isSuspicious } from '../../../functions/core/evaluate/needs-close-look.ts';
import type { ReadingRecord } from '../../../functions/core/model/sample-record.ts';
import { AGES_EVERY, toRecord } from './detectors.ts';
import type { generateClosely, TraceSample } from './generator.cjs';
import { scoreTrace, type TraceScore, type TraceVerdict } from './scoring.cjs';

/** The name of its row. */
export const CLOSELY = 'Runbell, every 5 s under suspicion';

const CLOSE_LOOK_MS = 5000;

/** A trace as the watch function samples it: on its ticks, and every five seconds between them while it is suspicious. */
export function scoreClosely(trace: ReturnType<typeof generateClosely>): TraceScore & { readonly samples: number } {
  const samples: TraceSample[] = [];
  const verdicts: TraceVerdict[] = [];
  let state = createDecisionState();
  let records: readonly ReadingRecord[] = [];
  let isCalm = true;
  let at = 0;
  const take = (sample: TraceSample, looks: boolean) => {
    const record = toRecord(sample, looks);
    const options = { rules: DEFAULT_RULES, quietMs: DEFAULT_QUIET_MS, waitTimeoutSeconds: sample.wait_timeout };
    const decision = decideSample(state, record, options);
    state = decision.state;
    records = [...records, record].slice(-WINDOW_MAX);
    isCalm = state.phase.trouble === null && decision.finding.kind === 'calm';
    samples.push(sample);
    verdicts.push(toTraceVerdict(record.atMs, decision));
  };
  trace.samples.forEach((tick, count) => {
    take(tick, count % AGES_EVERY === 0 || !isCalm);
    const untilMs = (trace.samples[count + 1]?.ts ?? tick.ts) - CLOSE_LOOK_MS;
    for (let nextMs = tick.ts + CLOSE_LOOK_MS; nextMs <= untilMs; nextMs += CLOSE_LOOK_MS) {
      if (!isSuspicious(records, DEFAULT_RULES) || !isMoving(records)) break;
      while ((trace.close[at]?.[0] ?? Number.POSITIVE_INFINITY) < nextMs) at += 1;
      const look = trace.close[at];
      if (look === undefined || look[0] > untilMs) break;
      take({ ...tick, ts: look[0], connected: look[1], running: look[2] }, true);
    }
  });
  return { ...scoreTrace({ ...trace, samples }, verdicts), samples: samples.length };
}
