import { describe, expect, it } from 'vitest';
import type { PastOutcome } from '../../../functions/core/act/application-state.ts';
import { decide } from '../../../functions/core/act/decide.ts';
import type { Outcome } from '../../../functions/core/act/run.ts';
import { runDetailsOf } from '../../../functions/core/notify/details-of.ts';
import {
  decideState,
  freeApplication,
  NIGHT_MS,
  requestRecord,
  runRequest,
  settings,
  troubled,
} from '../../support/builders.ts';

const using = settings();
const target = troubled(using);

function toldOf(kinds: readonly Outcome['kind'][], runbookId = 'restart-workers'): readonly string[] {
  const decided = decide(decideState(using, target), requestRecord(runRequest(target)), NIGHT_MS);
  if (decided.kind !== 'start') throw new Error(`expected a permit, got ${decided.kind}`);
  const at = { atMs: NIGHT_MS, connected: 90, connectionsMax: 100, full: false };
  const outcomes = kinds.map((kind, index): PastOutcome => {
    const outcome =
      kind === 'inconclusive' ? { kind, before: null, why: 'x' } : { kind, before: at, after: at, afterMs: 1 };
    return {
      runbookId,
      runId: `run-${index}`,
      targetId: 'orders-db',
      byUserId: 'U0FIRST',
      atMs: NIGHT_MS + index * 1000,
      outcome,
    };
  });
  return runDetailsOf(decided.permit, target, { ...freeApplication, outcomes }, using).lastOutcomes;
}

describe('what a form says of former runs', () => {
  it('counts them plainly, and says what was not measured, before it tells each, newest first', () => {
    const told = toldOf(['recovered', 'relapsed', 'notRecovered', 'inconclusive', 'recovered']);
    expect(told[0]).toBe('It recovered after 2 of the last 5; how often it does without is not known');
    expect(told).toHaveLength(6);
    expect(told[1]).toContain(String(NIGHT_MS / 1000 + 4));
  });

  it('makes no count of one, and none of another runbook', () => {
    expect(toldOf(['recovered'])).toHaveLength(1);
    expect(toldOf(['recovered', 'recovered'], 'reload-web')).toEqual([]);
  });
});
