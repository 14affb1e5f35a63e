import { describe, expect, it } from 'vitest';
import { brokenPromises, playHistory } from '../simulation/play-history.ts';

const HISTORIES = Number(process.env['RUNBELL_HISTORIES'] ?? 1500);
/** Other seeds than the short run. */
const FIRST_SEED = Number(process.env['RUNBELL_SEED'] ?? 10_000);

describe('promises 1 to 8 and 10', () => {
  it(`hold over ${HISTORIES} rough histories from seed ${FIRST_SEED} on`, async () => {
    const broken: string[] = [];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + HISTORIES; seed += 1) {
      broken.push(...(await brokenPromises(await playHistory(seed))).map((what) => `seed ${seed}: ${what}`));
    }
    expect(broken).toEqual([]);
  });
});
