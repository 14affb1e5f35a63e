import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesPattern, patternProblem } from '../../../functions/core/runbook/pattern-problem.ts';

describe('patternProblem', () => {
  it.each([
    '^(yes|no)$',
    '^[a-z0-9-]{1,64}$',
    '^/[A-Za-z0-9_@.+/-]{0,199}$',
    '^(auto|/[a-z]{1,9})$',
    '^[a-z]{1,10}(,[a-z]{1,64}){0,15}$',
    '^(0|[1-9][0-9]{0,2})$',
    '^-?[0-9]{1,3}\\.[0-9]{2}$',
    '^a(b(c{2}){3}){4}$',
  ])('has nothing against %s', (pattern) => {
    expect(patternProblem(pattern)).toBeNull();
  });

  it.each([
    ['[a-z]{1,8}', /begin it with \^/],
    ['^[a-z]{1,8}', /end it with \$/],
    ['^a|b$', /put alternatives into a group/],
    ['^.{1,8}$', /"\.\{1,8\}" is not allowed/],
    ['^[a-z]*$', /"\*" is not allowed/],
    ['^[a-z]+$', /"\+" is not allowed/],
    ['^[a-z]{3,}$', /"\{3,\}" is not allowed/],
    ['^[^"]{1,8}$', /is not allowed/],
    ['^\\w{1,8}$', /is not allowed/],
    ['^[\\d]{1,8}$', /is not allowed/],
    ['^(?=a)a$', /is not allowed/],
    ['^(?:a|b)$', /is not allowed/],
    ['^(a)\\1$', /is not allowed/],
    ['^[[:alpha:]]{1,4}$', /is not allowed/],
    ['^a{1,4}?$', /"\?" is not allowed/],
    ['^a{1}{2}$', /"\{2\}" is not allowed/],
    ['^(a$', /opened and never closed/],
    ['^a)$', /never opened/],
    ['^[z-a]{1,4}$', /not a regular expression/],
    ['^{3}$', /not a regular expression/],
    ['^[a-z]{1,1001}$', /multiply to 1001/],
    ['^([a-z]{1,64},){0,16}$', /multiply to 1024/],
    ['^((a{500})b){3}$', /multiply to 1500/],
    ["^[a-z']{1,4}$", /without single quotes/],
    ['^[a-zä]{1,4}$', /printable ASCII/],
  ])('names what is wrong with %s', (pattern, problem) => {
    expect(patternProblem(pattern)).toMatch(problem);
  });

  it('takes the end of the text as the end, also after a newline', () => {
    expect(matchesPattern('^[a-z]{1,4}$', 'ab')).toBe(true);
    expect(matchesPattern('^[a-z]{1,4}$', 'ab\n')).toBe(false);
    expect(matchesPattern('^[a-z]{1,4}$', 'ab\ncd')).toBe(false);
  });

  it('lets through only what bash reads as JavaScript does', () => {
    const piece = fc.constantFrom(
      'a',
      '[a-c]',
      '[a.:@-]',
      '(a|b)',
      '(ab?){0,2}',
      '\\.',
      '\\$',
      'b?',
      'c{2}',
      '/',
      '[0-9]{1,3}',
      '()',
      '[a-]',
    );
    const patterns = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => `^${pieces.join('')}$`);
    const values = fc.array(fc.constantFrom('a', 'b', 'c', 'cc', '.', '$', '/', '-', '7', '12', '\n', ' '), {
      maxLength: 6,
    });
    const cases = fc
      .sample(fc.tuple(patterns, values), { numRuns: 1500, seed: 7 })
      .map(([p, v]) => [p, v.join('')] as const);
    const sound = cases.filter(([pattern]) => patternProblem(pattern) === null);
    const script =
      'export LC_ALL=C; while IFS= read -r -d "" p && IFS= read -r -d "" v; do [[ $v =~ $p ]] && echo 1 || echo 0; done';
    const bash = spawnSync('bash', ['-c', script], {
      input: sound
        .flat()
        .map((one) => `${one}\0`)
        .join(''),
    });
    const expected = sound.map(([pattern, value]) => (matchesPattern(pattern, value) ? '1' : '0'));
    expect(sound.length).toBeGreaterThan(1000);
    expect(expected.filter((one) => one === '1').length).toBeGreaterThan(20);
    const answers = String(bash.stdout).trimEnd().split('\n');
    expect(sound.filter((_, at) => answers[at] !== expected[at])).toEqual([]);
  });
});
