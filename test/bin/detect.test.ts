import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { runbell } from '../bench/detection/detectors.ts';
import { generate } from '../bench/detection/generator.cjs';

const trace = generate('public/l-storm/1').samples.slice(-900);

function detect(input: string) {
  const { stdout, stderr, status } = spawnSync(process.execPath, ['bin/detect.ts'], { input, encoding: 'utf8' });
  const verdicts = stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): unknown => JSON.parse(line));
  return { verdicts, stderr, status };
}

function lines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

describe('npm run detect', () => {
  it('answers each sample with the verdict of the product, in order', () => {
    const detector = runbell('all');
    const { verdicts, stderr, status } = detect(lines(trace));
    expect(verdicts).toEqual(JSON.parse(JSON.stringify(trace.map((sample) => detector.push(sample)))));
    expect(verdicts.filter((verdict) => JSON.stringify(verdict).includes('"critical"')).length).toBeGreaterThan(0);
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('names bad lines with their number and reason on stderr, and goes on', () => {
    const [first, second] = trace;
    const bad = [
      '{"ts":1,',
      '[1]',
      JSON.stringify({ ...first, connected: 'many' }),
      JSON.stringify({ ...first, sleep: [1, 2] }),
      JSON.stringify({ ...first, max: 0 }),
      JSON.stringify({ ...first, ts: undefined }),
    ];
    const { verdicts, stderr, status } = detect([JSON.stringify(first), ...bad, '', JSON.stringify(second)].join('\n'));
    expect(verdicts.length).toBe(2);
    const told = stderr.trim().split('\n');
    expect(told.map((line) => line.slice(0, 7))).toEqual([
      'line 2:',
      'line 3:',
      'line 4:',
      'line 5:',
      'line 6:',
      'line 7:',
    ]);
    expect(told[2]).toContain('"connected" must be a number from 0, not "many"');
    expect(told[5]).toContain('"ts" is missing');
    expect(status).toBe(1);
  });

  it('takes samples without ages, as calm ticks bring them', () => {
    const thin = trace.map((sample, at) => (at % 4 === 0 ? sample : { ...sample, sleep: null }));
    expect(detect(lines(thin)).verdicts.length).toBe(thin.length);
  });
});
