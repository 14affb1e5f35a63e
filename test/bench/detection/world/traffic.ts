import type { Chance } from './chance.ts';

/** Who causes the load: people at desks, people at home, people everywhere, or machines. */
export type Rhythm = 'office' | 'home' | 'global' | 'machine';

export interface TrafficOptions {
  readonly rhythm: Rhythm;
  /** Seconds of the week at time 0; a week begins on Monday. */
  readonly weekS: number;
  readonly fromS: number;
  readonly toS: number;
  /** How far it strays on the scales of minutes, an hour and a third of a day. */
  readonly rough: number;
  readonly spikesPerDay: number;
  readonly holiday?: readonly [fromS: number, toS: number];
  readonly growthPerDay?: number;
}

/** Load over time, 1 at an ordinary peak. */
export type Traffic = (timeS: number) => number;

const GRID_S = 60;
const DAY_S = 86_400;
const WEEK_S = 7 * DAY_S;
/** Beyond an ordinary peak, so that no healthy load reaches the limit by chance alone. */
const MOST = 1.25;

export function makeTraffic(chance: Chance, options: TrafficOptions): Traffic {
  const { fromS, toS, rough, weekS, holiday, growthPerDay = 0 } = options;
  const rhythm = rhythmOf(chance, options.rhythm);
  const drifts = [300, 3600, 28_800].map((tauS) => ({ tauS, at: chance.norm(), by: rough * chance.range(0.4, 1.2) }));
  const values: number[] = [];
  let spike = 0;
  for (let timeS = fromS; timeS <= toS + GRID_S; timeS += GRID_S) {
    for (const drift of drifts) {
      const keep = Math.exp(-GRID_S / drift.tauS);
      drift.at = keep * drift.at + Math.sqrt(1 - keep * keep) * chance.norm();
    }
    spike *= 0.8;
    if (chance.chance((options.spikesPerDay * GRID_S) / DAY_S)) spike += chance.pareto(0.06, 1.6, 0.5);
    const wallS = (((weekS + timeS) % WEEK_S) + WEEK_S) % WEEK_S;
    const isHoliday = holiday !== undefined && timeS >= holiday[0] && timeS < holiday[1];
    const base = rhythm(isHoliday ? 6 : Math.floor(wallS / DAY_S), (wallS % DAY_S) / 3600);
    const strays = Math.exp(drifts.reduce((sum, { at, by }) => sum + at * by, 0));
    const grown = 1 + growthPerDay * Math.max(0, timeS / DAY_S);
    values.push(Math.max(0.01, Math.min(MOST * grown, (base * strays + spike) * grown)));
  }
  return (timeS) => {
    const at = Math.max(0, Math.min(values.length - 2, (timeS - fromS) / GRID_S));
    const low = Math.floor(at);
    const from = values[low] ?? 0;
    return from + ((values[low + 1] ?? from) - from) * (at - low);
  };
}

type DayShape = (weekday: number, hour: number) => number;

function rhythmOf(chance: Chance, rhythm: Rhythm): DayShape {
  const least = chance.range(0.06, 0.3);
  const shiftH = chance.range(-2, 2);
  const weekend = chance.range(0.15, 0.6);
  const bump = (hour: number, at: number, width: number) => {
    const apart = Math.abs(((hour - at - shiftH + 36) % 24) - 12);
    return Math.exp(-((apart / width) ** 2));
  };
  switch (rhythm) {
    case 'office': {
      const dip = chance.range(0.05, 0.3);
      return (weekday, hour) => {
        const day = 1 / (1 + Math.exp(-3 * (hour - 8 - shiftH))) - 1 / (1 + Math.exp(-2 * (hour - 17.5 - shiftH)));
        const open = Math.max(0, day) * (1 - dip * bump(hour, 12.5, 0.7));
        return least + (1 - least) * open * (weekday >= 5 ? weekend : 1);
      };
    }
    case 'home':
      return (weekday, hour) => {
        const shape = bump(hour, 20.5, 3) + 0.45 * bump(hour, 12.5, 2.5) * (weekday >= 5 ? 1.5 : 1);
        return least + (1 - least) * Math.min(1.1, shape);
      };
    case 'global': {
      const second = chance.range(0.3, 0.9);
      const least2 = chance.range(0.35, 0.6);
      return (_weekday, hour) => least2 + (1 - least2) * Math.min(1, bump(hour, 9, 4.5) + second * bump(hour, 21, 3.5));
    }
    case 'machine': {
      const hump = chance.range(0, 0.15);
      return (_weekday, hour) => 0.85 + hump * Math.sin(hour * 2 * Math.PI);
    }
  }
}
