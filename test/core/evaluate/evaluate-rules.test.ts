import { describe, expect, it } from 'vitest';
import { evaluateRules } from '../../../functions/core/evaluate/evaluate-rules.ts';
import type { RuleName, Verdict } from '../../../functions/core/model/verdict.ts';
import { configInput, MINUTE_MS, NIGHT_MS, reading, settings, unreadable, window } from '../../support/builders.ts';

const rules = settings().config.rules;

function judge(values: readonly (number | 'full' | null)[], held: readonly RuleName[] = [], using = rules): Verdict {
  return evaluateRules(using, window(values), held, null);
}

function ruleNames(verdict: Verdict): string {
  return verdict.kind === 'breaching' ? verdict.reasons.map((reason) => reason.rule).join() : verdict.kind;
}

describe('the level rule', () => {
  it('warns when two of the last three samples reach 80 %', () => {
    expect(judge([79, 80, 80])).toMatchObject({
      kind: 'breaching',
      severity: 'warning',
      reasons: [{ rule: 'level', connected: 80, connectionsMax: 100, boundShare: 0.8 }],
    });
  });

  it('is critical when two of the last three samples reach 90 %', () => {
    expect(judge([85, 90, 90])).toMatchObject({ kind: 'breaching', severity: 'critical' });
  });

  it('stays calm at one short peak', () => {
    expect(judge([20, 95, 20]).kind).toBe('healthy');
  });

  it('does not raise again from old peaks once the newest sample is well', () => {
    expect(judge([95, 95, 20]).kind).toBe('healthy');
  });

  it('holds an open incident until the clear bound, not until the raise bound', () => {
    expect(ruleNames(judge([85, 85, 75], ['level']))).toBe('level');
    expect(judge([85, 85, 74], ['level']).kind).toBe('healthy');
  });

  it('is decided by the target’s own bounds when it has some', () => {
    const own = { ...rules, level: { ...rules.level, warningAtShare: 0.5, clearBelowShare: 0.4 } };
    expect(judge([50, 50], [], own).kind).toBe('breaching');
  });

  it('can be switched off', () => {
    const off = { ...rules, level: { ...rules.level, off: true } };
    expect(judge([95, 95, 95], [], off).kind).toBe('healthy');
  });
});

describe('the absolute rule', () => {
  const fifty = settings({ ...configInput(), rules: { absolute: { raiseAt: 50 } } }).config.rules;

  it('raises at a plain count, far below the share', () => {
    expect(ruleNames(judge([50, 51, 52], [], fifty))).toBe('absolute');
  });

  it('clears below four fifths of its bound unless told otherwise', () => {
    expect(ruleNames(judge([52, 45, 40], ['absolute'], fifty))).toBe('absolute');
    expect(judge([52, 45, 39], ['absolute'], fifty).kind).toBe('healthy');
  });
});

describe('a full server', () => {
  it('is critical at the first refusal', () => {
    expect(judge([10, 10, 'full'])).toMatchObject({
      kind: 'breaching',
      severity: 'critical',
      reasons: [{ rule: 'full', refusedSamples: 1 }],
    });
  });

  it('counts as at its limit for the level rule too', () => {
    expect(ruleNames(judge([10, 'full', 'full']))).toBe('full,level');
  });

  it('is not over before a sample sees room again', () => {
    expect(ruleNames(judge(['full', 80], ['full']))).toContain('full');
    expect(ruleNames(judge(['full', 60, 60], ['full', 'level']))).toBe('healthy');
  });

  it('stays open to question while nobody can look', () => {
    expect(judge(['full', null], ['full']).kind).toBe('unknown');
  });
});

describe('refused connects', () => {
  it('raise in two of three samples, and clear when a sample has few', () => {
    const at = (refused: number, minute: number) => reading(NIGHT_MS + minute * MINUTE_MS, 20, { refused });
    expect(ruleNames(evaluateRules(rules, [at(0, 0), at(5, 1), at(9, 2)], [], null))).toBe('refused');
    expect(evaluateRules(rules, [at(9, 0), at(9, 1), at(4, 2)], ['refused'], null).kind).toBe('healthy');
  });
});

describe('losing sight', () => {
  it('is unknown at first and trouble of its own after three samples, with the cause', () => {
    expect(judge([20, null, null]).kind).toBe('unknown');
    expect(judge([20, null, null, null])).toMatchObject({
      kind: 'breaching',
      reasons: [{ rule: 'unreadable', cause: 'denied', samples: 3 }],
    });
  });

  it('is critical when the database itself is gone, a warning when only we are shut out', () => {
    const gone = [0, 1, 2].map((minute) => unreadable(NIGHT_MS + minute * MINUTE_MS, 'connectionRefused'));
    expect(evaluateRules(rules, gone, [], null)).toMatchObject({ severity: 'critical' });
    expect(judge([null, null, null])).toMatchObject({ severity: 'warning' });
  });

  it('never counts as health: one good sample after a gap leaves the answer open', () => {
    expect(judge([null, null, 20]).kind).toBe('unknown');
    expect(judge([null, 20, 20]).kind).toBe('healthy');
  });

  it('is unknown when nothing was sampled yet', () => {
    expect(judge([]).kind).toBe('unknown');
    expect(judge([20]).kind).toBe('unknown');
  });
});

describe('a monitor without PROCESS', () => {
  it('is told apart from a quiet database, and only a look at the holders clears it', () => {
    const blind = reading(NIGHT_MS, 20, { blind: true });
    const calm = [1, 2].map((minute) => reading(NIGHT_MS + minute * MINUTE_MS, 20));
    const seeing = reading(NIGHT_MS + 3 * MINUTE_MS, 20, { ages: [0, 0, 0, 0] });
    expect(ruleNames(evaluateRules(rules, [blind, ...calm], [], null))).toBe('blindMonitor');
    expect(evaluateRules(rules, [blind, ...calm, seeing], ['blindMonitor'], null).kind).toBe('healthy');
  });
});
