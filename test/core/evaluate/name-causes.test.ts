import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../functions/core/evaluate/detector/detector-state.ts';
import { nameCauses } from '../../../functions/core/evaluate/name-causes.ts';
import type { Holders, Reading } from '../../../functions/core/model/sample.ts';

const calm: Finding = { kind: 'calm', why: 'nothingGrows' };
const leak: Finding = {
  kind: 'leak',
  severity: 'warning',
  inSeconds: 3600,
  levelsOffAt: null,
  evidence: {
    shape: 'idle',
    sinceMs: 0,
    perMinute: 1,
    connectedThen: 40,
    connectedNow: 90,
    sleepers: { atLeastSeconds: 900, before: 2, now: 50 },
    loadGrowthShare: 0,
    healthyMost: 44,
    sure: 'verySure',
  },
};

function look(change: Partial<Reading> = {}, holders: Partial<Holders> = {}): Reading {
  return {
    kind: 'reading',
    atMs: 0,
    connected: 100,
    running: 5,
    connectionsMax: 200,
    refused: 0,
    attempts: 10,
    uptimeSeconds: 90_000,
    waitTimeoutSeconds: 28_800,
    counters: { connections: 0, abortedConnects: 0, refusedByLimit: 0, uptimeSeconds: 90_000 },
    holders: {
      groups: [],
      ages: [30, 20, 10, 0],
      sight: 'whole',
      unauthenticated: 0,
      waitingForMetadataLock: 0,
      longStatements: 0,
      ...holders,
    },
    ...change,
  };
}

function kinds(reading: Reading, finding: Finding = calm, limitBefore: number | null = null): string[] {
  return nameCauses({ reading, finding, elapsedSeconds: 60, limitBefore }).map((cause) => cause.kind);
}

describe('what stands behind a trouble', () => {
  it.each<[string, string[], string[]]>([
    ['a leak', ['leak'], kinds(look(), leak)],
    ['nothing in particular', [], kinds(look())],
    ['a queue behind a metadata lock', ['pileUp'], kinds(look({ running: 60 }, { waitingForMetadataLock: 40 }))],
    ['a queue behind one long statement', ['pileUp'], kinds(look({ running: 60 }, { longStatements: 1 }))],
    ['half-open logins', ['halfOpenLogins'], kinds(look({}, { unauthenticated: 11 }))],
    ['connections made and thrown away', ['churn'], kinds(look({ attempts: 3000 }, { ages: [5, 0, 0, 0] }))],
    ['a lowered limit', ['loweredLimit'], kinds(look(), calm, 500)],
    ['a pool that is too large', ['oversizedPool'], kinds(look({}, { ages: [80, 70, 60, 50] }))],
    ['honest load', ['honestLoad'], kinds(look({ running: 40 }))],
  ])('names %s', (_what, expected, named) => {
    expect(named).toEqual(expected);
  });

  it('puts a queue before the leak, because ending sleepers will not help then', () => {
    expect(kinds(look({ running: 60 }, { waitingForMetadataLock: 9 }), leak)).toEqual(['pileUp', 'leak']);
  });

  it('does not call sleepers of a leak a pool that is too large', () => {
    expect(kinds(look({}, { ages: [80, 70, 60, 50] }), leak)).toEqual(['leak']);
  });
});
