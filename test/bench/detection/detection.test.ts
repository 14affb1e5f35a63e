import { beforeAll, describe, expect, it } from 'vitest';
import { runbell } from './detectors.ts';
import { generate } from './generator.cjs';
import { goalLines, WORST_CLASS } from './score-table.ts';
import { scoreTrace, type TraceScore } from './scoring.cjs';
import { hashOfTrace, SLICE } from './slice.ts';

/** One short trace of each class and some of the hardest, judged with the ages that production sees. */
describe('on a slice of the generated traces', () => {
  const scores: TraceScore[] = [];
  const hashes: Record<string, string> = {};

  beforeAll(() => {
    for (const id of Object.keys(SLICE)) {
      const trace = generate(id);
      hashes[id] = hashOfTrace(trace);
      const detector = runbell('suspicion');
      scores.push(
        scoreTrace(
          trace,
          trace.samples.map((sample) => detector.push(sample)),
        ),
      );
    }
  });

  it('generates the traces that the published scores were taken on', () => {
    expect(hashes).toEqual(SLICE);
  });

  it('keeps every bound of a release', () => {
    const missed = goalLines(scores).filter(({ name, isMet }) => !isMet && name !== WORST_CLASS);
    expect(missed.map(({ line }) => line)).toEqual([]);
  });

  it('raises no alarm on the healthy ones', () => {
    expect(scores.filter(({ fa }) => fa > 0).map(({ id }) => id)).toEqual([]);
  });
});
