import { describe, expect, it } from 'vitest';
import type { Trace } from '../generator.cjs';
import { hashOfTrace } from '../slice.ts';
import { chanceOf } from './chance.ts';
import { Leak } from './leak.ts';
import { misfits } from './misfits.ts';
import { Steady } from './requests.ts';
import { play, type Scene, type Trouble } from './scene.ts';
import { Server } from './server.ts';
import { generateWorld, listWorld, SPLITS } from './world.ts';

const HOUR_S = 3600;

/** Short traces on small servers, with every kind of label among them. */
const SHOWN: Readonly<Record<string, string>> = {
  'probe/h-first/0': 'f031c5d5809ad5ca',
  'probe/h-bluegreen/0': '787d4274b6ca50a0',
  'probe/l-job/2': '699d8c5230074d40',
  'probe/l-pinged/0': 'a1b03c50fefb7713',
  'probe/l-lockstorm/0': '84bc8d9c5aa149d5',
  'probe/s-peakload/0': '37fac98fc594cadb',
  'last/h-first/0': '90ed9bd055f8b9c0',
  'last/l-job/0': 'd36ce85b62cbad6f',
  'last/l-restarted/0': '14fd153d3df9c55a',
  'last/b-timeout/2': '8533b7e43112c51d',
  'last/s-peakload/0': '9a0f3dd38999e882',
  'last/x-mended/0': '67d6f6c091290c8a',
};

/** Nine steady connections of twenty, and one leaked every minute from the third hour on. */
function plainScene(trouble: (leak: Leak) => Trouble, waitTimeoutS = 28_800, restartsS: readonly number[] = []): Scene {
  const chance = chanceOf('plain');
  const leak = new Leak(chance, { user: 'web', rate: null });
  const leaks = Array.from({ length: 300 }, (_, minute) => ({
    atS: 2 * HOUR_S + minute * 60,
    run: (server: Server) => {
      // Once the scene has cured it, it stays cured.
      if (minute === 0) leak.isOn = true;
      leak.add(server, 1);
    },
  }));
  return {
    cls: 'plain',
    server: new Server(20, waitTimeoutS, -HOUR_S * 24),
    holders: [new Steady('app', () => 9, 10, 0.2), leak],
    events: [...leaks, ...restartsS.map((atS) => ({ atS, run: (server: Server) => leak.drop(server) }))],
    trouble: trouble(leak),
    weekS: 0,
    lengthS: 8 * HOUR_S,
    sampler: { everyS: 30, missing: 0, gapsPerDay: 0, gapMostS: 300 },
  };
}

function leakOf(leak: Leak, restartsS: readonly number[] = []): Trouble {
  return {
    kind: 'leak',
    // The release is older than the first session it loses.
    startS: HOUR_S,
    firstS: () => leak.firstS,
    leastS: 180,
    untilS: 6 * HOUR_S,
    cure: (server) => {
      leak.isOn = false;
      leak.drop(server);
    },
    holdS: 300,
    tailS: HOUR_S,
    reqFrac: 0.4,
    restartsS,
  };
}

const played = (scene: Scene): Trace => play('plain', scene, chanceOf('plain'));
const secondsFrom = (ms: number | null | undefined) =>
  ms === null || ms === undefined ? null : (ms - 1_772_409_600_000) / 1000;

describe('a label of the second generator', () => {
  it('says full when the limit first refuses somebody, and begins with the first session lost', () => {
    const trace = played(plainScene((leak) => leakOf(leak)));
    const [incident] = trace.incidents;
    // Eleven are free, so the twelfth session is refused.
    expect(secondsFrom(incident?.start)).toBe(2 * HOUR_S);
    expect(secondsFrom(incident?.exhaust)).toBe(2 * HOUR_S + 11 * 60);
    expect(secondsFrom(incident?.end)).toBe(2 * HOUR_S + 11 * 60 + 300);
    expect(misfits(trace)).toEqual([]);
  });

  it('asks nobody to see what a restart frees in time', () => {
    const restartS = 2 * HOUR_S + 330;
    const trace = played(plainScene((leak) => leakOf(leak, [restartS]), 28_800, [restartS]));
    expect(trace.incidents.map(({ required, exhaust }) => [required, exhaust !== null])).toEqual([
      [false, false],
      [true, true],
    ]);
    expect(secondsFrom(trace.incidents[1]?.start)).toBe(restartS);
  });

  it('calls a leak bounded that the server’s own timeout ends as fast as it comes', () => {
    const trace = played(plainScene(() => ({ kind: 'bounded', startS: 2 * HOUR_S }), 300));
    expect(trace.ok).toBe(true);
    expect(trace.incidents.map(({ kind, exhaust, required }) => [kind, exhaust, required])).toEqual([
      ['bounded', null, false],
    ]);
    expect(Math.max(...trace.samples.map(({ connected }) => connected))).toBeLessThan(17);
  });

  it('takes no trace that is full where its label says it cannot be, or not full where it must', () => {
    expect(played(plainScene(() => ({ kind: 'bounded', startS: 2 * HOUR_S }))).ok).toBe(false);
    expect(played(plainScene((leak) => leakOf(leak), 300)).ok).toBe(false);
    expect(played({ ...plainScene((leak) => leakOf(leak)), trouble: null }).ok).toBe(false);
  });
});

describe('the second generator', () => {
  it('gives its splits classes and limits of their own', () => {
    const classes = (split: string) => new Set(listWorld(split).map(({ cls }) => cls));
    const [probe, last] = [classes('probe'), classes('last')];
    expect([...probe].filter((cls) => !last.has(cls)).length).toBeGreaterThanOrEqual(6);
    expect([...last].filter((cls) => !probe.has(cls)).length).toBeGreaterThanOrEqual(6);
    const limits = (split: string) => SPLITS[split]?.ranges.limits ?? [];
    expect(limits('probe').filter((limit) => limits('last').includes(limit))).toEqual([]);
  });

  it.each(Object.entries(SHOWN))('makes %s as it was scored, and its labels fit', (id, hash) => {
    const trace = generateWorld(id);
    expect(misfits(trace)).toEqual([]);
    expect(hashOfTrace(trace)).toBe(hash);
  });
});
