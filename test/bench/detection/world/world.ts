import type { TraceName } from '../generator.cjs';
import { chanceOf } from './chance.ts';
import { HEALTHY, HEALTHY_LAST, HEALTHY_PROBE, type SceneOf } from './healthy-classes.ts';
import { LEAKS, LEAKS_LAST, LEAKS_PROBE } from './leak-classes.ts';
import { play, type WorldTrace } from './scene.ts';
import { type Ranges, Stage } from './stage.ts';

/**
 * A second generator, written from how pools, workers and servers behave and not from the first one: every connection
 * is an object with an owner, and a server refuses what goes past its limit. A trace is a function of its id alone.
 */
export interface Split {
  readonly ranges: Ranges;
  readonly classes: Readonly<Record<string, SceneOf>>;
  readonly perClass: number;
}

/** A change that alters any trace needs another tag, so that no cache gives the old ones. */
export const WORLD_TAG = 'world-3';

const ATTEMPTS = 20;

export const SPLITS: Readonly<Record<string, Split>> = {
  probe: {
    perClass: 9,
    classes: { ...HEALTHY, ...HEALTHY_PROBE, ...LEAKS, ...LEAKS_PROBE },
    ranges: {
      limits: [60, 100, 150, 300, 600, 1500, 4000],
      intervalsS: [15, 30, 60],
      peak: [0.35, 0.75],
      leadH: [8, 22],
      healthyH: [20, 60],
      rough: [0.02, 0.07],
      missing: [0.002, 0.015],
      gapsPerDay: [0, 0.4],
      quickMin: [12, 60],
      mediumH: [2, 9],
      slowH: [5, 20],
      stormMin: [6, 20],
      pingS: [30, 120],
    },
  },
  last: {
    perClass: 12,
    classes: { ...HEALTHY, ...HEALTHY_LAST, ...LEAKS, ...LEAKS_LAST },
    ranges: {
      limits: [25, 40, 85, 200, 250, 450, 900, 2000, 3000],
      intervalsS: [15, 15, 30, 60, 60],
      peak: [0.25, 0.85],
      leadH: [5, 30],
      healthyH: [12, 72],
      rough: [0.01, 0.1],
      missing: [0.001, 0.03],
      gapsPerDay: [0, 0.8],
      quickMin: [10, 55],
      mediumH: [1.2, 12],
      slowH: [3, 26],
      stormMin: [5, 30],
      pingS: [45, 280],
    },
  },
};

export function listWorld(split: string): TraceName[] {
  const { classes, perClass } = splitOf(split);
  return Object.keys(classes).flatMap((cls) =>
    Array.from({ length: perClass }, (_, idx) => ({ id: `${split}/${cls}/${idx}`, cls, idx })),
  );
}

/** Tries again, with a little less load, where health would have stood near the limit or a leak did not reach it. */
export function generateWorld(id: string): WorldTrace {
  const [name = '', cls = '', idx = ''] = id.split('/');
  const { classes, ranges } = splitOf(name);
  const sceneOf = classes[cls];
  if (sceneOf === undefined) throw new Error(`the split "${name}" has no class "${cls}"`);
  for (let attempt = 0; ; attempt++) {
    const chance = chanceOf(`world|${name}|${cls}|${idx}|${attempt}`);
    const trace = play(id, sceneOf(new Stage(cls, chance, ranges, attempt)), chance);
    if (trace.ok || attempt === ATTEMPTS) return trace;
  }
}

function splitOf(name: string): Split {
  const split = SPLITS[name];
  if (split === undefined) throw new Error(`there is no split "${name}" of this generator`);
  return split;
}
