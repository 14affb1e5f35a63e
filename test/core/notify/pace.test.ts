import { expect, it } from 'vitest';
import { EDITS_PER_MINUTE_MAX, newPaceState, paced, type Urgency } from '../../../functions/core/notify/pace.ts';
import { NIGHT_MS } from '../../support/builders.ts';

/** Instants at which edits went through when somebody tries every 10 ms. */
function tried(urgency: Urgency, forMs: number): number[] {
  let state = newPaceState(NIGHT_MS);
  const went: number[] = [];
  for (let ms = 0; ms < forMs; ms += 10) {
    const answer = paced(state, urgency, NIGHT_MS + ms);
    if (answer.kind === 'wait') continue;
    state = answer.state;
    went.push(ms);
  }
  return went;
}

it('lets no sixty seconds see more than forty edits, and comes close to that', () => {
  const went = tried('worst', 300_000);
  const busiest = Math.max(...went.map((from) => went.filter((ms) => ms >= from && ms < from + 60_000).length));
  expect(busiest).toBeLessThanOrEqual(EDITS_PER_MINUTE_MAX);
  expect(busiest).toBeGreaterThanOrEqual(EDITS_PER_MINUTE_MAX - 1);
});

it('leaves the last edits of a burst to the worst', () => {
  expect([tried('figures', 1000).length, tried('change', 1000).length, tried('worst', 1000).length]).toEqual([
    10, 15, 20,
  ]);
});

it('says when there will be one', () => {
  let state = newPaceState(NIGHT_MS);
  for (let edit = 0; edit < 20; edit += 1) {
    const answer = paced(state, 'worst', NIGHT_MS);
    if (answer.kind === 'go') state = answer.state;
  }
  const waits = paced(state, 'worst', NIGHT_MS);
  expect(waits).toEqual({ kind: 'wait', notBeforeMs: NIGHT_MS + 3000 });
  expect(paced(state, 'worst', NIGHT_MS + 3000).kind).toBe('go');
});
