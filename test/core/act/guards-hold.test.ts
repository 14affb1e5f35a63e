import { describe, expect, it } from 'vitest';
import type { DecideState } from '../../../functions/core/act/case.ts';
import { runIdOf } from '../../../functions/core/act/case.ts';
import { decide } from '../../../functions/core/act/decide.ts';
import { withFreeze } from '../../../functions/core/act/freezes.ts';
import { lockedFor, waitingRunOf } from '../../../functions/core/act/new-run.ts';
import type { RequestRecord } from '../../../functions/core/model/decision.ts';
import { type Freeze, newFreezeState } from '../../../functions/core/model/freeze.ts';
import type { Permit } from '../../../functions/core/model/permit.ts';
import type { Request } from '../../../functions/core/model/request.ts';
import type { TargetState } from '../../../functions/core/model/target.ts';
import type { Settings } from '../../../functions/core/settings.ts';
import {
  decideState,
  freeApplication,
  MINUTE_MS,
  NIGHT_MS,
  requestRecord,
  restartWorkers,
  runRequest,
  settings,
  startWorkers,
  troubled,
} from '../../support/builders.ts';

const nowMs = NIGHT_MS + 2000;
const using = settings({}, [restartWorkers(), startWorkers()]);

const from = (userId: string, request: Request, change: Partial<RequestRecord> = {}): RequestRecord => ({
  ...requestRecord(request, change),
  by: { userId, teamId: 'T0TEAM', kind: 'member' },
});

function permitOf(state: DecideState, record: RequestRecord): Permit {
  const decided = decide(state, record, nowMs);
  if (decided.kind !== 'start' && decided.kind !== 'await') throw new Error(`no permit: ${JSON.stringify(decided)}`);
  return decided.permit;
}

const people = ['U0FIRST', 'U0SECOND', 'U0THIRD'].map((slackUserId) => ({ slackUserId, name: slackUserId }));
const approval = { runbooks: { 'restart-workers': { approval: {} } } };

/** A wish of U0FIRST that waits, under the configuration in which it was made. */
function waiting(own: Settings): TargetState {
  const base = troubled(own);
  const record = from('U0FIRST', runRequest(base));
  const permit = permitOf(decideState(own, base), record);
  return { ...base, run: waitingRunOf(permit, record.by, nowMs + 300_000, base, nowMs) };
}

const agree = (state: TargetState): Request => ({
  kind: 'approve',
  targetId: 'orders-db',
  incidentId: 'inc-a1b2c3d4e5',
  offerVersion: state.offerVersion,
  runId: runIdOf(requestRecord(agreeTo).id),
});
const agreeTo = { kind: 'tell', what: { kind: 'status' } } as const;

describe('a second person', () => {
  it('cannot let run what somebody asked for who may not any more', () => {
    const then = settings({ people, ...approval });
    const state = waiting(then);
    const now = settings({ people: people.slice(1), ...approval });
    const others = { U0FIRST: { kind: 'member', groups: {} } } as const;
    expect(decide(decideState(now, state, { others }), from('U0SECOND', agree(state)), nowMs)).toMatchObject({
      reason: 'askerNotAllowed',
      sentence: expect.stringContaining('⟦user:U0FIRST⟧'),
    });
  });

  it('cannot let run what somebody asked for of whose user group Slack says nothing', () => {
    const groups = { people: people.slice(1), userGroups: [{ slackGroupId: 'S0ONCALL', name: 'on call' }] };
    const own = settings({ ...groups, ...approval });
    const base = troubled(own);
    const member = { kind: 'member', groups: { S0ONCALL: 'in' } } as const;
    const wish = from('U0FIRST', runRequest(base));
    const permit = permitOf(decideState(own, base, { asker: member }), wish);
    const state = { ...base, run: waitingRunOf(permit, wish.by, nowMs + 300_000, base, nowMs) };
    const yes = from('U0SECOND', agree(state));
    const answered = (others: DecideState['others']) =>
      decide(decideState(own, state, others === undefined ? {} : { others }), yes, nowMs);
    expect(answered({ U0FIRST: member }).kind).toBe('start');
    expect(answered({ U0FIRST: { ...member, groups: { S0ONCALL: 'out' } } })).toMatchObject({
      reason: 'askerNotAllowed',
    });
    expect(answered({ U0FIRST: { ...member, groups: { S0ONCALL: 'unknown' } } })).toMatchObject({
      reason: 'membersUnknown',
    });
    expect(answered(undefined)).toMatchObject({ reason: 'membersUnknown' });
  });
});

describe('a freeze', () => {
  const held: Freeze = {
    scope: { kind: 'everything' },
    byUserId: 'U0SECOND',
    sinceMs: NIGHT_MS,
    untilMs: null,
    why: '',
  };
  const frozen = (change: Partial<Freeze> = {}) => ({
    freezes: withFreeze(newFreezeState(), { ...held, ...change }, NIGHT_MS),
  });
  const again = (forSeconds: number | null): Request => ({
    kind: 'freeze',
    scope: { kind: 'everything' },
    forSeconds,
    why: 'again',
  });
  const asked = (userId: string, forSeconds: number | null, change: Partial<Freeze> = {}) =>
    decide(decideState(using, null, frozen(change)), from(userId, again(forSeconds)), nowMs);

  it('is not shortened by somebody who could not lift it', () => {
    expect(asked('U0STRANGER', 60)).toMatchObject({
      reason: 'frozenLonger',
      sentence: expect.stringContaining('U0SECOND'),
    });
    expect(asked('U0STRANGER', 60, { untilMs: nowMs + 61_000 })).toMatchObject({ reason: 'frozenLonger' });
  });

  it('is made longer by everybody, and shorter by whoever may lift it', () => {
    expect(asked('U0STRANGER', 60, { untilMs: nowMs + 59_000 }).kind).toBe('freeze');
    expect(asked('U0STRANGER', null, { untilMs: nowMs + 59_000 }).kind).toBe('freeze');
    expect(asked('U0FIRST', 60).kind).toBe('freeze');
  });

  it('of everything is possible however many others there are', () => {
    const many = Array.from(
      { length: 100 },
      (_, at): Freeze => ({ ...held, scope: { kind: 'person', id: `U0P${at}` } }),
    );
    const state = decideState(using, null, { freezes: { ...newFreezeState(), freezes: many } });
    expect(decide(state, from('U0STRANGER', again(60)), nowMs).kind).toBe('freeze');
  });
});

describe('a click', () => {
  it('that nobody could decide for minutes starts nothing any more', () => {
    const target = troubled(using);
    const late = (ms: number) =>
      decide(
        decideState(using, target),
        from('U0FIRST', runRequest(target), { receivedAtMs: NIGHT_MS }),
        NIGHT_MS + ms,
      );
    expect(late(5 * MINUTE_MS).kind).toBe('start');
    expect(late(5 * MINUTE_MS + 1)).toMatchObject({ reason: 'tooLate' });
  });

  it('of a second person is held to the same', () => {
    const own = settings({ people, ...approval });
    const state = waiting(own);
    const run = state.run && {
      ...state.run,
      waiting: state.run.waiting && { ...state.run.waiting, untilMs: nowMs * 2 },
    };
    const late = from('U0SECOND', agree(state), { receivedAtMs: NIGHT_MS });
    expect(decide(decideState(own, { ...state, run }), late, NIGHT_MS + 5 * MINUTE_MS + 1)).toMatchObject({
      reason: 'tooLate',
    });
  });
});

describe('cool-down and budget', () => {
  it('of one runbook are not forgotten for the runs of another', () => {
    const state = decideState(using, troubled(using));
    const permit = permitOf(state, from('U0FIRST', runRequest(troubled(using))));
    const other = { ...permit, entry: startWorkers() };
    let application = lockedFor(freeApplication, permit, NIGHT_MS);
    for (let run = 0; run < 60; run += 1) application = lockedFor(application, other, NIGHT_MS + run);
    expect(
      decide(
        { ...state, application: { ...application, lock: null } },
        from('U0FIRST', runRequest(troubled(using))),
        nowMs,
      ),
    ).toMatchObject({ reason: 'coolingDown' });
    expect(application.attempts.length).toBeLessThan(50);
  });
});
