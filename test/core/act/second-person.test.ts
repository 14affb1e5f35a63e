import { describe, expect, it } from 'vitest';
import { runIdOf } from '../../../functions/core/act/case.ts';
import { decide } from '../../../functions/core/act/decide.ts';
import { waitingRunOf } from '../../../functions/core/act/new-run.ts';
import { offersOf } from '../../../functions/core/act/offers.ts';
import type { ConfigInput } from '../../../functions/core/config/config.ts';
import type { RequestRecord } from '../../../functions/core/model/decision.ts';
import type { Request, Requester, RunRequest } from '../../../functions/core/model/request.ts';
import type { Figures, TargetState } from '../../../functions/core/model/target.ts';
import { runDetailsOf } from '../../../functions/core/notify/details-of.ts';
import { noticeOf } from '../../../functions/core/notify/notice-of.ts';
import type { Settings } from '../../../functions/core/settings.ts';
import { parseStored, toStoredJson } from '../../../functions/core/store/item.ts';
import {
  configInput,
  decideState,
  freeApplication,
  MINUTE_MS,
  NIGHT_MS,
  requestRecord,
  restartWorkers,
  runRequest,
  settings,
  troubled,
} from '../../support/builders.ts';

const nowMs = NIGHT_MS + 2000;
const ids = ['U0FIRST', 'U0SECOND', 'U0THIRD', 'U0FOURTH'];
const people = ids.map((slackUserId) => ({ slackUserId, name: slackUserId }));
const requester = (userId: string): Requester => ({ userId, teamId: 'T0TEAM', kind: 'member' });
const from = (userId: string, request: Request): RequestRecord => ({
  ...requestRecord(request),
  by: requester(userId),
});
const approval = (change: object = {}) => ({ 'restart-workers': { approval: { approvers: 2, ...change } } });
const two = settings({ people, runbooks: approval() });

/** A wish of U0FIRST that waits, agreed to by these. */
function waiting(using: Settings, agreed: readonly string[] = []): TargetState {
  const base = troubled(using);
  const record = from('U0FIRST', runRequest(base));
  const decided = decide(decideState(using, base), record, nowMs);
  if (decided.kind !== 'await') throw new Error(`it does not wait: ${JSON.stringify(decided)}`);
  const run = waitingRunOf(decided.permit, record.by, decided.untilMs, base, nowMs);
  return { ...base, run: { ...run, waiting: run.waiting && { ...run.waiting, agreed: agreed.map(requester) } } };
}

function agree(state: TargetState): Request {
  const { offerVersion } = state;
  const runId = runIdOf(requestRecord({ kind: 'unreadable', problem: '' }).id);
  return { kind: 'approve', targetId: 'orders-db', incidentId: 'inc-a1b2c3d4e5', offerVersion, runId };
}

const yes = (using: Settings, state: TargetState, userId: string) =>
  decide(decideState(using, state), from(userId, agree(state)), nowMs);

describe('several people who have to agree', () => {
  it('are counted one by one, and the last one lets it run in the name of all', () => {
    expect(yes(two, waiting(two), 'U0SECOND')).toMatchObject({ kind: 'agree', agreed: [{ userId: 'U0SECOND' }] });
    expect(yes(two, waiting(two, ['U0SECOND']), 'U0THIRD')).toMatchObject({
      kind: 'start',
      permit: { askedBy: 'U0FIRST', agreedBy: ['U0SECOND', 'U0THIRD'] },
    });
  });

  it('are different people, and none of them is the one who asked', () => {
    expect(yes(two, waiting(two, ['U0SECOND']), 'U0SECOND')).toMatchObject({ reason: 'alreadyAgreed' });
    expect(yes(two, waiting(two, ['U0SECOND']), 'U0FIRST')).toMatchObject({ reason: 'samePerson' });
  });

  it('may have another part than whoever asks', () => {
    const runbooks = {
      'restart-workers': { allowed: ['U0FIRST'], approval: { approvers: 2, allowed: ['U0THIRD', 'U0FOURTH'] } },
    };
    const using = settings({ people, runbooks });
    expect(yes(using, waiting(using), 'U0SECOND')).toMatchObject({ reason: 'notAllowed' });
    expect(yes(using, waiting(using, ['U0THIRD']), 'U0FOURTH').kind).toBe('start');
    expect(
      decide(decideState(using, troubled(using)), from('U0THIRD', runRequest(troubled(using))), nowMs),
    ).toMatchObject({
      reason: 'notAllowed',
    });
  });

  it('count only as long as they are listed', () => {
    const now = settings({
      people: people.filter(({ slackUserId }) => slackUserId !== 'U0SECOND'),
      runbooks: approval(),
    });
    expect(yes(now, waiting(two, ['U0SECOND']), 'U0THIRD')).toMatchObject({
      kind: 'agree',
      agreed: [{ userId: 'U0THIRD' }],
    });
  });

  it('are never fewer than were asked for and never fewer than are asked for now', () => {
    const one = settings({ people, runbooks: approval({ approvers: 1 }) });
    expect(yes(one, waiting(two), 'U0SECOND').kind).toBe('agree');
    expect(yes(settings({ people }), waiting(two), 'U0SECOND').kind).toBe('agree');
    expect(yes(two, waiting(one), 'U0SECOND').kind).toBe('agree');
  });

  it('are named on the card, with how many are missing', () => {
    const notice = noticeOf(waiting(two, ['U0SECOND']), two);
    expect(notice?.run?.headline).toContain('waits for 2 other people until');
    expect(notice?.run?.headline).toContain('1 of 2 agreed: ⟦user:U0SECOND⟧; nothing runs before');
    expect(notice?.controls.yesMissing).toBeUndefined();
    expect(noticeOf(waiting(two), two)?.controls.yesMissing).toBe(2);
    expect(offersOf(troubled(two), two)[0]).toMatchObject({ needsApproval: true, approversMin: 2 });
  });

  it('hold it back when any of them is frozen', () => {
    const freeze = {
      scope: { kind: 'person', id: 'U0SECOND' },
      byUserId: 'U',
      sinceMs: 0,
      untilMs: null,
      why: '',
    } as const;
    const freezes = { schema: 1, id: 'all', freezes: [freeze] } as const;
    const state = waiting(two, ['U0SECOND']);
    expect(decide(decideState(two, state, { freezes }), from('U0THIRD', agree(state)), nowMs)).toMatchObject({
      reason: 'frozen',
    });
  });

  it('are refused by the configuration where there could never be so many', () => {
    const twoPeople = people.slice(0, 2);
    expect(() => settings({ people: twoPeople, runbooks: approval() })).toThrow('at most 1 could');
    expect(() => settings({ people: twoPeople, runbooks: approval({ approvers: 1 }) })).not.toThrow();
    const others = { allowed: ['U0FIRST'], approval: { approvers: 2, allowed: ['U0SECOND', 'U0THIRD'] } };
    expect(() => settings({ people, runbooks: { 'restart-workers': others } })).not.toThrow();
  });

  it('are one, where the version before stored the wish', () => {
    const state = waiting(settings({ people, runbooks: approval({ approvers: 1 }) }));
    const { second: _, agreed: __, ...former } = state.run?.waiting ?? { request: null };
    const stored = toStoredJson('target', 'orders-db', {
      ...state,
      run: state.run && { ...state.run, waiting: former as NonNullable<TargetState['run']>['waiting'] },
    });
    const using = settings({ people, runbooks: approval({ approvers: 1 }) });
    expect(yes(using, parseStored('target', 'orders-db', stored), 'U0SECOND').kind).toBe('start');
  });
});

describe('broken glass', () => {
  const runbooks = approval({ approvers: 1 });
  const using = settings({ people, runbooks, breakGlass: ['U0FIRST'] });
  const target = troubled(using);
  const alone = (change: Partial<RunRequest> = {}, userId = 'U0FIRST', more = {}, own = using) =>
    decide(
      decideState(own, target, more),
      from(userId, runRequest(target, { breakGlass: ' nobody\nanswers ', ...change })),
      nowMs,
    );

  it('starts alone what a second person would have to agree to, and keeps why', () => {
    expect(alone()).toMatchObject({ kind: 'start', permit: { brokenGlass: 'nobody answers', agreedBy: [] } });
  });

  it('is for whoever is listed for it and may run it, and for nobody unless somebody is', () => {
    expect(alone({}, 'U0SECOND')).toMatchObject({
      reason: 'glassClosed',
      sentence: expect.stringContaining('U0FIRST'),
    });
    expect(alone({}, 'U0FIRST', {}, settings({ people, runbooks }))).toMatchObject({ reason: 'glassClosed' });
    const others = settings({
      people,
      breakGlass: ['U0FIRST'],
      runbooks: { 'restart-workers': { ...runbooks['restart-workers'], allowed: ['U0SECOND', 'U0THIRD'] } },
    });
    expect(alone({}, 'U0FIRST', {}, others)).toMatchObject({ reason: 'notAllowed' });
  });

  it('needs a reason, and somebody who is listed', () => {
    expect(alone({ breakGlass: ' ' })).toMatchObject({ reason: 'badWish' });
    expect(() => settings({ people, breakGlass: ['U0STRANGER'] })).toThrow('U0STRANGER is not listed in people');
  });

  it.each([
    [
      'frozen',
      {
        freezes: {
          schema: 1,
          id: 'all',
          freezes: [{ scope: { kind: 'everything' }, byUserId: 'U', sinceMs: 0, untilMs: null, why: '' }],
        },
      },
    ],
    [
      'coolingDown',
      {
        application: {
          ...freeApplication,
          attempts: [{ runbookId: 'restart-workers', atMs: nowMs - 1000, runId: 'run-1' }],
        },
      },
    ],
    [
      'applicationBusy',
      {
        application: {
          ...freeApplication,
          lock: { runId: 'run-1', targetId: 'orders-db', byUserId: 'U0THIRD', sinceMs: 0, expiresAtMs: nowMs + 1 },
        },
      },
    ],
  ] as const)('passes nothing else: %s', (reason, more) => {
    expect(alone({}, 'U0FIRST', more)).toMatchObject({ reason });
  });

  it('passes no cap on hosts', () => {
    const capped = settings({
      people,
      breakGlass: ['U0FIRST'],
      runbooks: { 'restart-workers': { ...runbooks['restart-workers'], hosts: { atMost: 1 } } },
    });
    expect(alone({}, 'U0FIRST', {}, capped)).toMatchObject({ reason: 'tooManyHosts' });
  });

  it('is nothing special where nobody else has to agree', () => {
    expect(alone({}, 'U0FIRST', {}, settings({ people, breakGlass: ['U0FIRST'] }))).toMatchObject({
      kind: 'start',
      permit: { brokenGlass: null },
    });
  });
});

const dryRun = { name: 'DryRun', from: 'run.dryRun', description: 'yes: only say', pattern: '^(yes|no)$' } as const;
const what = { name: 'What', from: 'person', description: 'which', pattern: '^[a-z]+$', default: 'config' } as const;
const triable = restartWorkers();
const parameters = [...triable.manifest.parameters, dryRun];

describe('observe mode', () => {
  const catalogue = [{ ...triable, manifest: { ...triable.manifest, parameters } }];
  const observing = (change: Partial<ConfigInput>) => settings(change, catalogue);

  it('makes every run one that only says what it would do, whoever asks how', () => {
    const using = observing({ observe: true, runbooks: approval({ approvers: 1 }) });
    const target = troubled(using);
    expect(decide(decideState(using, target), from('U0FIRST', runRequest(target)), nowMs)).toMatchObject({
      kind: 'start',
      permit: { isObserved: true, request: { dryRun: true }, parameters: { DryRun: 'yes' } },
    });
  });

  it('also one that was asked for before it was switched on', () => {
    const before = observing({ people, runbooks: approval({ approvers: 1 }) });
    const now = observing({ people, runbooks: approval({ approvers: 1 }), observe: true });
    expect(yes(now, waiting(before), 'U0SECOND')).toMatchObject({
      kind: 'start',
      permit: { request: { dryRun: true } },
    });
  });

  it('runs nothing that cannot be tried out', () => {
    const using = settings({ observe: true });
    const target = troubled(using);
    expect(decide(decideState(using, target), from('U0FIRST', runRequest(target)), nowMs)).toMatchObject({
      reason: 'parametersInvalid',
    });
  });

  it('is said on the card and on the form, and makes what was drawn before stale', () => {
    const using = observing({ observe: true });
    const target = troubled(using);
    const notice = noticeOf(target, using);
    expect(notice?.observing).toEqual(['orders']);
    expect(notice?.offers[0]).toMatchObject({ isObserved: true, needsApproval: false });
    expect(target.offerKey).not.toBe(troubled(observing({})).offerKey);
    const decided = decide(decideState(using, target), from('U0FIRST', runRequest(target)), nowMs);
    if (decided.kind !== 'start') throw new Error('refused');
    expect(runDetailsOf(decided.permit, target, null, using)).toMatchObject({ isObserved: true, canDryRun: false });
  });

  it('is for the applications that say so, and leaves out those that say no', () => {
    const [application] = configInput().applications ?? [];
    if (application === undefined) throw new Error('no application');
    const observed = (observe: boolean | undefined, all: boolean) => {
      const own = observe === undefined ? application : { ...application, observe };
      const using = observing({ observe: all, applications: [own] });
      return noticeOf(troubled(using), using)?.observing ?? [];
    };
    expect(observed(true, false)).toEqual(['orders']);
    expect(observed(false, true)).toEqual([]);
    expect(observed(undefined, false)).toEqual([]);
  });
});

describe('what adds load to a database', () => {
  const loading = {
    ...triable,
    manifest: {
      ...triable.manifest,
      parameters: [...parameters, what],
      addsLoad: { parameter: 'What', except: { node: ['config'], laravel: [] } },
    },
  };
  const using = settings({ people }, [loading]);
  const asked = (choices: Record<string, string>, figures: Partial<Figures> | null, own = using, dry = false) => {
    const base = troubled(own);
    const target = {
      ...base,
      figures: figures === null || base.figures === null ? null : { ...base.figures, ...figures },
    };
    return decide(decideState(own, target), from('U0FIRST', runRequest(target, { choices, dryRun: dry })), nowMs);
  };

  it('needs a second person near the limit (H.40)', () => {
    expect(asked({ What: 'cache' }, { connected: 80 })).toMatchObject({
      kind: 'await',
      untilMs: nowMs + 10 * MINUTE_MS,
      permit: { second: { approversMin: 1, why: 'nearLimit' } },
    });
    expect(asked({ What: 'cache' }, { connected: 79 }).kind).toBe('start');
  });

  it.each([
    ['while it refuses connections', { full: true, connected: 10 }],
    ['out of sight', { connected: 10, lostSight: { sinceMs: 0, cause: 'denied', sentence: '' } }],
    ['without any figures', null],
  ] as const)('needs one %s', (_, figures) => {
    expect(asked({ What: 'cache' }, figures).kind).toBe('await');
  });

  it('needs none for what its manifest calls harmless, for a try, or where a reason is configured', () => {
    expect(asked({}, { connected: 99 }).kind).toBe('start');
    expect(asked({ What: 'cache' }, { connected: 99 }, using, true).kind).toBe('start');
    const runbooks = { 'restart-workers': { aloneNearLimit: 'its cache is filled from a file' } };
    expect(asked({ What: 'cache' }, { connected: 99 }, settings({ people, runbooks }, [loading])).kind).toBe('start');
  });

  it('is told before it is chosen, and on the card while it waits', () => {
    const decided = asked({}, { connected: 99 });
    if (decided.kind !== 'start') throw new Error('refused');
    expect(runDetailsOf(decided.permit, troubled(using), null, using).second).toMatch(
      /^The database is near its limit, so for anything but config a second person has to agree: one of ⟦user:U0SECOND⟧/,
    );
    const waits = asked({ What: 'cache' }, { connected: 99 });
    if (waits.kind !== 'await') throw new Error('refused');
    const run = waitingRunOf(waits.permit, requester('U0FIRST'), waits.untilMs, troubled(using), nowMs);
    expect(noticeOf({ ...troubled(using), run }, using)?.run?.headline).toContain('near its limit');
  });
});
