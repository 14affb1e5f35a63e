import { describe, expect, it } from 'vitest';
import { createDecisionState, decideSample } from '../../../functions/core/evaluate/decide-sample.ts';
import { DEFAULT_QUIET_MS, DEFAULT_RULES } from '../../../functions/core/evaluate/default-rules.ts';
import { course, saidOf } from './detector/courses.ts';

/** Counts a minute apart, of a limit of 100, after two hours of calm; the detector is switched off. */
function said(counts: readonly number[]): string[] {
  const records = course(120 + counts.length, (minute) => ({ connected: counts[minute - 120] ?? 40, max: 100 }));
  const options = {
    rules: { ...DEFAULT_RULES, leak: { ...DEFAULT_RULES.leak, off: true } },
    quietMs: DEFAULT_QUIET_MS,
    waitTimeoutSeconds: null,
  };
  let state = createDecisionState();
  const decisions = records.map((record) => {
    const decision = decideSample(state, record, options);
    state = decision.state;
    return decision;
  });
  return decisions.slice(120).map(saidOf);
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
});
