import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DigestedIncident } from '../../../../bin/flows/digest/incidents-of.ts';
import { suggestThreshold } from '../../../../bin/flows/digest/suggest-threshold.ts';
import { sampleOf } from '../../../../bin/flows/replay/read-recording.ts';
import { replay } from '../../../../bin/flows/replay/replay.ts';
import type { TargetConfig } from '../../../../functions/core/config/config.ts';
import type { RuleName } from '../../../../functions/core/model/verdict.ts';
import { MINUTE_MS, NIGHT_MS, reading, settings } from '../../../support/builders.ts';

const { config } = settings();
const target = config.targets[0] as TargetConfig;
const HOUR_MS = 60 * MINUTE_MS;
const CALM_MINUTES = 60;
/** So that each is an incident of its own: the quiet period grows with every end within eight hours. */
const CYCLE_MINUTES = 600;

interface Bump {
  /** Connections of 100 at its height, which lasts a quarter of an hour. */
  readonly to: number;
  readonly acted: boolean;
}

/** Hours of calm, and then, again and again, load that goes up slowly, stays and goes down again. */
function story(bumps: readonly Bump[]) {
  const minutes = CALM_MINUTES + bumps.length * CYCLE_MINUTES;
  const minutely = Array.from({ length: minutes }, (_, minute) => {
    const into = (minute - CALM_MINUTES) % CYCLE_MINUTES;
    const to = bumps[Math.floor((minute - CALM_MINUTES) / CYCLE_MINUTES)]?.to ?? 40;
    const share = into < 60 ? into / 60 : into < 75 ? 1 : Math.max(0, 1 - (into - 75) / 5);
    const connected = minute < CALM_MINUTES ? 40 : Math.round(40 + (to - 40) * share);
    return sampleOf({ ...reading(NIGHT_MS + minute * MINUTE_MS, connected), running: Math.round(connected / 2) }, null);
  });
  const samples = minutely.filter((_, minute) => minute % 10 === 0 || (minute - CALM_MINUTES) % CYCLE_MINUTES < 100);
  const told = replay(samples, { schema: 1, version: 'test', config, catalogue: [] }, target).events;
  const incidents = bumps.flatMap(({ acted }, at): DigestedIncident[] => {
    const fromMs = NIGHT_MS + CALM_MINUTES * MINUTE_MS + at * CYCLE_MINUTES * MINUTE_MS;
    const own = told.filter(({ atMs }) => atMs >= fromMs && atMs < fromMs + CYCLE_MINUTES * MINUTE_MS);
    const opened = own.find(({ what }) => what === 'opened');
    const resolved = own.findLast(({ what }) => what === 'resolved');
    if (opened === undefined || resolved === undefined) return [];
    return [
      {
        id: `inc-${at}`,
        targetId: target.id,
        severity: own.some(({ severity }) => severity === 'critical') ? 'critical' : 'warning',
        openedAtMs: opened.atMs,
        acknowledgedAfterMs: null,
        resolvedAfterMs: resolved.atMs - opened.atMs,
        isReopened: false,
        hasRun: false,
        rules: ['level'],
        actedAtMs: acted ? opened.atMs + 5 * MINUTE_MS : null,
      },
    ];
  });
  return { samples, incidents };
}

const suggested = (bumps: readonly Bump[], rule: RuleName = 'level') =>
  suggestThreshold({ rule, config, target, ...story(bumps), fromMs: NIGHT_MS });

const noise: Bump = { to: 82, acted: false };

describe('a threshold that would have been quieter', () => {
  it('is the smallest change that saves the most, and says what it saves and what it keeps', () => {
    expect(suggested([noise, noise, { to: 88, acted: true }, noise])).toMatchObject({
      kind: 'suggested',
      setting: 'level.warningAtShare',
      from: 0.8,
      to: 0.85,
      saved: 3,
      cards: 4,
      kept: 1,
    });
  });

  it('is not suggested where it would have missed what somebody acted on', () => {
    expect(suggested([noise, { to: 82, acted: true }, noise])).toMatchObject({ kind: 'none', why: 'nothingSaved' });
  });

  it('is not suggested where it would have missed what became critical, though nobody acted', () => {
    const told = suggested([noise, { to: 95, acted: false }, noise]);
    expect(told).toMatchObject({ kind: 'suggested', kept: 1, saved: 2 });
  });

  it('is not suggested where the samples do not give again what somebody acted on', () => {
    const { samples, incidents } = story([noise, noise]);
    const elsewhere = incidents.map((one) => ({
      ...one,
      openedAtMs: one.openedAtMs - HOUR_MS,
      actedAtMs: one.openedAtMs - HOUR_MS,
    }));
    const judged = { rule: 'level', config, target, samples, incidents: elsewhere, fromMs: NIGHT_MS } as const;
    expect(suggestThreshold(judged)).toMatchObject({ why: 'notReplayed' });
    expect(suggestThreshold({ ...judged, samples: [] })).toMatchObject({ why: 'noSamples' });
  });

  it.each(['full', 'blindMonitor', 'absolute'] as const)('is not there for a rule without one: %s', (rule) => {
    expect(suggested([noise], rule)).toMatchObject({ kind: 'none', why: 'noThreshold' });
  });

  it('never misses what somebody acted on, whatever the load was', () => {
    const bump = fc.record({ to: fc.integer({ min: 60, max: 97 }), acted: fc.boolean() });
    fc.assert(
      fc.property(fc.array(bump, { minLength: 1, maxLength: 4 }), fc.constantFrom('level', 'leak'), (bumps, rule) => {
        const { samples, incidents } = story(bumps);
        const answer = suggestThreshold({
          rule: rule as RuleName,
          config,
          target,
          samples,
          incidents,
          fromMs: NIGHT_MS,
        });
        if (answer.kind === 'none') return;
        const [group = '', name = ''] = answer.setting.split('.');
        const common = config.rules as unknown as Record<string, object>;
        const rules = { ...common, [group]: { ...common[group], [name]: answer.to } } as unknown as typeof config.rules;
        const { points } = replay(samples, { schema: 1, version: 'test', config, catalogue: [] }, { ...target, rules });
        for (const { actedAtMs, openedAtMs } of incidents) {
          if (actedAtMs === null) continue;
          expect(
            points.some(({ atMs, severity }) => severity !== null && atMs >= openedAtMs && atMs <= actedAtMs + 120_000),
          ).toBe(true);
        }
      }),
      { numRuns: 12 },
    );
  });
});
