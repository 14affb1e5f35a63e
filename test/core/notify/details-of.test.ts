import { describe, expect, it } from 'vitest';
import { decide } from '../../../functions/core/act/decide.ts';
import type { PastOutcome } from '../../../functions/core/model/application.ts';
import type { Outcome } from '../../../functions/core/model/run.ts';
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

function toldOf(
  kinds: readonly Exclude<Outcome['kind'], 'applicationDown'>[],
  runbookId = 'restart-workers',
  on = target,
) {
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
  return runDetailsOf(decided.permit, on, { ...freeApplication, outcomes }, using);
}

describe('what a form says of former runs', () => {
  it('tells each of this runbook, newest first', () => {
    const told = toldOf(['recovered', 'relapsed', 'notRecovered', 'inconclusive', 'recovered']).lastOutcomes;
    expect(told).toHaveLength(5);
    expect(told[0]).toContain(String(NIGHT_MS / 1000 + 4));
    expect(toldOf(['recovered', 'recovered'], 'reload-web').lastOutcomes).toEqual([]);
  });

  it('says how often it helped this database, and how often trouble there ends without a run (C.20)', () => {
    const run = (outcome: Outcome['kind']) => ({ runbookId: 'restart-workers', applicationId: 'orders', outcome });
    const past = [
      { id: 'inc-1', lastedMs: 60_000, runs: [run('notRecovered'), run('recovered')] },
      { id: 'inc-2', lastedMs: 60_000, runs: [run('recovered'), run('recovered'), run('recovered')] },
      { id: 'inc-3', lastedMs: 600_000, runs: [] },
      { id: 'inc-4', lastedMs: 720_000, runs: [] },
      { id: 'inc-5', lastedMs: 60_000, runs: [{ ...run('recovered'), runbookId: 'reload-web' }] },
    ];
    expect(toldOf([], 'restart-workers', { ...target, past }).record).toEqual([
      'On orders-db it helped 4 of 5 times',
      'On orders-db 2 of the last 5 incidents ended without a run, median 11 minutes; people run something against what looks worse',
    ]);
    expect(toldOf([]).record).toEqual([]);
  });
});
