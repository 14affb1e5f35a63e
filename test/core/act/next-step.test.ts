import { describe, expect, it } from 'vitest';
import { decide } from '../../../functions/core/act/decide.ts';
import { newRun } from '../../../functions/core/act/new-run.ts';
import { finishedRun, nextStep, withHost } from '../../../functions/core/act/next-step.ts';
import type { Ending, Run } from '../../../functions/core/model/run.ts';
import { decideState, NIGHT_MS, requestRecord, runRequest, settings, troubled } from '../../support/builders.ts';

function permittedRun(): Run {
  const using = settings();
  const target = troubled(using);
  const record = requestRecord(runRequest(target));
  const decided = decide(decideState(using, target), record, NIGHT_MS);
  if (decided.kind !== 'start') throw new Error(`expected a permit, got ${decided.kind}`);
  return newRun(decided.permit, NIGHT_MS);
}

const run = permittedRun();
const claimed = withHost(run, 0, { phase: 'claimed', claimId: 'claim-1', claimedAtMs: NIGHT_MS });
const sent = withHost(claimed, 0, { phase: 'sent', commandId: 'c-1', sentAtMs: NIGHT_MS });
const ended = (ending: Ending) => withHost(sent, 0, { phase: 'ended', ending });

describe('the next step of a run', () => {
  it('claims the first host, then waits for the claim to become a command', () => {
    expect(nextStep(run, NIGHT_MS)).toEqual({ kind: 'claim', at: 0 });
    expect(nextStep(claimed, NIGHT_MS + 14_999)).toEqual({ kind: 'wait', why: 'claimIsFresh' });
  });

  it('looks a claim up that was left without a command, and never claims it again', () => {
    expect(nextStep(claimed, NIGHT_MS + 15_000)).toEqual({ kind: 'find', at: 0, isLast: false });
    expect(nextStep(claimed, NIGHT_MS + 45_000)).toEqual({ kind: 'find', at: 0, isLast: true });
  });

  it('looks at a command until the time for its host is over', () => {
    expect(nextStep(sent, NIGHT_MS + 1000)).toEqual({ kind: 'look', at: 0, isLast: false });
    expect(nextStep(sent, NIGHT_MS + run.hostTimeoutMs)).toEqual({ kind: 'look', at: 0, isLast: true });
  });

  it('takes the next host only after the former ended well', () => {
    expect(nextStep(ended({ kind: 'done' }), NIGHT_MS)).toEqual({ kind: 'claim', at: 1 });
    expect(nextStep(ended({ kind: 'nothingToDo', reason: 'all idle' }), NIGHT_MS)).toEqual({ kind: 'claim', at: 1 });
  });

  it.each<Ending>([
    { kind: 'failed', reason: 'x' },
    { kind: 'refused', reason: 'x' },
    { kind: 'timedOut', reason: 'x' },
    { kind: 'lost', reason: 'x' },
  ])('stops at the first host that ends with $kind and leaves the others alone', (ending) => {
    const stopped = ended(ending);
    expect(nextStep(stopped, NIGHT_MS)).toEqual({ kind: 'finish' });
    expect(finishedRun(stopped, NIGHT_MS).hosts[1]?.phase).toBe('skipped');
  });

  it('has nothing left to do once the run has ended', () => {
    const over = finishedRun(ended({ kind: 'failed', reason: 'x' }), NIGHT_MS);
    expect(nextStep(over, NIGHT_MS + 1)).toEqual({ kind: 'wait', why: 'hasEnded' });
  });
});
