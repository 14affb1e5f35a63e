import { describe, expect, it } from 'vitest';
import { MINUTE_MS, NIGHT_MS } from '../support/builders.ts';
import { brokenPromises, playHistory, weatherOf } from './play-history.ts';
import { seeded } from './scheduler.ts';
import type { Weather, World } from './world.ts';

const HISTORIES = 25;
const TEST_MS_MAX = 180_000;
const FIRST_SEED = 500;

/** The table goes away while a leak grows, for one to seven minutes of the rough ones. */
async function played(seed: number, change: Partial<Weather> = {}): Promise<World> {
  const random = seeded(seed ^ 0x7ab1e);
  const weather = { ...weatherOf(random), leakPerMinute: 20 + random() * 40, ...change };
  const fromMs = NIGHT_MS + (3 + random() * 2) * MINUTE_MS;
  return playHistory(seed, weather, (world) => {
    world.tableAway = { fromMs, untilMs: fromMs + (1 + random() * 6) * MINUTE_MS };
  });
}

/** Samples within the outage, from the instant at which the whole tick was without the table. */
function within<T extends { readonly atMs: number }>({ tableAway }: World, all: readonly T[]): readonly T[] {
  const { fromMs = 0, untilMs = 0 } = tableAway ?? {};
  return all.filter(({ atMs }) => atMs > fromMs + MINUTE_MS && atMs < untilMs);
}

describe('a table that is away while a leak grows', () => {
  it(`breaks no promise once it is back, in ${HISTORIES} rough histories`, { timeout: TEST_MS_MAX }, async () => {
    const broken: string[] = [];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed += 1) {
      broken.push(...(await brokenPromises(await played(seed))).map((what) => `seed ${seed}: ${what}`));
    }
    expect(broken).toEqual([]);
  });

  it('keeps nobody from sampling, and a full database is heard at the same tick', {
    timeout: TEST_MS_MAX,
  }, async () => {
    const unheard: string[] = [];
    let full = 0;
    for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed += 1) {
      const world = await played(seed, { crashShare: 0, cureShare: 0, unreadableShare: 0 });
      const { fromMs = 0, untilMs = 0 } = world.tableAway ?? {};
      const samples = within(world, world.samples);
      const minutes = Math.floor((untilMs - fromMs) / MINUTE_MS) - 1;
      if (samples.length < minutes - 1) unheard.push(`seed ${seed}: ${samples.length} samples in ${minutes} minutes`);
      for (const { atMs } of samples.filter(({ kind }) => kind === 'full')) {
        full += 1;
        const heard = world.untold.find((one) => one.critical > 0 && Math.abs(one.atMs - atMs) < MINUTE_MS / 2);
        if (heard === undefined) unheard.push(`seed ${seed}: full at ${atMs}`);
      }
    }
    expect(unheard).toEqual([]);
    expect(full).toBeGreaterThan(HISTORIES);
  });
});
