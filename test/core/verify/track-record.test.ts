import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Offer } from '../../../functions/core/model/notice.ts';
import type { Outcome, PastIncident, PastRun, TriedRun } from '../../../functions/core/model/run.ts';
import type { TargetState } from '../../../functions/core/model/target.ts';
import { recordText } from '../../../functions/core/notify/record-text.ts';
import { endedAlone, helpedBefore, withPast } from '../../../functions/core/verify/track-record.ts';
import { MINUTE_MS, NIGHT_MS, restartWorkers, settings, troubled } from '../../support/builders.ts';

const look = restartWorkers({ id: 'diagnose', title: 'Diagnose', risk: 'read' });
const using = { ...settings(), catalogue: [restartWorkers(), look] };
const target = troubled(using);
const restart = { runbookId: 'restart-workers', applicationId: 'orders' };

const past = (id: string, runs: readonly PastRun[], minutes = 1): PastIncident => ({
  id,
  lastedMs: minutes * MINUTE_MS,
  runs,
});
const ran = (outcome: Outcome['kind'], more: Partial<PastRun> = {}): PastRun => ({ ...restart, outcome, ...more });

const tried = (kind: 'recovered' | 'notRecovered', runbookId = 'restart-workers'): TriedRun => {
  const measure = { atMs: NIGHT_MS, connected: 90, connectionsMax: 100, full: false };
  return {
    runId: `run-${runbookId}`,
    runbookTitle: runbookId,
    byUserId: 'U0FIRST',
    startedAtMs: NIGHT_MS,
    ...restart,
    runbookId,
    outcome: { kind, before: measure, after: measure, afterMs: 1 },
  };
};

function over(state: TargetState, minutes: number, id = state.incident?.id ?? ''): TargetState {
  if (state.incident === null) throw new Error('nothing is wrong');
  const healthySinceMs = state.incident.openedAtMs + minutes * MINUTE_MS;
  const incident = { ...state.incident, id, healthySinceMs, resolvedAtMs: healthySinceMs + 3 * MINUTE_MS };
  return withPast({ ...state, incident }, using);
}

describe('what is remembered of an incident', () => {
  it('is how long it lasted until it was healthy, and what was run against it', () => {
    expect(over({ ...target, tried: [tried('recovered')] }, 7).past).toEqual([
      { id: target.incident?.id, lastedMs: 7 * MINUTE_MS, runs: [ran('recovered')] },
    ]);
  });

  it('counts one in which people only looked as one that ended by itself', () => {
    expect(over({ ...target, tried: [tried('recovered', 'diagnose')] }, 7).past?.[0]?.runs).toEqual([]);
  });

  it('is nothing before it is over, and nothing of a practice', () => {
    expect(withPast(target, using).past).toBeUndefined();
    const incident = target.incident === null ? null : { ...target.incident, isPractice: true };
    expect(over({ ...target, incident }, 7).past).toBeUndefined();
  });

  it('is the last end of one that came back', () => {
    const again = over({ ...over(target, 5), tried: [tried('notRecovered')] }, 20);
    expect(again.past).toEqual([{ id: target.incident?.id, lastedMs: 20 * MINUTE_MS, runs: [ran('notRecovered')] }]);
  });

  it('is bounded, and the oldest goes first', () => {
    let state = target;
    for (let at = 0; at < 30; at += 1) state = over(state, at, `inc-${at}`);
    expect(state.past?.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, at) => `inc-${at + 10}`));
  });
});

describe('how often a runbook helped here (C.20)', () => {
  it('counts runs about which something can be said, of this runbook and application, the present ones too', () => {
    const others = [ran('recovered', { runbookId: 'reload-web' }), ran('recovered', { applicationId: 'shop' })];
    const runs = [ran('recovered'), ran('improved'), ran('relapsed'), ran('inconclusive'), ...others];
    const state = { ...target, past: [past('inc-old', runs)], tried: [tried('notRecovered')] };
    expect(helpedBefore(state, using, restart)).toEqual({ times: 1, of: 4 });
  });

  it('never counts one run twice after its incident came back', () => {
    const state = over({ ...target, tried: [tried('recovered')] }, 5);
    expect(helpedBefore(state, using, restart)).toEqual({ times: 1, of: 1 });
  });

  it('is beside what became of trouble that nothing was run against', () => {
    const incidents = [past('a', [], 4), past('b', [ran('recovered')], 99), past('c', [], 11), past('d', [], 30)];
    expect(endedAlone({ ...target, past: incidents })).toEqual({ alone: 3, of: 4, medianMs: 11 * MINUTE_MS });
    expect(endedAlone(target)).toEqual({ alone: 0, of: 0, medianMs: null });
  });

  it('never says more than there was, whatever the history', () => {
    const kinds = ['recovered', 'improved', 'notRecovered', 'relapsed', 'inconclusive'] as const;
    const runs = fc.array(
      fc.constantFrom(...kinds).map((outcome) => ran(outcome)),
      { maxLength: 5 },
    );
    fc.assert(
      fc.property(fc.array(runs, { maxLength: 20 }), (all) => {
        const state = { ...target, past: all.map((one, at) => past(`inc-${at}`, one)) };
        const { times, of } = helpedBefore(state, using, restart);
        const { alone, of: incidents } = endedAlone(state);
        const flat = all.flat().map(({ outcome }) => outcome);
        expect(times).toBe(flat.filter((kind) => kind === 'recovered').length);
        expect(of).toBe(flat.filter((kind) => kind !== 'inconclusive').length);
        expect([alone, incidents]).toEqual([all.filter((one) => one.length === 0).length, all.length]);
      }),
    );
  });
});

describe('the line above the buttons', () => {
  const offer = { kind: 'runnable', title: 'Restart workers', fitsCause: true, request: restart } as unknown as Offer;

  it('says both with their counts, and that few are too few', () => {
    const enough = Array.from({ length: 5 }, (_, at) => past(`inc-${at}`, at < 4 ? [ran('recovered')] : []));
    expect(recordText({ ...target, past: enough }, using, [offer])).toBe(
      'Restart workers helped 4 of 4 times (too few to tell); 1 of the last 5 incidents ended without a run, median 60 seconds',
    );
  });

  it('is not there without a history, and not without a button', () => {
    expect(recordText(target, using, [offer])).toBeNull();
    const state = { ...target, past: ['a', 'b', 'c'].map((id) => past(id, [])) };
    expect(recordText(state, using, [])).toBeNull();
    expect(recordText({ ...state, past: state.past.slice(1) }, using, [offer])).toBeNull();
    expect(recordText(state, using, [offer])).toBe(
      '3 of the last 3 incidents ended without a run, median 60 seconds (too few to tell)',
    );
  });
});
