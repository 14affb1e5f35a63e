import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideSample } from '../../../../functions/core/evaluate/decide-sample.ts';
import { createDecisionState } from '../../../../functions/core/evaluate/decision-state.ts';
import { DEFAULT_QUIET_MS, DEFAULT_RULES } from '../../../../functions/core/evaluate/default-rules.ts';
import { evaluateRules } from '../../../../functions/core/evaluate/evaluate-rules.ts';
import type { ReadingRecord, TickRecord } from '../../../../functions/core/model/sample-record.ts';
import { toRecord } from '../../../bench/detection/detectors.ts';
import { generate } from '../../../bench/detection/generator.cjs';
import { course, decideAll, leakingCourse, MINUTE_MS, noise, START_MS, saidOf } from './courses.ts';

const LEAK = leakingCourse(12 * 60, 200, 0.8);
const DAY_MS = 24 * 60 * MINUTE_MS;
const RANK = { healthy: 0, unknown: 0, settling: 0, warning: 1, critical: 2 };

function rankOf(counts: readonly number[]): number {
  const records = counts.map(
    (connected, at): ReadingRecord => ({
      kind: 'reading',
      atMs: START_MS + at * MINUTE_MS,
      connected,
      running: 1,
      connectionsMax: 100,
      refused: 0,
      ages: null,
      blind: false,
      uptimeMinutes: 1000 + at,
    }),
  );
  const verdict = evaluateRules(DEFAULT_RULES, records, [], null);
  return RANK[verdict.kind === 'breaching' ? verdict.severity : verdict.kind];
}

describe('a decision', () => {
  it('is never weakened by a higher level', () => {
    const counts = fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 6 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 0, max: 40 }), (low, more) => {
        const high = low.map((count) => Math.min(100, count + more));
        expect(rankOf(high)).toBeGreaterThanOrEqual(rankOf(low));
      }),
    );
  });

  it('does not change when limit and counts are scaled together, above the absolute floors', () => {
    const trace = generate('public/l-medium/3').samples.map((sample) => toRecord(sample, true));
    const scaled = (by: number) =>
      trace.map((record): ReadingRecord => {
        const [a, b, c, d] = record.ages ?? [0, 0, 0, 0];
        return {
          ...record,
          connected: record.connected * by,
          connectionsMax: record.connectionsMax * by,
          ages: [a * by, b * by, c * by, d * by],
        };
      });
    // Far above the floors of three to eight connections.
    expect(decideAll(scaled(80)).map(saidOf)).toEqual(decideAll(scaled(40)).map(saidOf));
  });

  it('does not depend on the calendar: the same course days later gives the same answers', () => {
    const later = LEAK.map((record) => ({ ...record, atMs: record.atMs + 17 * DAY_MS }));
    expect(decideAll(later).map(saidOf)).toEqual(decideAll(LEAK).map(saidOf));
  });

  it('does not depend on later samples', () => {
    const whole = decideAll(LEAK).map(({ verdict }) => verdict);
    for (const length of [30, 12 * 60 + 70, 12 * 60 + 150]) {
      expect(decideAll(LEAK.slice(0, length)).map(({ verdict }) => verdict)).toEqual(whole.slice(0, length));
    }
  });

  it('is not resolved by samples that are missing or could not be read', () => {
    const after = course(40, (minute) => ({ connected: 40 + noise(minute) })).map((record, at) => ({
      ...record,
      atMs: START_MS + (LEAK.length + at) * MINUTE_MS,
    }));
    const resolvedAt = (records: readonly TickRecord[]) =>
      records[decideAll(records).findLastIndex(({ verdict }) => verdict.kind === 'breaching') + 1]?.atMs ?? 0;
    const seen = resolvedAt([...LEAK, ...after]);
    const lost = fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 });
    fc.assert(
      fc.property(lost, fc.boolean(), (indices, told) => {
        const rest = after.flatMap((record, at): TickRecord[] => {
          if (!indices.includes(at)) return [record];
          return told ? [{ kind: 'unreadable', atMs: record.atMs, cause: 'unreachable' }] : [];
        });
        expect(resolvedAt([...LEAK, ...rest])).toBeGreaterThanOrEqual(seen);
      }),
      { numRuns: 12 },
    );
    const blind = LEAK.map(
      ({ atMs }): TickRecord => ({ kind: 'unreadable', atMs: atMs + LEAK.length * MINUTE_MS, cause: 'unreachable' }),
    );
    expect(decideAll([...LEAK, ...blind.slice(0, 60)]).at(-1)?.verdict.kind).not.toBe('healthy');
  });

  it('does not change when a sample is repeated', () => {
    const once = decideAll(LEAK);
    let state = createDecisionState();
    LEAK.forEach((record, at) => {
      const options = { rules: DEFAULT_RULES, quietMs: DEFAULT_QUIET_MS, waitTimeoutSeconds: null };
      const first = decideSample(state, record, options);
      const second = decideSample(first.state, record, options);
      expect(saidOf(second)).toBe(saidOf(first));
      expect(saidOf(first)).toBe(saidOf(once[at] ?? first));
      state = second.state;
    });
  });
});
