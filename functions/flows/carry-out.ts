import type { Decided } from '../core/act/case.ts';
import { permitted } from '../core/act/case.ts';
import { withFreeze, withoutFreeze } from '../core/act/freezes.ts';
import { observes } from '../core/config/people.ts';
import { withoutSilence } from '../core/incident/maintenance.ts';
import { oweNotice, withApplied } from '../core/incident/owe.ts';
import { unreachable } from '../core/invariant.ts';
import type { Decision, Permitted, RequestRecord } from '../core/model/decision.ts';
import { FREEZES_ID, newFreezeState } from '../core/model/freeze.ts';
import type { Requester } from '../core/model/request.ts';
import type { Stop } from '../core/model/run.ts';
import type { TargetState } from '../core/model/target.ts';
import { GLOBAL_CHAIN, type Happening, happening } from '../core/model/timeline.ts';
import { runDetailsOf } from '../core/notify/details-of.ts';
import { noticeOf } from '../core/notify/notice-of.ts';
import { statusText, timelineLine, timelineText } from '../core/notify/status-text.ts';
import type { Basics, Stores } from '../core/ports.ts';
import { agreedStory, scopeText, stoppedStory, withdrawnStory } from '../core/text/thread.ts';
import { foreign, timeToken, userToken } from '../core/text/tokens.ts';
import { changeItem, readFreezes, redrawCards } from './change-item.ts';
import { startPreview } from './preview.ts';

export interface CarryOutDeps extends Basics {
  readonly stores: Stores;
}

const ENTRIES_TOLD_MAX = 15;

type Small = Exclude<Decided, { readonly kind: 'refused' | 'start' | 'await' | 'details' | 'tell' }>;
type Question = Extract<Decided, { readonly kind: 'details' | 'tell' }>;

/** Does what was permitted and starts nothing. `lostRace`: the state has moved on, decide again. */
export async function carryOut(
  deps: CarryOutDeps,
  record: RequestRecord,
  decided: Small,
): Promise<Decision | 'lostRace'> {
  switch (decided.kind) {
    case 'withdraw':
      return changeTarget(deps, record, decided.targetId, (state, nowMs) => {
        const { run } = state;
        if (run?.runId !== decided.runId || run.phase !== 'awaiting') return null;
        return {
          state: { ...state, run: run.waiting?.previous ?? null },
          story: withdrawnStory(run, record.by.userId, nowMs),
        };
      });
    case 'agree':
      return changeTarget(deps, record, decided.targetId, (state, nowMs) => {
        const { run } = state;
        if (run?.runId !== decided.runId || run.phase !== 'awaiting' || run.waiting === null) return null;
        const { agreed, before, approversMin } = decided;
        // Somebody else's yes may have come in between, which this one knows nothing of.
        if (idsOf(run.waiting.agreed ?? []) !== idsOf(before)) return null;
        const next = { ...run, waiting: { ...run.waiting, agreed } };
        return { state: { ...state, run: next }, story: agreedStory(run, agreed, approversMin, nowMs) };
      });
    case 'cancel':
      return cancelRun(deps, record, decided.targetId, decided.runId);
    case 'acknowledge':
      return changeTarget(deps, record, decided.targetId, (state, nowMs) => {
        const { userId } = record.by;
        if (state.acknowledgement !== null && state.acknowledgement.userId !== userId) return null;
        return {
          state: { ...state, acknowledgement: { userId, atMs: nowMs } },
          story: [ownStory(record, 'acknowledged', 'has it', nowMs)],
        };
      });
    case 'silence': {
      const { silence } = decided;
      return changeTarget(deps, record, decided.targetId, (state, nowMs) => {
        const text = `silenced it until ${timeToken(silence.untilMs)}: ${foreign(silence.why)}`;
        return { state: { ...state, silence }, story: [ownStory(record, 'silenced', text, nowMs)] };
      });
    }
    case 'unsilence':
      return changeTarget(deps, record, decided.targetId, (state, nowMs) => ({
        state: withoutSilence(state),
        story: [ownStory(record, 'silenceEnded', 'ended the silence', nowMs)],
      }));
    case 'freeze':
    case 'unfreeze':
      return changeFreezes(deps, record, decided);
    default:
      return unreachable(decided);
  }
}

function idsOf(people: readonly Requester[]): string {
  return people.map(({ userId }) => userId).join();
}

function ownStory(
  record: RequestRecord,
  what: 'acknowledged' | 'silenced' | 'silenceEnded',
  text: string,
  nowMs: number,
) {
  const { userId } = record.by;
  const told = `${userToken(userId)} ${text}.`;
  return happening({ id: `${what}:${record.id}`, atMs: nowMs, what, byUserId: userId, text, told });
}

type Change = (
  state: TargetState,
  nowMs: number,
) => { readonly state: TargetState; readonly story: readonly Happening[] } | null;

/** One write, marked with the request, so that a repeated delivery finds it done. */
async function changeTarget(
  { stores, clock, settings }: CarryOutDeps,
  record: RequestRecord,
  targetId: string,
  change: Change,
): Promise<Decision | 'lostRace'> {
  const nowMs = clock.nowMs();
  const changed = await changeItem(stores.targets, targetId, (state) => {
    const next = state === null || state.applied.includes(record.id) ? null : change(state, nowMs);
    return next === null ? null : oweNotice(withApplied(next.state, record.id), settings, nowMs, next.story);
  });
  if (changed.kind === 'written') return permitted(nowMs, null);
  const applied = (await stores.targets.read(targetId))?.value.applied ?? [];
  return applied.includes(record.id) ? permitted(nowMs, null) : 'lostRace';
}

/** The run item first, because that is what the next claim reads; the card follows. */
async function cancelRun(
  deps: CarryOutDeps,
  record: RequestRecord,
  targetId: string,
  runId: string,
): Promise<Decision | 'lostRace'> {
  const stop: Stop = { why: 'cancelled', byUserId: record.by.userId, atMs: deps.clock.nowMs() };
  const stopped = await changeItem(deps.stores.runs, runId, (run) =>
    run === null || run.phase === 'ended' || run.stop !== null ? null : { ...run, stop },
  );
  if (stopped.kind === 'contended') return 'lostRace';
  const run = (await deps.stores.runs.read(runId))?.value;
  // Not there yet: it is being started at this very moment.
  if (run === undefined || run.stop === null) return 'lostRace';
  return changeTarget(deps, record, targetId, (state) => {
    if (state.run?.runId !== runId || state.run.phase !== 'running') return null;
    return { state: { ...state, run: { ...state.run, stop: run.stop } }, story: stoppedStory(runId, run.stop ?? stop) };
  });
}

async function changeFreezes(
  deps: CarryOutDeps,
  { id: requestId, by }: RequestRecord,
  decided: Extract<Small, { readonly kind: 'freeze' | 'unfreeze' }>,
): Promise<Decision | 'lostRace'> {
  const nowMs = deps.clock.nowMs();
  const changed = await changeItem(deps.stores.freezes, FREEZES_ID, (value) => {
    const state = value ?? newFreezeState();
    const isDone = state.freezes.some((one) => decided.kind === 'freeze' && one.id === decided.freeze.id);
    if (isDone) return null;
    return decided.kind === 'freeze'
      ? withFreeze(state, decided.freeze, nowMs)
      : withoutFreeze(state, decided.scope, { byUserId: by.userId, atMs: nowMs, requestId });
  });
  if (changed.kind === 'contended') return 'lostRace';
  await redrawCards(deps);
  const scope = scopeText(decided.kind === 'freeze' ? decided.freeze.scope : decided.scope, userToken);
  const says =
    decided.kind === 'freeze'
      ? `You froze ${scope}. Nothing of it runs until ${decided.freeze.untilMs === null ? 'it is lifted' : timeToken(decided.freeze.untilMs)}.`
      : `You lifted the freeze of ${scope}.`;
  return permitted(nowMs, null, says);
}

/** Answers what changes nothing: fills the open form, or writes a private note. */
export async function answerQuestion(deps: CarryOutDeps, record: RequestRecord, decided: Question): Promise<Permitted> {
  const { stores, clock, settings } = deps;
  const answer = permitted(clock.nowMs(), null);
  if (decided.kind === 'tell') return { ...answer, says: await told(deps, decided.what) };
  const target = (await stores.targets.read(decided.targetId))?.value ?? null;
  const notice = target === null ? null : noticeOf(target, settings);
  if (target === null || notice === null) return answer;
  if (decided.permit === null) {
    const { entries } = await stores.timeline.read(notice.incidentId, ENTRIES_TOLD_MAX);
    const shows = { kind: 'incident', notice, timeline: entries.map(timelineLine) } as const;
    return record.request.kind === 'details' && record.request.viewId === null
      ? { ...answer, says: [notice.summary, ...shows.timeline].join('\n') }
      : { ...answer, shows };
  }
  const application = (await stores.applications.read(decided.permit.application.id))?.value ?? null;
  const shows = runDetailsOf(decided.permit, target, application, settings);
  const isFormOpen = record.request.kind === 'details' && record.request.viewId !== null;
  if (isFormOpen) {
    return { ...answer, shows: { ...shows, preview: await startPreview(deps, record.id, decided.permit) } };
  }
  const note = `You may start "${shows.title}" on ${shows.hosts.join(', ')}: press its button on the card.`;
  return { ...answer, says: note };
}

async function told(
  { stores, clock, settings }: CarryOutDeps,
  what: Extract<Question, { kind: 'tell' }>['what'],
): Promise<string> {
  if (what.kind === 'timeline') {
    return timelineText((await stores.timeline.read(what.incidentId ?? GLOBAL_CHAIN, ENTRIES_TOLD_MAX)).entries);
  }
  const { items, setAside } = await stores.open.openTargets();
  const open = items.map(({ value }) => value);
  const { config } = settings;
  const observing = config.applications.filter((one) => observes(config, one)).map(({ id }) => id);
  return statusText(open, await readFreezes(stores), clock.nowMs(), config.maintenance, observing, setAside);
}
