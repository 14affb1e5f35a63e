import { describe, expect, it } from 'vitest';
import { courseAfter, courseOf } from '../../../functions/core/incident/course.ts';
import type { Incident } from '../../../functions/core/model/target.ts';
import { type Reason, type TroubleKind, troubleKindOf } from '../../../functions/core/model/verdict.ts';
import { incident, MINUTE_MS, NIGHT_MS } from '../../support/builders.ts';

const REASONS: Readonly<Record<TroubleKind, Reason>> = {
  connections: { rule: 'absolute', connected: 60, bound: 50 },
  full: { rule: 'full', refusedSamples: 2 },
  unreachable: { rule: 'unreadable', cause: 'connectionRefused', samples: 3 },
  blind: { rule: 'unreadable', cause: 'denied', samples: 3 },
  applicationDown: { rule: 'applicationDown', applicationId: 'shop', up: 0, down: 2, hosts: ['i-1'] },
  partlyDown: { rule: 'applicationDown', applicationId: 'shop', up: 1, down: 1, hosts: ['i-1'] },
};
const breach = (kind: TroubleKind) =>
  ({ kind: 'breaching', severity: 'critical', reasons: [REASONS[kind]], forecast: null }) as const;

/** One breach after the other, each so many minutes after the one before; what of it is news. */
function told(first: TroubleKind, ...then: readonly (readonly [TroubleKind, number])[]): readonly string[] {
  let current: Incident = incident({ reasons: [REASONS[first]] });
  let nowMs = NIGHT_MS;
  return then.map(([kind, minutes]) => {
    nowMs += minutes * MINUTE_MS;
    const { course, isNews, renews } = courseAfter(current, breach(kind), nowMs);
    current = { ...current, course, healthySinceMs: null };
    return isNews ? (renews ? 'renewed' : 'told') : 'quiet';
  });
}

describe('what is wrong', () => {
  it('is what everybody has to hear first of all reasons', () => {
    const { connections, full, unreachable, blind, applicationDown, partlyDown } = REASONS;
    expect(troubleKindOf([applicationDown, connections])).toBe('applicationDown');
    expect(troubleKindOf([applicationDown, unreachable])).toBe('unreachable');
    expect(troubleKindOf([partlyDown, connections])).toBe('connections');
    expect(troubleKindOf([partlyDown])).toBe('partlyDown');
    expect(troubleKindOf([connections, unreachable])).toBe('unreachable');
    expect(troubleKindOf([connections, blind])).toBe('blind');
    expect(troubleKindOf([connections, full])).toBe('full');
    expect(troubleKindOf([connections, { rule: 'blindMonitor' }])).toBe('connections');
    expect(troubleKindOf([{ rule: 'blindMonitor' }])).toBe('blind');
    // A practice has none.
    expect(troubleKindOf([])).toBe('connections');
  });

  it('is read from the reasons of an item that knows of no course', () => {
    expect(courseOf(incident({ reasons: [REASONS.full] }))).toMatchObject({ kind: 'full', isTold: true });
  });
});

describe('a change of what is wrong', () => {
  const KINDS = Object.keys(REASONS) as TroubleKind[];
  /** From each kind to each: renewed where the new one is critical by itself and was not foretold. */
  const expected: Readonly<Record<TroubleKind, readonly string[]>> = {
    connections: ['quiet', 'told', 'renewed', 'told', 'renewed', 'told'],
    full: ['quiet', 'quiet', 'renewed', 'told', 'renewed', 'told'],
    unreachable: ['told', 'renewed', 'quiet', 'told', 'renewed', 'told'],
    blind: ['told', 'renewed', 'renewed', 'quiet', 'renewed', 'told'],
    applicationDown: ['told', 'renewed', 'renewed', 'told', 'quiet', 'told'],
    partlyDown: ['told', 'renewed', 'renewed', 'told', 'renewed', 'quiet'],
  };

  it.each(KINDS.flatMap((from) => KINDS.map((to, at) => [from, to, expected[from][at]] as const)))(
    'from %s to %s is %s',
    (from, to, what) => {
      expect(told(from, [to, 1])).toEqual([what]);
    },
  );

  it('is told once while it goes to and fro', () => {
    const turns = Array.from({ length: 40 }, (_, at) => [at % 2 === 0 ? 'unreachable' : 'full', 2] as const);
    expect(told('full', ...turns).filter((what) => what !== 'quiet')).toEqual(['renewed']);
  });

  it('is told again of a kind that was not seen for a quarter of an hour', () => {
    expect(told('full', ['unreachable', 1], ['full', 1], ['full', 14], ['unreachable', 1])).toEqual([
      'renewed',
      'quiet',
      'quiet',
      'renewed',
    ]);
  });

  it('is told after all where it stays with the kind that it went back to', () => {
    const stays = told(
      'full',
      ['unreachable', 1],
      ['full', 5],
      ['unreachable', 5],
      ['unreachable', 14],
      ['unreachable', 1],
    );
    expect(stays).toEqual(['renewed', 'quiet', 'quiet', 'quiet', 'renewed']);
  });

  it('is also the same trouble after a rest that was long enough to believe in', () => {
    const resting = incident({ reasons: [REASONS.unreachable], healthySinceMs: NIGHT_MS });
    expect(courseAfter(resting, breach('unreachable'), NIGHT_MS + 14 * MINUTE_MS).isNews).toBe(false);
    expect(courseAfter(resting, breach('unreachable'), NIGHT_MS + 15 * MINUTE_MS)).toMatchObject({ renews: true });
    const never = incident({ reasons: [REASONS.unreachable] });
    expect(courseAfter(never, breach('unreachable'), NIGHT_MS + 60 * MINUTE_MS).isNews).toBe(false);
  });
});
