import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Decision, decideSample } from '../../../functions/core/evaluate/decide-sample.ts';
import { createDecisionState } from '../../../functions/core/evaluate/decision-state.ts';
import { DEFAULT_QUIET_MS, DEFAULT_RULES } from '../../../functions/core/evaluate/default-rules.ts';
import type { TickRecord } from '../../../functions/core/model/sample-record.ts';
import {
  course,
  decideAll,
  firstAlarm,
  leakingCourse,
  MINUTE_MS,
  noise,
  START_MS,
  saidOf,
} from './detector/courses.ts';

/** The detector is switched off: what the level rule alone makes of it. */
function levelOnly(records: readonly TickRecord[]): Decision[] {
  const rules = { ...DEFAULT_RULES, leak: { ...DEFAULT_RULES.leak, off: true } };
  let state = createDecisionState();
  return records.map((record) => {
    const decision = decideSample(state, record, { rules, quietMs: DEFAULT_QUIET_MS, waitTimeoutSeconds: null });
    state = decision.state;
    return decision;
  });
}

/** Counts a minute apart, of a limit of 100, after two hours of calm. */
function said(counts: readonly number[]): string[] {
  const records = course(120 + counts.length, (minute) => ({ connected: counts[minute - 120] ?? 40, max: 100 }));
  return levelOnly(records).slice(120).map(saidOf);
}

describe('rules and detector together', () => {
  it('wait for a level to last before it is trouble by itself', () => {
    const answers = said([82, 82, 82, 82, 82, 82, 82]);
    expect(answers.slice(0, 3)).toEqual(['ok', 'ok', 'ok']);
    expect(answers.slice(4)).toEqual(['warning level', 'warning level', 'warning level']);
  });

  it('let a level pass that is gone within two minutes', () => {
    expect(said([82, 83, 50, 50, 50, 50]).every((answer) => answer === 'ok')).toBe(true);
  });

  it('wait less for a critical level', () => {
    expect(said([91, 92, 92, 93]).findIndex((answer) => answer.startsWith('critical'))).toBeLessThanOrEqual(2);
  });

  it('hold a level until it has been clear for a while, and longer after each end', () => {
    const high = Array.from({ length: 8 }, () => 85);
    const low = Array.from({ length: 15 }, () => 50);
    const answers = said([...high, ...low, ...high, ...low]);
    const first = answers.indexOf('ok', 8) - 8;
    const second = answers.indexOf('ok', 8 + 15 + 8) - (8 + 15 + 8);
    expect(first).toBe(2);
    expect(second).toBeGreaterThanOrEqual(9);
  });

  it('never lower the severity within one trouble', () => {
    const answers = said([85, 85, 85, 85, 85, 93, 93, 93, 85, 85]);
    const critical = answers.findIndex((answer) => answer.startsWith('critical'));
    expect(critical).toBeGreaterThan(4);
    expect(answers.slice(critical).every((answer) => answer.startsWith('critical'))).toBe(true);
  });

  it('leave the detector out where it is switched off', () => {
    expect(said([50, 60, 70, 75, 79, 79, 79, 79]).every((answer) => answer === 'ok')).toBe(true);
  });

  it('are never weakened by a higher level, from the first sample to the end (property)', () => {
    const rank = (answer: string) => (answer === 'ok' ? 0 : answer.startsWith('critical') ? 2 : 1);
    const counts = fc.array(fc.integer({ min: 60, max: 100 }), { minLength: 5, maxLength: 40 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 30 }), (low, more) => {
        const high = said(low.map((count) => Math.min(100, count + more)));
        said(low).forEach((answer, at) => {
          expect(rank(high[at] ?? 'ok')).toBeGreaterThanOrEqual(rank(answer));
        });
      }),
      { numRuns: 60 },
    );
  });

  it('never end a trouble while samples are missing or cannot be read (property)', () => {
    const gap = fc.array(fc.constantFrom<'missing' | 'unreadable'>('missing', 'unreadable'), { maxLength: 50 });
    fc.assert(
      fc.property(gap, (minutes) => {
        const high = course(140, (minute) => ({ connected: minute < 120 ? 40 : 85, max: 100 }));
        const rest = minutes.flatMap((what, at): TickRecord[] =>
          what === 'missing'
            ? []
            : [{ kind: 'unreadable', atMs: START_MS + (140 + at) * MINUTE_MS, cause: 'queryTimedOut' }],
        );
        expect(decideAll([...high, ...rest]).at(-1)?.state.phase.trouble).not.toBeNull();
      }),
      { numRuns: 20 },
    );
  });

  it('are the same whatever the time between samples, but for a tick', () => {
    const openedAt = (everySeconds: number) => {
      const records = course(150, (minute) => ({ connected: minute < 130 ? 40 : 85, max: 100 }), everySeconds * 1000);
      return (records[firstAlarm(levelOnly(records))]?.atMs ?? 0) - START_MS - 130 * MINUTE_MS;
    };
    for (const everySeconds of [5, 15, 30, 60]) {
      expect(openedAt(everySeconds) - 150_000).toBeGreaterThanOrEqual(0);
      expect(openedAt(everySeconds) - 150_000).toBeLessThanOrEqual(2 * everySeconds * 1000);
    }
  });

  it('warn of a leak only when it fills the pool within the time that is set', () => {
    const leaking = leakingCourse(12 * 60, 200, 0.8);
    const alarm = (withinSeconds: number | null) => {
      const rules = { ...DEFAULT_RULES, leak: { withinSeconds, off: false } };
      let state = createDecisionState();
      return leaking.findIndex((record) => {
        const decision = decideSample(state, record, { rules, quietMs: DEFAULT_QUIET_MS, waitTimeoutSeconds: null });
        state = decision.state;
        return decision.verdict.kind === 'breaching';
      });
    };
    expect(alarm(null)).toBeGreaterThan(0);
    expect(alarm(3600)).toBeGreaterThan(alarm(null));
  });

  it('settle as soon as a leak is given back, and end when that has lasted', () => {
    const given = course(60, (minute) => ({ connected: 40 + noise(minute), uptimeMinutes: 20_000 + minute }));
    const leak = leakingCourse(12 * 60, 200, 0.8);
    const after = given.map((record, at) => ({ ...record, atMs: START_MS + (leak.length + at) * MINUTE_MS }));
    const verdicts = decideAll([...leak, ...after])
      .slice(leak.length)
      .map(({ verdict }) => verdict.kind);
    expect(verdicts.slice(0, 2)).toEqual(['settling', 'settling']);
    expect(verdicts.indexOf('healthy')).toBeGreaterThan(1);
    expect(verdicts.indexOf('healthy')).toBeLessThanOrEqual(15);
  });

  it('count their end from the beginning again after a sample that could not be read', () => {
    const counts = [85, 85, 85, 85, 85, 85, 40, 40, 40, 40, 40, 40, 40];
    const records = course(120 + counts.length, (minute) => ({ connected: counts[minute - 120] ?? 40, max: 100 }));
    const endedAt = (all: readonly TickRecord[]) =>
      levelOnly(all).findIndex(({ verdict }, at) => at > 126 && verdict.kind === 'healthy');
    const lost = records.map(
      (record, at): TickRecord =>
        at === 127 ? { kind: 'unreadable', atMs: record.atMs, cause: 'queryTimedOut' } : record,
    );
    expect(endedAt(records)).toBe(128);
    expect(endedAt(lost)).toBeGreaterThan(129);
  });

  it('see the whole end of a leak as well after a sample that could not be read', () => {
    const leak = leakingCourse(12 * 60, 120, 0.8);
    const given = course(30, (minute) => ({ connected: 40 + noise(minute), uptimeMinutes: 20_000 + minute }));
    const after = given.map((record, at): TickRecord => {
      const atMs = START_MS + (leak.length + at) * MINUTE_MS;
      return at === 2 ? { kind: 'unreadable', atMs, cause: 'queryTimedOut' } : { ...record, atMs };
    });
    const verdicts = decideAll([...leak, ...after]).slice(leak.length);
    const healthyAt = verdicts.findIndex(({ verdict }) => verdict.kind === 'healthy');
    // The sample after the lost one vouches for nothing, and then the whole quiet period is seen.
    expect((healthyAt - 3) * MINUTE_MS).toBeGreaterThanOrEqual(DEFAULT_QUIET_MS);
  });
});
