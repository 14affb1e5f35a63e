import { describe, expect, it } from 'vitest';
import type { DecideState } from '../../../functions/core/act/case.ts';
import { runIdOf } from '../../../functions/core/act/case.ts';
import { decide } from '../../../functions/core/act/decide.ts';
import { withFreeze } from '../../../functions/core/act/freezes.ts';
import { targetRunOf, waitingRunOf } from '../../../functions/core/act/new-run.ts';
import { undoOfferOf } from '../../../functions/core/act/offers.ts';
import type { ConfigInput } from '../../../functions/core/config/config.ts';
import type { ApplicationState } from '../../../functions/core/model/application.ts';
import { REFUSAL_REASONS, type RefusalReason, type RequestRecord } from '../../../functions/core/model/decision.ts';
import { type Freeze, type FreezeScope, newFreezeState } from '../../../functions/core/model/freeze.ts';
import type { Permit } from '../../../functions/core/model/permit.ts';
import type { Request } from '../../../functions/core/model/request.ts';
import type { TargetState } from '../../../functions/core/model/target.ts';
import type { Settings } from '../../../functions/core/settings.ts';
import {
  decideState,
  freeApplication,
  incident,
  MINUTE_MS,
  NIGHT_MS,
  requestRecord,
  restartWorkers,
  runRequest,
  settings,
  startWorkers,
  troubled,
} from '../../support/builders.ts';

const using = settings({}, [restartWorkers({ undo: 'start-workers' }), startWorkers()]);
const target = troubled(using);
const nowMs = NIGHT_MS + 2000;
const wish = requestRecord(runRequest(target));
const allowed: DecideState = decideState(using, target);

const by = (record: RequestRecord, userId: string, more: Partial<RequestRecord['by']> = {}): RequestRecord => ({
  ...record,
  by: { ...record.by, userId, ...more },
});
const asked = (change: Parameters<typeof runRequest>[1]): RequestRecord => requestRecord(runRequest(target, change));

function permitOf(state: DecideState = allowed, record = wish): Permit {
  const decided = decide(state, record, nowMs);
  if (decided.kind !== 'start' && decided.kind !== 'await') throw new Error(`no permit: ${JSON.stringify(decided)}`);
  return decided.permit;
}

function lockedBy(runId: string): ApplicationState {
  const times = { sinceMs: NIGHT_MS, expiresAtMs: NIGHT_MS + MINUTE_MS };
  return { ...freeApplication, lock: { runId, targetId: 'orders-db', byUserId: 'U0SECOND', ...times } };
}

function running(change: Partial<Permit> = {}, more: Partial<NonNullable<TargetState['run']>> = {}): TargetState {
  const run = targetRunOf(
    { ...permitOf(), runId: 'run-ffffffffffffffff', askedBy: 'U0SECOND', ...change },
    target,
    NIGHT_MS,
  );
  return { ...target, offerVersion: target.offerVersion + 1, run: { ...run, ...more } };
}

const attempts = (count: number, everyMs: number) =>
  Array.from({ length: count }, (_, at) => ({
    runbookId: 'restart-workers',
    atMs: nowMs - everyMs * (count - at),
    runId: `run-${at}`,
  }));

const frozen = (scope: FreezeScope, change: Partial<Freeze> = {}) =>
  withFreeze(
    newFreezeState(),
    { scope, byUserId: 'U0SECOND', sinceMs: NIGHT_MS, untilMs: null, why: 'a release', ...change },
    NIGHT_MS,
  );

/** A configuration in which somebody else has to agree, and a wish of U0FIRST that waits. */
const strict = settings({ runbooks: { 'restart-workers': { approval: { withinSeconds: 300 } } } });
const waiting: TargetState = (() => {
  const base = troubled(strict);
  const permit = permitOf(decideState(strict, base), requestRecord(runRequest(base)));
  return { ...base, run: waitingRunOf(permit, wish.by, nowMs + 300_000, base, nowMs) };
})();
const agree = (change: object = {}): Request => ({
  kind: 'approve',
  targetId: 'orders-db',
  incidentId: 'inc-a1b2c3d4e5',
  offerVersion: waiting.offerVersion,
  runId: runIdOf(wish.id),
  ...change,
});
const toAgree = { state: decideState(strict, waiting), record: by(requestRecord(agree()), 'U0SECOND') };

/** A run of U0FIRST that has ended and changed both hosts. */
const ended = running(
  {},
  {
    phase: 'verifying',
    endedAtMs: NIGHT_MS + 1000,
    endings: ['i-0000000000000001', 'i-0000000000000002'].map((hostId) => ({
      hostId,
      ending: { kind: 'done' as const },
      lines: [],
    })),
  },
);
const takeBack = (state: TargetState): Request => {
  const offer = undoOfferOf(state, using);
  if (offer === null) throw new Error('nothing can be taken back');
  return offer.request;
};

describe('a click on a button that is still true', () => {
  it('is permitted with exactly what the card showed', () => {
    expect(decide(allowed, wish, nowMs)).toMatchObject({
      kind: 'start',
      permit: {
        runId: 'run-0123456789abcdef',
        request: wish.request,
        entry: { document: { sha256: restartWorkers().document.sha256 } },
        parameters: { RunId: 'run-0123456789abcdef', Processes: 'orders-queue' },
        askedBy: 'U0FIRST',
        agreedBy: [],
      },
    });
  });

  it('stays permitted when only the figures are newer', () => {
    const figures = target.figures === null ? null : { ...target.figures, connected: 99 };
    expect(decide(decideState(using, { ...target, figures, figuresWrittenAtMs: nowMs }), wish, nowMs).kind).toBe(
      'start',
    );
  });

  it('may name some of the hosts, with what the person chose', () => {
    const record = asked({ hosts: ['i-0000000000000002'] });
    expect(permitOf(allowed, record).request.hosts).toEqual(['i-0000000000000002']);
  });
});

const group = settings({
  people: [],
  userGroups: [{ slackGroupId: 'S0ONCALL', name: 'on call' }],
});
const member = { kind: 'member', groups: { S0ONCALL: 'in' } } as const;
const guestConfig: Partial<ConfigInput> = { people: [{ slackUserId: 'U0FIRST', name: 'a guest' }] };

describe('people', () => {
  const groupState = (asker: DecideState['asker'], own: Settings = group) => decideState(own, troubled(own), { asker });
  const record = by(requestRecord(runRequest(troubled(group))), 'U0MEMBER');

  it('may run what a user group of theirs may run', () => {
    expect(decide(groupState(member), record, nowMs).kind).toBe('start');
  });

  it('named by id may come in whatever Slack says they are', () => {
    const own = settings(guestConfig);
    const state = decideState(own, troubled(own), { asker: { kind: 'guest', groups: {} } });
    expect(decide(state, requestRecord(runRequest(troubled(own))), nowMs).kind).toBe('start');
  });

  it('of another workspace may come in only when they are named with it', () => {
    const people = [{ slackUserId: 'U0FIRST', name: 'a partner', workspaceId: 'T0PARTNER' }];
    const own = settings({ people });
    const state = decideState(own, troubled(own));
    const foreign = by(requestRecord(runRequest(troubled(own))), 'U0FIRST', { teamId: 'T0PARTNER', kind: 'foreign' });
    expect(decide(state, foreign, nowMs).kind).toBe('start');
    expect(decide(state, by(foreign, 'U0FIRST', { teamId: 'T0OTHER' }), nowMs)).toMatchObject({
      reason: 'foreignWorkspace',
    });
  });

  it('are told whom to ask', () => {
    const refused = decide(groupState({ kind: 'member', groups: { S0ONCALL: 'out' } }), record, nowMs);
    expect(refused).toMatchObject({ reason: 'notAllowed', sentence: expect.stringContaining('⟦group:S0ONCALL⟧') });
  });
});

describe('a request is refused', () => {
  type Row = [RefusalReason, { record?: RequestRecord; state?: DecideState; atMs?: number }];
  const of = (change: Partial<DecideState>) => ({ state: { ...allowed, ...change } });
  const on = (state: TargetState | null) => ({ state: decideState(using, state) });
  const ask = (request: Request, userId = 'U0FIRST') => ({ record: by(requestRecord(request), userId) });
  const silence: Request = { kind: 'silence', targetId: 'orders-db', forSeconds: 600, why: 'planned work' };
  const freeze: Request = { kind: 'freeze', scope: { kind: 'everything' }, forSeconds: null, why: 'a release' };
  const acknowledge: Request = { kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' };
  const cancel: Request = { kind: 'cancel', targetId: 'orders-db', runId: 'run-ffffffffffffffff' };
  const details = (runbookId: string, applicationId: string): Request => ({
    kind: 'details',
    targetId: 'orders-db',
    viewId: null,
    of: { kind: 'named', runbookId, applicationId, hosts: null },
  });
  const noHosts = settings({
    applications: [
      {
        id: 'orders',
        kind: 'node',
        targets: ['orders-db'],
        directory: '/srv',
        user: 'deploy',
        pm2: { home: '/h', processes: ['p'] },
      },
    ],
  });
  const oneHost = settings({ runbooks: { 'restart-workers': { hosts: { atMostShare: 0.5 } } } });
  const small = settings({
    runbooks: { 'restart-workers': { cooldownSeconds: 0, budget: { runs: 3, perSeconds: 600 } } },
  });
  const nobody = settings({ people: [] });
  const [, second = { slackUserId: 'U0SECOND', name: 'second on call' }] = strict.config.people;
  const withoutFirst = settings({
    people: [second, { slackUserId: 'U0THIRD', name: 'third on call' }],
    runbooks: { 'restart-workers': { approval: { withinSeconds: 300 } } },
  });

  const rows: Row[] = [
    ['unreadableClick', ask({ kind: 'unreadable', problem: 'the value is not JSON' })],
    ['foreignWorkspace', { record: by(wish, 'U0FIRST', { teamId: 'T0OTHER' }) }],
    ['foreignWorkspace', { record: by(wish, 'U0FIRST', { kind: 'foreign' }) }],
    ['guest', { ...of({ asker: { kind: 'guest', groups: {} } }), ...ask(acknowledge, 'U0STRANGER') }],
    [
      'guest',
      {
        state: decideState(group, troubled(group), { asker: { ...member, kind: 'guest' } }),
        record: by(wish, 'U0MEMBER'),
      },
    ],
    ['bot', { ...of({ asker: { kind: 'bot', groups: {} } }), ...ask(acknowledge, 'U0STRANGER') }],
    ['unknownPerson', { ...of({ asker: { kind: 'unknown', groups: {} } }), ...ask(acknowledge, 'U0STRANGER') }],
    ['unknownTarget', on(null)],
    ['unknownApplication', ask(details('restart-workers', 'billing'))],
    [
      'unknownIncident',
      {
        ...on({ ...target, incident: null }),
        ...ask({ kind: 'details', targetId: 'orders-db', of: null, viewId: null }),
      },
    ],
    ['nobodyConfigured', { state: decideState(nobody, troubled(nobody)) }],
    ['nobodyConfigured', { state: decideState(nobody, troubled(nobody)), ...ask(silence) }],
    ['notAllowed', { record: by(wish, 'U0STRANGER') }],
    ['notAllowed', ask(silence, 'U0STRANGER')],
    ['notAllowed', ask({ kind: 'unfreeze', scope: { kind: 'everything' } }, 'U0STRANGER')],
    ['notAllowed', { ...on(running()), ...ask(cancel, 'U0STRANGER') }],
    ['notAllowed', { state: toAgree.state, record: by(toAgree.record, 'U0STRANGER') }],
    [
      'membersUnknown',
      { state: decideState(group, troubled(group), { asker: { kind: 'member', groups: { S0ONCALL: 'unknown' } } }) },
    ],
    ['membersUnknown', { state: decideState(group, troubled(group)) }],
    ['incidentClosed', on({ ...target, incident: incident({ resolvedAtMs: NIGHT_MS }) })],
    ['incidentClosed', { record: asked({ incidentId: 'inc-0000000000' }) }],
    ['incidentClosed', ask({ ...acknowledge, incidentId: 'inc-0000000000' })],
    ['unknownRunbook', { record: asked({ runbookId: 'format-disk' }) }],
    ['unknownRunbook', { record: asked({ runbookId: 'constructor' }) }],
    ['unknownRunbook', ask(details('format-disk', 'orders'))],
    ['runbookChanged', { record: asked({ documentHash: 'cd'.repeat(8) }) }],
    ['frozen', of({ freezes: frozen({ kind: 'everything' }) })],
    ['frozen', of({ freezes: frozen({ kind: 'application', id: 'orders' }) })],
    ['frozen', of({ freezes: frozen({ kind: 'runbook', id: 'restart-workers' }) })],
    ['frozen', of({ freezes: frozen({ kind: 'person', id: 'U0FIRST' }) })],
    ['frozen', { ...toAgree, state: { ...toAgree.state, freezes: frozen({ kind: 'person', id: 'U0FIRST' }) } }],
    ['frozen', { ...toAgree, state: { ...toAgree.state, freezes: frozen({ kind: 'person', id: 'U0SECOND' }) } }],
    ['stateUnreadable', of({ target: null, unreadable: 'the stored target#orders-db has no body' })],
    ['freezeUnknown', of({ freezes: 'unreadable' })],
    ['freezeUnknown', { ...of({ freezes: 'unreadable' }), ...ask(freeze) }],
    [
      'alreadyWaiting',
      {
        state: decideState(strict, waiting),
        record: by(requestRecord(runRequest(waiting), { id: 'f'.repeat(64) }), 'U0SECOND'),
      },
    ],
    ['alreadyRunning', on(running())],
    [
      'alreadyRunning',
      {
        ...toAgree,
        state: decideState(strict, {
          ...waiting,
          run: waiting.run && { ...waiting.run, phase: 'running', approvedBy: 'U0THIRD' },
        }),
      },
    ],
    ['applicationBusy', of({ application: lockedBy('run-ffffffffffffffff') })],
    ['expired', { atMs: NIGHT_MS + 3_600_001 }],
    ['tooLate', { atMs: NIGHT_MS + 3_600_000 }],
    [
      'tooLate',
      {
        ...of({ freezes: frozen({ kind: 'everything' }) }),
        ...ask({ kind: 'unfreeze', scope: { kind: 'everything' } }),
        atMs: NIGHT_MS + 3_600_000,
      },
    ],
    ['stale', { record: asked({ offerVersion: target.offerVersion - 1 }) }],
    ['stale', { record: asked({ hosts: ['i-0000000000000009'] }) }],
    ['stale', { record: asked({ hosts: [] }) }],
    ['stale', { record: asked({ hostsTotal: 3 }) }],
    ['stale', { record: asked({ applicationId: 'billing' }) }],
    ['stale', { ...toAgree, record: by(requestRecord(agree({ offerVersion: 77 })), 'U0SECOND') }],
    ['coolingDown', of({ application: { ...freeApplication, attempts: attempts(1, 299_000) } })],
    [
      'budgetSpent',
      {
        state: decideState(small, troubled(small), {
          application: { ...freeApplication, attempts: attempts(3, 190_000) },
        }),
      },
    ],
    ['tooManyHosts', { state: decideState(oneHost, troubled(oneHost)) }],
    ['tooManyHosts', { record: asked({ hosts: ['i-0000000000000001', 'i-0000000000000001'] }) }],
    ['noHosts', { state: decideState(noHosts, troubled(noHosts)) }],
    ['parametersInvalid', { record: asked({ choices: { Processes: '; rm -rf /' } }) }],
    ['parametersInvalid', { record: asked({ dryRun: true }) }],
    [
      'notNewestRun',
      { ...on({ ...ended, run: ended.run && { ...ended.run, runId: 'run-newer00000000' } }), ...ask(takeBack(ended)) },
    ],
    [
      'nothingToUndo',
      {
        ...on({ ...ended, run: ended.run && { ...ended.run, runId: 'run-newer00000000', undoes: ended.run.runId } }),
        ...ask(takeBack(ended)),
      },
    ],
    [
      'nothingToUndo',
      { ...on({ ...ended, run: ended.run && { ...ended.run, endings: [] } }), ...ask(takeBack(ended)) },
    ],
    ['nothingToCancel', ask(cancel)],
    ['nothingToCancel', { ...on(running({ runId: 'run-eeeeeeeeeeeeeeee' })), ...ask(cancel) }],
    ['nothingToApprove', { record: by(requestRecord(agree()), 'U0SECOND') }],
    ['nothingToApprove', ask({ ...cancel, kind: 'reject' })],
    ['approvalExpired', { ...toAgree, atMs: nowMs + 300_001 }],
    ['samePerson', { ...toAgree, record: by(toAgree.record, 'U0FIRST') }],
    [
      'alreadyAgreed',
      {
        state: decideState(strict, {
          ...waiting,
          run: waiting.run && {
            ...waiting.run,
            waiting: waiting.run.waiting && { ...waiting.run.waiting, agreed: [toAgree.record.by] },
          },
        }),
        record: toAgree.record,
      },
    ],
    ['glassClosed', { state: decideState(strict, troubled(strict)), record: asked({ breakGlass: 'nobody answers' }) }],
    [
      'askerNotAllowed',
      {
        state: decideState(withoutFirst, waiting, { others: { U0FIRST: { kind: 'member', groups: {} } } }),
        record: toAgree.record,
      },
    ],
    [
      'frozenLonger',
      { ...of({ freezes: frozen({ kind: 'everything' }) }), ...ask({ ...freeze, forSeconds: 60 }, 'U0STRANGER') },
    ],
    ['notFromHere', { ...toAgree, record: by(toAgree.record, 'U0SECOND', { kind: 'operator' }) }],
    [
      'alreadyAcknowledged',
      { ...on({ ...target, acknowledgement: { userId: 'U0SECOND', atMs: NIGHT_MS } }), ...ask(acknowledge) },
    ],
    [
      'alreadySilenced',
      { ...on({ ...target, silence: { untilMs: nowMs + 1, byUserId: 'U0SECOND', why: 'work' } }), ...ask(silence) },
    ],
    ['notSilenced', ask({ kind: 'unsilence', targetId: 'orders-db' })],
    ['notFrozen', ask({ kind: 'unfreeze', scope: { kind: 'application', id: 'orders' } })],
    [
      'tooManyFreezes',
      {
        ...of({
          freezes: {
            ...newFreezeState(),
            freezes: Array.from({ length: 100 }, (_, at) => frozen({ kind: 'person', id: `U0${at}` }).freezes).flat(),
          },
        }),
        ...ask({ ...freeze, scope: { kind: 'application', id: 'orders' } }),
      },
    ],
    ['badWish', ask({ ...silence, why: '  ' })],
    ['badWish', ask({ ...silence, forSeconds: 8 * 86_400 })],
    ['badWish', ask({ ...silence, forSeconds: Number.NaN })],
    ['badWish', ask({ ...freeze, why: '' })],
    ['badWish', ask({ ...freeze, scope: { kind: 'application', id: 'a b' } })],
  ];

  it.each(rows)('with %s', (reason, change) => {
    const refused = decide(change.state ?? allowed, change.record ?? wish, change.atMs ?? nowMs);
    expect(refused).toMatchObject({ kind: 'refused', reason });
  });

  it('for every reason that there is', () => {
    expect(new Set(rows.map(([reason]) => reason))).toEqual(new Set(REFUSAL_REASONS));
  });

  it('with a sentence that says what was not changed, and fits into one message', () => {
    for (const [, change] of rows) {
      const refused = decide(change.state ?? allowed, change.record ?? wish, change.atMs ?? nowMs);
      if (refused.kind !== 'refused') throw new Error('permitted');
      expect(refused.sentence).toContain('Nothing was started or changed.');
      expect(refused.sentence.length).toBeLessThanOrEqual(600);
    }
  });

  it('no longer once the lock has expired, the cool-down is over or the freeze has ended', () => {
    const over = (change: Partial<DecideState>, atMs = nowMs) => decide({ ...allowed, ...change }, wish, atMs).kind;
    expect(over({ application: lockedBy('run-ffffffffffffffff') }, NIGHT_MS + MINUTE_MS)).toBe('start');
    expect(over({ application: { ...freeApplication, attempts: attempts(1, 300_000) } })).toBe('start');
    expect(over({ freezes: frozen({ kind: 'everything' }, { untilMs: nowMs }) })).toBe('start');
    expect(over({ freezes: frozen({ kind: 'application', id: 'billing' }) })).toBe('start');
  });
});

describe('a second person', () => {
  it('is waited for where the configuration asks for one', () => {
    const base = troubled(strict);
    const decided = decide(decideState(strict, base), requestRecord(runRequest(base)), nowMs);
    expect(decided).toMatchObject({ kind: 'await', untilMs: nowMs + 300_000 });
  });

  it('lets exactly the wish run that waits, in the name of both', () => {
    const decided = decide(toAgree.state, toAgree.record, nowMs + 1000);
    expect(decided).toMatchObject({
      kind: 'start',
      permit: { runId: runIdOf(wish.id), requestId: wish.id, askedBy: 'U0FIRST', agreedBy: ['U0SECOND'] },
    });
  });

  it('may say no, and so may the one who asked', () => {
    const no = requestRecord({ kind: 'reject', targetId: 'orders-db', runId: runIdOf(wish.id) });
    expect(decide(toAgree.state, by(no, 'U0SECOND'), nowMs).kind).toBe('withdraw');
    expect(decide(toAgree.state, no, nowMs).kind).toBe('withdraw');
    expect(decide(toAgree.state, by(no, 'U0STRANGER'), nowMs)).toMatchObject({ reason: 'notAllowed' });
  });
});

describe('taking back', () => {
  it('is a run of the runbook that the manifest names, on the hosts that were changed', () => {
    const request = takeBack(ended);
    const decided = decide(decideState(using, ended), requestRecord(request), nowMs);
    expect(decided).toMatchObject({
      kind: 'start',
      permit: {
        entry: { manifest: { id: 'start-workers' } },
        request: { kind: 'undo', undoes: 'run-ffffffffffffffff' },
      },
    });
  });

  it('is offered after the trouble is over, and guarded like any run', () => {
    const over = { ...ended, incident: incident({ resolvedAtMs: NIGHT_MS + 1500 }) };
    const record = requestRecord(takeBack(over));
    expect(decide(decideState(using, over), record, nowMs).kind).toBe('start');
    expect(decide(decideState(using, over), by(record, 'U0STRANGER'), nowMs)).toMatchObject({ reason: 'notAllowed' });
    const freezes = frozen({ kind: 'everything' });
    expect(decide(decideState(using, over, { freezes }), record, nowMs)).toMatchObject({ reason: 'frozen' });
  });

  it('is not offered for what changed nothing', () => {
    expect(undoOfferOf({ ...ended, run: ended.run && { ...ended.run, dryRun: true } }, using)).toBeNull();
    const endings = [{ hostId: 'i-0000000000000001', ending: { kind: 'nothingToDo' as const, reason: '' }, lines: [] }];
    expect(undoOfferOf({ ...ended, run: ended.run && { ...ended.run, endings } }, using)).toBeNull();
  });
});

describe('everything else that can be asked', () => {
  const decided = (request: Request, state: DecideState = allowed, userId = 'U0FIRST') =>
    decide(state, by(requestRecord(request), userId), nowMs);

  it('has an answer of its own', () => {
    const silence: Request = { kind: 'silence', targetId: 'orders-db', forSeconds: 600, why: ' planned\n work ' };
    expect(decided(silence)).toEqual({
      kind: 'silence',
      targetId: 'orders-db',
      silence: { untilMs: nowMs + 600_000, byUserId: 'U0FIRST', why: 'planned work' },
    });
    expect(decided({ kind: 'tell', what: { kind: 'status' } }, decideState(using, null)).kind).toBe('tell');
    const details: Request = { kind: 'details', targetId: 'orders-db', of: null, viewId: null };
    expect(decided(details)).toMatchObject({ kind: 'details', permit: null });
  });

  it('lets any member acknowledge and freeze, because a brake is for everybody', () => {
    const freeze: Request = { kind: 'freeze', scope: { kind: 'everything' }, forSeconds: 600, why: 'smoke' };
    expect(decided(freeze, allowed, 'U0STRANGER')).toMatchObject({
      kind: 'freeze',
      freeze: { untilMs: nowMs + 600_000 },
    });
    const acknowledge: Request = { kind: 'acknowledge', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5' };
    expect(decided(acknowledge, allowed, 'U0STRANGER').kind).toBe('acknowledge');
  });

  it('shows a run before it is started only to whoever may start it, with the very request', () => {
    const of = { kind: 'named', runbookId: 'restart-workers', applicationId: 'orders', hosts: null } as const;
    const details: Request = { kind: 'details', targetId: null, of, viewId: 'V0OPEN' };
    expect(decided(details)).toMatchObject({
      kind: 'details',
      permit: { request: runRequest(target, { expiresAtMs: NIGHT_MS + 12 * 3_600_000 }) },
    });
    expect(decided(details, allowed, 'U0STRANGER')).toMatchObject({ reason: 'notAllowed' });
  });
});
