import { describe, expect, it } from 'vitest';
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
        quietSeconds: 300,
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
