import { describe, expect, it } from 'vitest';
import type { TickRecord } from '../../../functions/core/model/sample-record.ts';
import type { Verdict } from '../../../functions/core/model/verdict.ts';
import { judgeOutcome, relapseOf } from '../../../functions/core/verify/judge-outcome.ts';
import { full, NIGHT_MS, reading, unreadable } from '../../support/builders.ts';

const before = { atMs: NIGHT_MS - 60_000, connected: 96, connectionsMax: 100, full: false };
const healthy: Verdict = { kind: 'healthy' };
const unknown: Verdict = { kind: 'unknown', why: 'tooFewSamples' };
const breaching: Verdict = {
  kind: 'breaching',
  severity: 'critical',
  reasons: [{ rule: 'full', refusedSamples: 1 }],
  forecast: null,
};

function judge(
  verdict: Verdict,
  records: readonly TickRecord[],
  afterMs: number,
  measured: typeof before | null = before,
) {
  return judgeOutcome({
    before: measured,
    endedAtMs: NIGHT_MS,
    verdict,
    records,
    nowMs: NIGHT_MS + afterMs,
    windowMs: 300_000,
  });
}

describe('the outcome of a run', () => {
  const two = [reading(NIGHT_MS + 5000, 12), reading(NIGHT_MS + 10_000, 11)];

  it('is recovered when two samples after the end are healthy, with before and after', () => {
    expect(judge(healthy, two, 10_000)).toEqual({
      kind: 'recovered',
      before,
      after: { atMs: NIGHT_MS + 10_000, connected: 11, connectionsMax: 100, full: false },
      afterMs: 10_000,
    });
  });

  it('is open after one healthy sample, and after healthy samples from before the end', () => {
    expect(judge(healthy, two.slice(0, 1), 6000)).toBeNull();
    expect(
      judge(healthy, [reading(NIGHT_MS - 5000, 12), reading(NIGHT_MS, 12), reading(NIGHT_MS + 5000, 12)], 6000),
    ).toBeNull();
  });

  it('is improved or not recovered only when the window is over', () => {
    const better = [reading(NIGHT_MS + 280_000, 76)];
    expect(judge(breaching, better, 299_999)).toBeNull();
    expect(judge(breaching, better, 300_000)?.kind).toBe('improved');
    expect(judge(breaching, [reading(NIGHT_MS + 280_000, 90)], 300_000)?.kind).toBe('notRecovered');
    expect(judge(breaching, [full(NIGHT_MS + 280_000)], 300_000)?.kind).toBe('notRecovered');
  });

  it('is never recovered while the target cannot be read', () => {
    expect(judge(unknown, [unreadable(NIGHT_MS + 5000)], 10_000)).toBeNull();
    expect(judge(unknown, [unreadable(NIGHT_MS + 5000)], 300_000)?.kind).toBe('inconclusive');
    expect(judge(unknown, two, 300_000)?.kind).toBe('inconclusive');
  });

  it('is inconclusive when nothing was seen before', () => {
    expect(judge(healthy, two, 300_000, null)?.kind).toBe('inconclusive');
  });

  it('becomes a relapse when the trouble is back within the watch period', () => {
    const recovered = judge(healthy, two, 10_000);
    if (recovered === null) throw new Error('expected an outcome');
    const back = reading(NIGHT_MS + 60_000, 95);
    expect(relapseOf(recovered, breaching, back, NIGHT_MS + 900_000)).toMatchObject({
      kind: 'relapsed',
      afterMs: 50_000,
    });
    expect(relapseOf(recovered, healthy, back, NIGHT_MS + 900_000)).toBeNull();
    expect(relapseOf(recovered, breaching, back, NIGHT_MS + 59_999)).toBeNull();
  });
});
