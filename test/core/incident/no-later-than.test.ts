import { describe, expect, it } from 'vitest';
import { noLaterThan } from '../../../functions/core/incident/no-later-than.ts';
import { incident, MINUTE_MS, NIGHT_MS, troubled } from '../../support/builders.ts';

const nowMs = NIGHT_MS;
const laterMs = NIGHT_MS + 60 * MINUTE_MS;

describe('instants that are still to come', () => {
  it('count as now, and are written at once', () => {
    const ahead = { openedAtMs: laterMs - 5, lastBreachAtMs: laterMs, healthySinceMs: laterMs, reopenedAtMs: laterMs };
    const state = troubled(undefined, { incident: incident(ahead), figuresWrittenAtMs: laterMs });
    const read = noLaterThan(state, nowMs);
    expect(read.incident).toEqual({
      ...incident(),
      openedAtMs: nowMs,
      lastBreachAtMs: nowMs,
      healthySinceMs: nowMs,
      reopenedAtMs: nowMs,
    });
    expect(read.figuresWrittenAtMs).toBe(0);
    expect(read.offerVersion).toBe(state.offerVersion);
  });

  it('are none where nothing is so far ahead, and then nothing is changed', () => {
    const soon = incident({ lastBreachAtMs: nowMs + 119_000, resolvedAtMs: nowMs });
    const state = troubled(undefined, { incident: soon, figuresWrittenAtMs: nowMs + 1000 });
    expect(noLaterThan(state, nowMs)).toBe(state);
    const calm = troubled(undefined, { incident: null });
    expect(noLaterThan(calm, nowMs)).toBe(calm);
  });

  it('leave alone what is not ahead', () => {
    const state = troubled(undefined, { incident: incident({ openedAtMs: nowMs - 5, lastBreachAtMs: laterMs }) });
    expect(noLaterThan(state, nowMs).incident).toMatchObject({
      openedAtMs: nowMs - 5,
      lastBreachAtMs: nowMs,
      healthySinceMs: null,
    });
  });
});
