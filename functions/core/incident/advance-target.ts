import { isOwed } from '../model/delivery.ts';
import type { Outcome, TargetRun } from '../model/run.ts';
import type { HolderGroup } from '../model/sample.ts';
import type { TickRecord } from '../model/sample-record.ts';
import type { Advance, Figures, Incident, TargetState } from '../model/target.ts';
import { newTargetState } from '../model/target.ts';
import type { Verdict } from '../model/verdict.ts';
import type { Settings } from '../settings.ts';
import { storyOf } from '../text/thread.ts';
import { judgeOutcome, relapseOf } from '../verify/judge-outcome.ts';
import { askedBySample, heard } from '../verify/liveness.ts';
import { withPast } from '../verify/track-record.ts';
import { advanceIncident } from './advance-incident.ts';
import { silenceNow } from './maintenance.ts';
import { isNoticeOwed, oweNotice } from './owe.ts';

/** Fresh figures alone are written this often, so that an incident costs the same whatever its sampling. */
const FIGURES_WRITE_MS_MIN = 15_000;
const TRIED_MAX = 5;
const HELD_BY_MAX = 5;

export interface AdvanceTargetInput {
  readonly state: TargetState;
  readonly verdict: Verdict;
  readonly figures: Figures | null;
  readonly records: readonly TickRecord[];
  /** Who holds what, most first; null: this sample could not see all of it. */
  readonly holders: readonly HolderGroup[] | null;
  readonly nowMs: number;
  readonly newId: string;
  readonly settings: Settings;
}

/** `why` names the reason to write, or to stay silent. */
export type AdvancedTarget =
  | { readonly kind: 'write'; readonly why: Advance['what'] | 'judged' | 'figures'; readonly state: TargetState }
  | { readonly kind: 'keep'; readonly why: 'nothing' | 'fewSecondsOld' };

/** One sample later: the incident, the run that is being judged, and what people are owed. */
export function advanceTarget(input: AdvanceTargetInput): AdvancedTarget {
  const { state, verdict, nowMs, settings, records } = input;
  const reopenMs = settings.config.reopenSeconds * 1000;
  const liveness = askedBySample(state, { holders: input.holders, record: records.at(-1) }, settings, nowMs);
  const advance = advanceIncident({
    current: state.incident,
    verdict: heard(verdict, { liveness, run: state.run }),
    nowMs,
    newId: input.newId,
    // However long Slack was away: an end that nobody was told is none for those who read the card, and so it is not
    // forgotten, and trouble that comes then goes on with it.
    reopenMs: isNoticeOwed(state) ? Number.POSITIVE_INFINITY : reopenMs,
  });
  if (advance.what === 'forgotten') return { kind: 'write', why: 'forgotten', state: forget(state) };
  if (advance.incident === null) return { kind: 'keep', why: 'nothing' };
  const incident = withHolders(advance.incident, input);

  const begun = begin({ ...state, liveness }, advance, nowMs, reopenMs);
  const run = judgeRun(begun, input);
  const moved = withPast(
    {
      ...begun,
      incident,
      figures: input.figures,
      figuresWrittenAtMs: nowMs,
      run,
      tried: triedWith(begun, run),
      silence: incident.resolvedAtMs === null ? silenceNow(begun, settings.config, nowMs) : begun.silence,
    },
    settings,
  );
  const isAsked = begun.liveness !== state.liveness && advance.what !== 'opened';
  const isTold =
    (advance.what !== 'continued' && advance.what !== 'nothing') || moved.silence !== begun.silence || isAsked;
  const isJudged = run !== begun.run;
  if (isTold || isJudged) {
    const story = storyOf({ before: begun, after: moved, what: advance.what, nowMs });
    return { kind: 'write', why: isTold ? advance.what : 'judged', state: oweNotice(moved, settings, nowMs, story) };
  }
  return withFigures(state, moved, settings, nowMs);
}

function begin(state: TargetState, { what, renews }: Advance, nowMs: number, reopenMs: number): TargetState {
  if (what === 'opened') return newIncident(state);
  // So long after its end it concerns people anew, as something worse than what they know of does.
  const isLate = what === 'reopened' && nowMs - (state.incident?.resolvedAtMs ?? nowMs) > reopenMs;
  if (!isLate && renews !== true) return state;
  const { acknowledgement, reminder, notice } = newTargetState(state.targetId);
  const { glassPagedFor, undeliveredAtMs } = state.reminder;
  // The topic has heard of a broken glass, and of a Slack that still does not have the card.
  const heard = isOwed(state.notice) && undeliveredAtMs !== undefined ? { undeliveredAtMs } : {};
  const glass = glassPagedFor === undefined ? {} : { glassPagedFor };
  return {
    ...state,
    acknowledgement,
    reminder: { ...reminder, ...heard, ...glass },
    notice: { ...state.notice, pagedVersion: notice.pagedVersion },
  };
}

function newIncident(state: TargetState): TargetState {
  const fresh = newTargetState(state.targetId);
  const { owedVersion, shownVersion } = state.notice;
  return {
    ...fresh,
    offerVersion: state.offerVersion,
    offerKey: state.offerKey,
    silence: state.silence,
    ...(state.past === undefined ? {} : { past: state.past }),
    ...(state.snapshots === undefined ? {} : { snapshots: state.snapshots }),
    ...(state.windowEndedMs === undefined ? {} : { windowEndedMs: state.windowEndedMs }),
    timelineOwed: state.timelineOwed,
    applied: state.applied,
    notice: { ...fresh.notice, owedVersion, shownVersion },
  };
}

function forget(state: TargetState): TargetState {
  const fresh = newIncident(state);
  return { ...fresh, notice: { ...fresh.notice, shownVersion: fresh.notice.owedVersion } };
}

/** Whose connections they are, for when they are gone. */
function withHolders(incident: Incident, { verdict, holders }: AdvanceTargetInput): Incident {
  if (verdict.kind !== 'breaching' || holders === null || holders.length === 0) return incident;
  const byUser = new Map<string, number>();
  for (const { user, connections } of holders) byUser.set(user, (byUser.get(user) ?? 0) + connections);
  const heldBy = [...byUser].sort(([, a], [, b]) => b - a).map(([user]) => user);
  return { ...incident, heldBy: heldBy.slice(0, HELD_BY_MAX) };
}

function judgeRun({ run, liveness }: TargetState, input: AdvanceTargetInput): TargetRun | null {
  if (run === null || run.endedAtMs === null) return run;
  const { verdict, records, nowMs, settings } = input;
  const { windowSeconds, relapseSeconds } = settings.config.verify;
  if (run.phase === 'verifying') {
    const windowMs = windowSeconds * 1000;
    const ended = { ...run, endedAtMs: run.endedAtMs };
    const outcome = judgeOutcome({ run: ended, verdict, liveness, records, nowMs, windowMs });
    return outcome === null ? run : { ...run, phase: 'judged', outcome };
  }
  if (run.phase !== 'judged' || run.outcome === null) return run;
  const relapse = relapseOf(run.outcome, verdict, records.at(-1), run.endedAtMs + relapseSeconds * 1000);
  return relapse === null ? run : { ...run, outcome: relapse };
}

function triedWith(state: TargetState, run: TargetRun | null): TargetState['tried'] {
  if (run === null || run.outcome === null || run === state.run) return state.tried;
  const { runId, runbookId, runbookTitle, applicationId, byUserId, startedAtMs } = run;
  const outcome: Outcome = run.outcome;
  const tried = { runId, runbookId, runbookTitle, applicationId, byUserId, startedAtMs, outcome };
  return [...state.tried.filter((one) => one.runId !== runId), tried].slice(-TRIED_MAX);
}

/** The quiet period and fresh figures are worth a write now and then, never each tick. */
function withFigures(before: TargetState, moved: TargetState, settings: Settings, nowMs: number): AdvancedTarget {
  const isQuietChange = (before.incident?.healthySinceMs === null) !== (moved.incident?.healthySinceMs === null);
  const isResolved = moved.incident?.resolvedAtMs !== null;
  if (isResolved) return { kind: 'keep', why: 'nothing' };
  if (!isQuietChange && nowMs - before.figuresWrittenAtMs < FIGURES_WRITE_MS_MIN)
    return { kind: 'keep', why: 'fewSecondsOld' };
  return { kind: 'write', why: 'figures', state: oweNotice(moved, settings, nowMs) };
}
