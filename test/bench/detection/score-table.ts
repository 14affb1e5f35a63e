import type { Scored } from './score.ts';
import { aggregate, type IncidentScore, type TraceScore } from './scoring.cjs';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export function table(scored: readonly Scored[]): string {
  const head =
    '| detector | detected % | timely % | lead median / p10 min | false alarms per db-month (critical) | flaps per incident | severity flaps | resolve median / p90 min | lost | forecast within x2 % | µs per sample |';
  const rule = `|${' --- |'.repeat(11)}`;
  const rows = scored.map(({ name, scores, micros, samples }) => {
    const { all } = aggregate(scores);
    const cells = [
      name,
      number(all.detPct),
      number(all.timelyPct),
      `${number(all.leadMed)} / ${number(all.leadP10)}`,
      `${number(all.faPerMonth, 2)} (${all.faCrit})`,
      number(all.flapsPerInc, 3),
      number(all.sevFlaps, 2),
      `${number(all.resolveMed)} / ${number(all.resolveP90)}`,
      String(all.lost),
      number(all.tteWithin2, 0),
      number(micros / Math.max(1, samples)),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [head, rule, ...rows].join('\n');
}

export interface Goal {
  readonly name: string;
  readonly line: string;
  readonly isMet: boolean;
}

/** Says little where a class has few traces. */
export const WORST_CLASS = 'timely in the worst class but storms, %';

/** The bounds that a release has to keep on generated traces; a measure without cases is met. */
export function goalLines(scores: readonly TraceScore[]): Goal[] {
  const { all, byClass } = aggregate(scores);
  const leaks = scores.flatMap((score) =>
    score.inc.filter((one) => one.required && one.dur !== undefined).map((one) => ({ ...one, cls: score.cls })),
  );
  const isStorm = (cls: string) => cls.includes('storm');
  const worstClass = Math.min(
    100,
    ...Object.entries(byClass).flatMap(([cls, of]) => (of.timelyPct === null || isStorm(cls) ? [] : [of.timelyPct])),
  );
  const plain = leaks.filter((leak) => !isStorm(leak.cls));
  const rushes = leaks.filter((leak) => isStorm(leak.cls));
  const months = (all.dbWeeks * 7) / 30.44;
  return [
    atLeast(
      'leaks but storms detected, %',
      percent(plain, (leak) => leak.detected),
      99,
    ),
    atLeast(
      'leaks of 30 min and more with 15 min lead, %',
      percent(longer(leaks, 30 * MINUTE_MS), leads(15 * MINUTE_MS)),
      97,
    ),
    atLeast('leaks of 4 h and more with 1 h lead, %', percent(longer(leaks, 4 * HOUR_MS), leads(HOUR_MS)), 99),
    atLeast('leaks of 4 h and more with 2 h lead, %', percent(longer(leaks, 4 * HOUR_MS), leads(2 * HOUR_MS)), 97),
    atLeast('timely, %', all.timelyPct ?? 100, 90),
    atLeast(WORST_CLASS, worstClass, 80),
    atLeast(
      'storms alerted before exhaustion, %',
      percent(rushes, (leak) => leak.detected),
      85,
    ),
    atMost('false alarms per database-month', all.faPerMonth, 0.25),
    atMost('false critical alarms per database-month', months > 0 ? all.faCrit / months : 0, 0.05),
    atMost('false alarms on the worst trace', Math.max(0, ...scores.map((score) => score.fa)), 2),
    atMost('flaps per incident', all.flapsPerInc, 0.05),
    atMost('severity flaps', all.sevFlaps, 0),
    atMost('resolve, median min', all.resolveMed ?? 0, 4),
    atMost('resolve, p90 min', all.resolveP90 ?? 0, 10),
    atMost('lost alerts', all.lost, 0),
    atLeast('forecast within a factor of two, %', all.tteWithin2 ?? 100, 85),
  ];
}

function longer<T extends IncidentScore>(leaks: readonly T[], ms: number): T[] {
  return leaks.filter((leak) => (leak.dur ?? 0) >= ms);
}

function leads(ms: number): (leak: IncidentScore) => boolean {
  return (leak) => (leak.lead ?? 0) >= ms;
}

function percent<T>(of: readonly T[], holds: (one: T) => boolean): number {
  return of.length === 0 ? 100 : (100 * of.filter(holds).length) / of.length;
}

function atLeast(name: string, value: number, bound: number): Goal {
  return goal(name, value, `>= ${bound}`, value >= bound);
}

function atMost(name: string, value: number, bound: number): Goal {
  return goal(name, value, `<= ${bound}`, value <= bound);
}

function goal(name: string, value: number, bound: string, isMet: boolean): Goal {
  return { name, line: `  ${isMet ? 'met   ' : 'MISSED'} ${name}: ${number(value, 2)} (${bound})`, isMet };
}

function number(value: number | null, digits = 1): string {
  return value === null || Number.isNaN(value) ? '-' : value.toFixed(digits);
}
