import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../../functions/core/config/config.ts';
import { configProblemsText, parseConfig } from '../../../functions/core/config/parse-config.ts';
import { configInput } from '../../support/builders.ts';

function problems(input: unknown) {
  const parsed = parseConfig(input);
  return parsed.kind === 'invalid' ? parsed.problems : [];
}

describe('the configuration', () => {
  it('needs one target, one application, one channel and one person, and fills in the rest', () => {
    const parsed = parseConfig(configInput());
    expect(parsed).toMatchObject({
      kind: 'valid',
      config: {
        name: 'runbell',
        sampling: { everySeconds: 60 },
        quietSeconds: 150,
        targets: [{ port: 3306, tls: 'rds' }],
      },
    });
  });

  it('names three mistakes at once, each with its place and what to write instead', () => {
    const good = configInput();
    const found = problems({
      ...good,
      sampling: { everySeconds: 20 },
      targets: [{ ...good.targets[0], port: 99_999 }],
      people: [{ slackUserId: 'somebody', name: 'on call' }],
    });
    expect(found.map((problem) => problem.path).sort()).toEqual([
      'people[0].slackUserId',
      'sampling.everySeconds',
      'targets[0].port',
    ]);
    expect(found.find((problem) => problem.path === 'sampling.everySeconds')?.message).toBe('use 60, 30 or 15');
  });

  it('refuses unknown keys by name, also deep down', () => {
    const good = configInput();
    const found = problems({ ...good, slak: {}, targets: [{ ...good.targets[0], prot: 3306 }] });
    expect(found.map((problem) => problem.path).sort()).toEqual(['slak', 'targets[0].prot']);
  });

  it('finds references that lead nowhere', () => {
    const good = configInput();
    const application = good.applications?.[0];
    const found = problems({
      ...good,
      applications: [{ ...application, targets: ['odrers-db'] }],
      runbooks: { 'restart-workers': { allowed: ['U0NOBODY'] } },
      targets: [...good.targets, ...good.targets],
    });
    expect(found.map((problem) => problem.path)).toEqual([
      'targets[1].id',
      'applications[0].targets',
      'runbooks.restart-workers.allowed',
    ]);
  });

  it.each([
    ['rules.level', { level: { warningAtShare: 0.95, criticalAtShare: 0.9 } }],
    ['rules.level', { level: { clearBelowShare: 0.8 } }],
    ['rules.absolute', { absolute: { raiseAt: 50, clearBelow: 50 } }],
    ['rules.refused', { refused: { breachesMin: 4, windowSize: 3 } }],
  ])('refuses bounds that contradict each other: %s', (path, rules) => {
    expect(problems(configInput({ rules })).map((problem) => problem.path)).toEqual([path]);
  });

  it('takes a time of day and a depth for the copies of the configuration, and nothing that is neither', () => {
    expect(problems(configInput({ snapshots: { atUtc: '23:59', keep: 99 } }))).toEqual([]);
    for (const atUtc of ['24:00', '3:30', '03:60', 'noon']) {
      const wrong = { path: 'snapshots.atUtc', message: 'use a time of day such as "03:30"' };
      expect(problems(configInput({ snapshots: { atUtc } }))).toEqual([wrong]);
    }
    expect(problems(configInput({ snapshots: { keep: 1 } }))).toEqual([
      { path: 'snapshots.keep', message: 'use 2 to 99' },
    ]);
  });

  it("lays a target's own rules over the common ones, setting by setting", () => {
    const [first] = configInput().targets;
    const own = { level: { criticalAtShare: 0.95 }, absolute: { raiseAt: 40 } };
    const parsed = parseConfig(
      configInput({
        rules: {
          level: { warningAtShare: 0.7, clearBelowShare: 0.6 },
          refused: { refusedMin: 50 },
          leak: { off: true },
        },
        targets: [{ ...(first as ConfigInput['targets'][number]), rules: own }],
      }),
    );
    if (parsed.kind === 'invalid') throw new Error(configProblemsText(parsed.problems));
    const { rules, targets } = parsed.config;
    expect(targets[0]?.rules).toEqual({
      ...rules,
      level: { ...rules.level, warningAtShare: 0.7, clearBelowShare: 0.6, criticalAtShare: 0.95 },
      absolute: { ...rules.absolute, raiseAt: 40 },
      refused: { ...rules.refused, refusedMin: 50 },
      leak: { ...rules.leak, off: true },
    });
    expect(rules.level.criticalAtShare).toBe(0.9);
  });

  it.each([
    ['a bound of its own that contradicts a common one', { level: { warningAtShare: 0.97 } }, 'targets[0].rules.level'],
    ['a setting that there is not', { level: { warningShare: 0.7 } }, 'targets[0].rules.level.warningShare'],
    ['something else than a group', { level: 0.9 }, 'targets[0].rules.level'],
  ])("refuses %s among a target's rules", (_, rules, path) => {
    const targets = [{ ...configInput().targets[0], rules }];
    const found = problems({ ...configInput({ rules: { level: { criticalAtShare: 0.95 } } }), targets });
    expect(found.map((problem) => problem.path)).toEqual([path]);
  });

  it('names a mistake in the common rules once, however many targets have rules of their own', () => {
    const own = { rules: { refused: { refusedMin: 9 } } };
    const [first] = configInput().targets;
    const targets = [first, { ...first, ...own, id: 'b-db' }, { ...first, ...own, id: 'c-db' }];
    const contradictory = { level: { clearBelowShare: 0.8 } };
    expect(problems({ ...configInput(), rules: contradictory, targets }).map(({ path }) => path)).toEqual([
      'rules.level',
    ]);
    expect(problems({ ...configInput(), rules: { level: { of: true } }, targets }).map(({ path }) => path)).toEqual([
      'rules.level.of',
    ]);
  });

  it('never lets PM2 run as root', () => {
    const good = configInput();
    const found = problems({ ...good, applications: [{ ...good.applications?.[0], user: 'root' }] });
    expect(found[0]?.message).toContain('must not run as root');
  });

  it('says in its text how many problems there are and that nothing was changed', () => {
    expect(configProblemsText(problems(null))).toMatch(
      /^The configuration has one problem; nothing was started or changed:/,
    );
  });
});
