import type { Freeze } from '../act/freezes.ts';
import { offersOf } from '../act/offers.ts';
import type { Outcome } from '../act/run.ts';
import type { Settings } from '../config/settings.ts';
import { isSightRule } from '../evaluate/verdict.ts';
import type { Incident } from '../incident/incident.ts';
import { practiceEndMs } from '../incident/practice.ts';
import { databaseOf } from '../incident/practice-id.ts';
import type { TargetRun, TargetState } from '../incident/target-state.ts';
import { unreachable } from '../invariant.ts';
import { behindTexts } from './cause-text.ts';
import { chartFacts } from './chart-facts.ts';
import { controlsOf } from './controls-of.ts';
import { withoutFrozen } from './freeze-notice.ts';
import type { Face, Notice, NoticeRun, Offer } from './notice.ts';
import { stopText } from './story.ts';
import { foreign, timeToken, userToken } from './tokens.ts';
import { durationText, endingText, outcomeText, reasonText, summaryText } from './words.ts';

const LINES_PER_HOST_MAX = 10;

/** What people should know now, with what is frozen in force. null: this target has no incident to speak of. */
export function noticeOf(state: TargetState, settings: Settings, frozen: readonly Freeze[] = []): Notice | null {
  const { incident, figures } = state;
  if (incident === null) return null;
  const face = faceOf(state, incident);
  const offers = withoutFrozen(offersOf(state, settings), frozen);
  return {
    kind: 'incident',
    targetId: state.targetId,
    incidentId: incident.id,
    face,
    severity: incident.severity,
    title: titleOf(state.targetId, face, incident),
    summary: summaryText(state),
    facts: factsOf(state, incident),
    holders: incident.resolvedAtMs === null ? (figures?.holders ?? []) : [],
    connectionsMax: figures !== null && figures.connectionsMax > 0 ? figures.connectionsMax : null,
    trail: figures?.trail ?? [],
    ...chartFacts(state, settings),
    openedAtMs: incident.openedAtMs,
    figuresAtMs: figures?.atMs ?? null,
    resolvedAtMs: incident.resolvedAtMs,
    run: state.run === null ? null : noticeRunOf(state.run, incident.isPractice ?? false),
    tried: state.tried
      .filter((one) => one.runId !== state.run?.runId)
      .map(
        (one) =>
          `${foreign(one.runbookTitle)}, by ${userToken(one.byUserId)} at ${timeToken(one.startedAtMs)}: ${outcomeText(one.outcome)}`,
      ),
    offers,
    controls: controlsOf(state, settings, frozen),
    advice: adviceOf(offers),
    acknowledgedBy: state.acknowledgement?.userId ?? null,
    acknowledgedAtMs: state.acknowledgement?.atMs ?? null,
    silence: state.silence,
    isPractice: incident.isPractice ?? false,
  };
}

function faceOf({ run, figures }: TargetState, incident: Incident): Face {
  if (run !== null && run.phase === 'running') return 'running';
  if (run !== null && run.phase === 'awaiting') return 'awaiting';
  if (run !== null && run.phase === 'verifying') return 'verifying';
  if (incident.resolvedAtMs !== null) return run?.outcome?.kind === 'recovered' ? 'recovered' : 'resolved';
  if (run?.outcome) return outcomeFace(run.outcome, incident);
  if (figures?.full) return 'refusing';
  if (!incident.isPractice && incident.reasons.every((reason) => isSightRule(reason.rule))) return 'blind';
  return incident.severity;
}

/** What is wrong, or what became of it, in a few words. */
export function titleNow(state: TargetState, incident: Incident): string {
  return titleOf(state.targetId, faceOf(state, incident), incident);
}

/** An outcome speaks until the incident has moved on; trouble that goes on shows its own face again. */
function outcomeFace(outcome: Outcome, incident: Incident): Face {
  if (outcome.kind === 'recovered' || outcome.kind === 'improved') return outcome.kind;
  return incident.healthySinceMs === null ? outcome.kind : 'resolved';
}

function titleOf(targetId: string, face: Face, incident: Incident): string {
  switch (face) {
    case 'refusing':
      return `${targetId} refuses connections`;
    case 'blind':
      return incident.reasons.some((reason) => reason.rule === 'blindMonitor')
        ? `${targetId}: Runbell sees only itself`
        : `${targetId} cannot be read`;
    case 'awaiting':
      return `${targetId}: a runbook waits for a second person`;
    case 'running':
      return `${targetId}: a runbook is running`;
    case 'verifying':
      return `${targetId}: checking whether it helped`;
    case 'recovered':
      return `${targetId} has recovered`;
    case 'resolved':
      return incident.isPractice ? `the practice for ${databaseOf(targetId)} is over` : `${targetId} is well again`;
    case 'improved':
      return `${targetId} is better, not well`;
    case 'notRecovered':
      return `${targetId}: it did not help`;
    case 'relapsed':
      return `${targetId} has relapsed`;
    case 'inconclusive':
      return `${targetId}: nobody can say whether it helped`;
    case 'critical':
    case 'warning':
      if (incident.isPractice) return `nothing is wrong with ${databaseOf(targetId)}`;
      if (incident.causes?.[0]?.kind === 'pileUp') return `${targetId}: statements pile up`;
      return incident.reasons.some((reason) => reason.rule === 'leak' && reason.shape !== 'fast')
        ? `${targetId} leaks connections`
        : `${targetId} is running out of connections`;
    default:
      return unreachable(face);
  }
}

function factsOf(state: TargetState, incident: Incident): string[] {
  const endMs = practiceEndMs(state);
  if (endMs !== null) {
    return ['Press a button: it looks at the hosts and changes nothing', `It ends by itself at ${timeToken(endMs)}`];
  }
  const why = incident.reasons.map(reasonText).join('; ');
  const facts =
    incident.resolvedAtMs === null
      ? [`${incident.healthySinceMs === null ? 'Why' : 'Why it began'}: ${foreign(why)}`]
      : [`It lasted ${durationText(incident.resolvedAtMs - incident.openedAtMs)}`];
  if (incident.resolvedAtMs === null) facts.push(...sinceOf(incident), ...behindTexts(incident));
  if (incident.reopenedTimes > 0)
    facts.push(
      `Came back ${incident.reopenedTimes === 1 ? 'once' : `${incident.reopenedTimes} times`} after it had been resolved`,
    );
  const { lostSight } = state.figures ?? { lostSight: null };
  if (lostSight !== null) facts.push(`Out of sight since ${timeToken(lostSight.sinceMs)}`);
  if (incident.resolvedAtMs === null && incident.healthySinceMs !== null) {
    facts.push(`Healthy since ${timeToken(incident.healthySinceMs)}; it counts as resolved after the quiet period`);
  }
  return facts;
}

function sinceOf({ reasons }: Incident): string[] {
  const leak = reasons.find((reason) => reason.rule === 'leak');
  return leak === undefined ? [] : [`It began to grow at ${timeToken(leak.sinceMs)}`];
}

function noticeRunOf(run: TargetRun, isPractice: boolean): NoticeRun {
  const lines = run.endings.flatMap((ended) =>
    ended === null
      ? []
      : [
          `${ended.hostId}: ${foreign(endingText(ended.ending))}`,
          ...ended.lines.slice(0, LINES_PER_HOST_MAX).map(foreign),
        ],
  );
  return { headline: runHeadline(run, isPractice), lines, byUserId: run.byUserId, startedAtMs: run.startedAtMs };
}

function runHeadline(run: TargetRun, isPractice: boolean): string {
  const title =
    run.undoes === null ? `"${foreign(run.runbookTitle)}"` : `Taking back with "${foreign(run.runbookTitle)}"`;
  const tried = run.dryRun ? ', only trying it out,' : '';
  const agreed = run.approvedBy === null ? '' : `, agreed to by ${userToken(run.approvedBy)},`;
  const who = `${title}${tried} by ${userToken(run.byUserId)}${agreed}`;
  if (run.phase === 'awaiting') {
    const until = run.waiting === null ? '' : ` until ${timeToken(run.waiting.untilMs)}`;
    return `${who} waits for a second person${until}; nothing runs before`;
  }
  if (run.phase === 'running') {
    const ended = run.endings.filter((one) => one !== null).length;
    const stopped = run.stop === null ? '' : `; ${stopSays(run.stop)}`;
    return `${who} is running since ${timeToken(run.startedAtMs)}, ${ended} of ${run.hosts.length} hosts done${stopped}`;
  }
  if (run.dryRun || isPractice) return `${who} has ended; nothing was changed`;
  if (run.stop !== null && run.outcome === null) return `${who} has ended early: ${stopSays(run.stop)}`;
  if (run.outcome === null) return `${who} has ended; the next samples say whether it helped`;
  return `${who}: ${outcomeText(run.outcome)}`;
}

function adviceOf(offers: readonly Offer[]): string[] {
  const why = new Set(
    offers.flatMap((offer) => (offer.kind === 'suggested' && offer.told !== 'details' ? [offer.why] : [])),
  );
  return [...why];
}

function stopSays({ why, byUserId }: NonNullable<TargetRun['stop']>): string {
  return `${byUserId === null ? 'Runbell' : userToken(byUserId)} ${stopText(why)}`;
}
