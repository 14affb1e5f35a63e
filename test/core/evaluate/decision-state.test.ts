import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideSample } from '../../../functions/core/evaluate/decide-sample.ts';
import {
  createDecisionState,
  type DecisionState,
  steppedBack,
} from '../../../functions/core/evaluate/decision-state.ts';
import { DEFAULT_RULES } from '../../../functions/core/evaluate/default-rules.ts';
import type { TickRecord } from '../../../functions/core/model/sample-record.ts';
import { MINUTE_MS, NIGHT_MS, reading, window } from '../../support/builders.ts';

const HOUR_MS = 60 * MINUTE_MS;
const QUIET_MS = 180_000;
const options = { rules: DEFAULT_RULES, quietMs: QUIET_MS, waitTimeoutSeconds: 28_800 };

function decideFrom(start: DecisionState, records: readonly TickRecord[]) {
  const said: string[] = [];
  let state = start;
  for (const record of records) {
    const decision = decideSample(state, record, options);
    state = decision.state;
    said.push(decision.verdict.kind);
  }
  return { state, said };
}

const levels = (count: number, connected: number, startMs: number) =>
  window(
    Array.from({ length: count }, () => connected),
    startMs,
  );

/** Everything that says when something was. */
function instantsOf({ window: records, detector, phase }: DecisionState): number[] {
  const { memory, phase: own } = detector;
  return [
    ...records.map(({ atMs }) => atMs),
    ...[...memory.recent, ...memory.halfMinutes, ...memory.buckets].map(({ atMs }) => atMs),
    ...[memory.sinceMs, memory.countedUntilMs, memory.limit.changedAtMs, own.evaluatedAtMs, own.countSinceMs ?? 0],
    ...[own.alert?.openedAtMs ?? 0, own.alert?.newHighAtMs ?? 0, ...own.closedAtMs],
    ...[...phase.endedAtMs, phase.levelSince?.warningMs ?? 0, phase.levelSince?.criticalMs ?? 0],
  ];
}

describe('a clock that is put back', () => {
  it('leaves open trouble open, and its end is seen within the quiet period', () => {
    const { state } = decideFrom(createDecisionState(), levels(10, 95, NIGHT_MS + HOUR_MS));
    expect(state.phase.trouble?.severity).toBe('critical');
    const { said } = decideFrom(state, levels(7, 20, NIGHT_MS));
    // Of one sample alone nobody knows what those before it were.
    expect(said.slice(0, 2)).toEqual(['unknown', 'settling']);
    expect(said.indexOf('healthy')).toBeGreaterThanOrEqual(3);
    expect(said.indexOf('healthy')).toBeLessThanOrEqual(5);
  });

  it('lets trouble go on where it is', () => {
    const { state } = decideFrom(createDecisionState(), levels(10, 95, NIGHT_MS + HOUR_MS));
    expect(decideFrom(state, levels(5, 95, NIGHT_MS)).said).toEqual(Array(5).fill('breaching'));
  });

  it('leaves nothing that is still to come, whatever was seen and however far it goes', () => {
    const course = fc.array(fc.integer({ min: 1, max: 100 }), { minLength: 1, maxLength: 90 });
    fc.assert(
      fc.property(course, fc.integer({ min: 2, max: 48 * 60 }), (counts, backMinutes) => {
        const { state } = decideFrom(createDecisionState(), window(counts, NIGHT_MS));
        const nowMs = NIGHT_MS + (counts.length - 1 - backMinutes) * MINUTE_MS;
        const back = steppedBack(state, nowMs);
        expect(Math.max(...instantsOf(back))).toBeLessThanOrEqual(nowMs);
        expect(back.phase.trouble).toEqual(state.phase.trouble);
        expect(back.detector.memory.records).toEqual(state.detector.memory.records);
        expect(steppedBack(back, nowMs)).toBe(back);
      }),
    );
  });

  it('is none where a sample is a repeat, or comes a little late from another machine', () => {
    const { state } = decideFrom(createDecisionState(), levels(10, 95, NIGHT_MS));
    const newestMs = NIGHT_MS + 9 * MINUTE_MS;
    for (const lateMs of [0, 1000, 119_000]) expect(steppedBack(state, newestMs - lateMs)).toBe(state);
    const decision = decideSample(state, reading(newestMs - 30_000, 20), options);
    expect(decision.state.window).toEqual(state.window);
  });
});
