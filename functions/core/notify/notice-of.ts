import { offersOf } from '../act/offers.ts';
import { observedOf } from '../config/people.ts';
import { databaseOf } from '../config/target-id.ts';
import { courseOf } from '../incident/course.ts';
import { practiceEndMs } from '../incident/practice.ts';
import { unreachable } from '../invariant.ts';
import type { Freeze } from '../model/freeze.ts';
import type { Face, Notice, NoticeRun, Offer } from '../model/notice.ts';
import type { HostEnding, TargetRun } from '../model/run.ts';
import type { Incident, TargetState } from '../model/target.ts';
import type { Settings } from '../settings.ts';
import { toldOf } from '../text/causes.ts';
import { endingText, outcomeText, reasonText, sightAdvice, summaryText } from '../text/sentences.ts';
import { othersText, stopText } from '../text/thread.ts';
import { foreign, timeToken, userToken } from '../text/tokens.ts';
import { chartFacts } from './chart-facts.ts';
import { controlsOf, withoutFrozen } from './freeze-notice.ts';
import { recordText } from './record-text.ts';

const LINES_PER_HOST_MAX = 10;
/** Times closer than this to the incident's own are not worth a line. */
const NEWS_MS = 150_000;

/** What people should know now, with what is frozen in force. null: this target has no incident to speak of. */
export function noticeOf(state: TargetState, settings: Settings, frozen: readonly Freeze[] = []): Notice | null {
  const { incident, figures } = state;
  if (incident === null) return null;
  const face = faceOf(state, incident);
  const observing = incident.resolvedAtMs === null ? observedOf(settings.config, databaseOf(state.targetId)) : [];
  const offers = withoutFrozen(offersOf(state, settings), frozen);
  // Once it is healthy again, who holds the connections is nobody's trouble.
  const told = toldOf(incident, incident.healthySinceMs === null ? (figures?.holders ?? []) : []);
  return {
    kind: 'incident',
    targetId: state.targetId,
    incidentId: incident.id,
    face,
    severity: incident.severity,
    title: titleOf(state.targetId, face, incident),
    summary: summaryText(state),
    facts: factsOf(state, incident, told.behind),
    holders: told.holders,
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
          `${foreign(one.runbookTitle)}, by ${userToken(one.byUserId)} ${timeToken(one.startedAtMs)}: ${outcomeText(one.outcome)}`,
      ),
    offers,
    controls: controlsOf(state, settings, frozen),
    record: recordText(state, settings, offers),
    advice: adviceOf(offers),
    acknowledgedBy: state.acknowledgement?.userId ?? null,
    acknowledgedAtMs: state.acknowledgement?.atMs ?? null,
    silence: state.silence,
    isPractice: incident.isPractice ?? false,
    ...(observing.length === 0 ? {} : { observing }),
  };
}

function faceOf({ run, figures }: TargetState, incident: Incident): Face {
  if (run !== null && run.phase === 'running') return 'running';
  if (run !== null && run.phase === 'awaiting') return 'awaiting';
  if (run !== null && run.phase === 'verifying') return 'verifying';
  if (incident.resolvedAtMs !== null) return run?.outcome?.kind === 'recovered' ? 'recovered' : 'resolved';
  // An outcome and a severity speak until the incident has moved on: red is for what is wrong now, green for what is not.
  const outcome = run?.outcome ?? null;
  if (outcome?.kind === 'recovered' && incident.lastBreachAtMs <= outcome.after.atMs) return 'recovered';
  if (incident.healthySinceMs !== null) return 'settling';
  const { kind, sinceMs } = courseOf(incident);
  if (kind === 'unreachable') return 'unreachable';
  const hasTurned = outcome !== null && outcome.kind !== 'inconclusive' && sinceMs > outcome.after.atMs;
  if (outcome !== null && outcome.kind !== 'recovered' && !hasTurned) return outcome.kind;
  return troubleFace(figures, incident);
}

function troubleFace(figures: TargetState['figures'], incident: Incident): Face {
  const { kind } = courseOf(incident);
  if (kind === 'full' && figures?.full !== false) return 'refusing';
  return kind === 'unreachable' || kind === 'blind' ? kind : incident.severity;
}

/** What is wrong in a few words, whatever is done about it: for who is woken. */
export function troubleTitle({ targetId, figures }: TargetState, incident: Incident): string {
  return titleOf(targetId, troubleFace(figures, incident), incident);
}

/** What is wrong, or what became of it, in a few words. */
export function titleNow(state: TargetState, incident: Incident): string {
  return titleOf(state.targetId, faceOf(state, incident), incident);
}

function titleOf(targetId: string, face: Face, incident: Incident): string {
  switch (face) {
    case 'refusing':
      return `${targetId} refuses connections`;
    case 'unreachable':
      return `${targetId} is unreachable`;
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
    case 'settling':
      return `${targetId} is well for now`;
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

function factsOf(state: TargetState, incident: Incident, behind: readonly string[]): string[] {
  const endMs = practiceEndMs(state);
  if (endMs !== null) {
    return ['Press a button: it looks at the hosts and changes nothing', `It ends by itself ${timeToken(endMs)}`];
  }
  const why = incident.reasons.map(reasonText).join('; ');
  const facts = [`${incident.healthySinceMs === null ? 'Why' : 'Why it began'}: ${foreign(why)}`];
  if (incident.resolvedAtMs === null) facts.push(...sightAdvice(state), ...sinceOf(incident), ...behind);
  else if (state.tried.length === 0 && state.run?.outcome == null) facts.push('Nothing was run against it');
  if (incident.reopenedTimes > 0)
    facts.push(
      `Came back ${incident.reopenedTimes === 1 ? 'once' : `${incident.reopenedTimes} times`} after it had been resolved`,
    );
  const { lostSight } = state.figures ?? { lostSight: null };
  if (lostSight !== null && isNews(lostSight.sinceMs, incident))
    facts.push(`Out of sight since ${timeToken(lostSight.sinceMs)}`);
  if (incident.resolvedAtMs === null && incident.healthySinceMs !== null) {
    facts.push(`Healthy since ${timeToken(incident.healthySinceMs)}; resolved once that has lasted for some minutes`);
  }
  return facts;
}

function sinceOf(incident: Incident): string[] {
  const leak = incident.reasons.find((reason) => reason.rule === 'leak');
  return leak !== undefined && isNews(leak.sinceMs, incident) ? [`It began to grow ${timeToken(leak.sinceMs)}`] : [];
}

function isNews(sinceMs: number, { openedAtMs }: Incident): boolean {
  return Math.abs(sinceMs - openedAtMs) >= NEWS_MS;
}

function noticeRunOf(run: TargetRun, isPractice: boolean): NoticeRun {
  const lines = run.endings.flatMap((ended, at) => {
    if (ended === null) return run.endedAtMs === null ? [] : [`${run.hosts[at]}: left alone`];
    const said = ended.lines.slice(0, LINES_PER_HOST_MAX).map(foreign);
    return [`${ended.hostId}: ${foreign(endingText(ended.ending))}`, ...said];
  });
  const { brokenGlass } = run;
  const drawn = { headline: runHeadline(run, isPractice), lines, brief: briefOf(run) };
  return brokenGlass === undefined ? drawn : { ...drawn, brokenGlass: foreign(brokenGlass) };
}

/** What a look has found and what did not go well has to be read; the rest is told by the database. */
function briefOf({ phase, outcome, endings }: TargetRun): string | null {
  const done = endings.filter((one): one is HostEnding => one?.ending.kind === 'done');
  if ((phase !== 'verifying' && outcome === null) || done.length < endings.length) return null;
  return `Done on ${done.map(({ hostId }) => hostId).join(', ')}; what each said is in the details`;
}

function runHeadline(run: TargetRun, isPractice: boolean): string {
  const title =
    run.undoes === null ? `"${foreign(run.runbookTitle)}"` : `Taking back with "${foreign(run.runbookTitle)}"`;
  const tried = run.dryRun ? ', only trying it out,' : '';
  const people = run.agreedBy ?? (run.approvedBy === null ? [] : [run.approvedBy]);
  const agreed = people.length === 0 ? '' : `, agreed to by ${people.map(userToken).join(' and ')},`;
  const at = timeToken(run.startedAtMs);
  if (run.phase === 'awaiting') {
    return `${title}, asked for by ${userToken(run.byUserId)} at ${at}${waitingText(run.waiting)}; nothing runs before`;
  }
  const by = `${title}${tried} by ${userToken(run.byUserId)}`;
  if (run.phase === 'running') {
    const ended = run.endings.filter((one) => one !== null).length;
    const stopped = run.stop === null ? '' : `; ${stopSays(run.stop)}`;
    return `${by}${agreed} is running since ${at}, ${ended} of ${run.hosts.length} hosts done${stopped}`;
  }
  const who = `${by} at ${at}${agreed}`;
  if (run.stop !== null && run.outcome === null) return `${who} has ended early: ${stopSays(run.stop)}`;
  // Without an outcome to wait for it was a look, or reached no host.
  const isLook = run.dryRun || isPractice || (run.phase === 'judged' && run.outcome === null);
  if (isLook) return `${who} has ended; nothing was changed`;
  if (run.outcome === null) return `${who} has ended; the next samples say whether it helped`;
  return `${who}: ${outcomeText(run.outcome)}`;
}

/** Whose yes it waits for. A name from the command line is somebody's word, so whose it is stands beside it. */
function waitingText(waiting: TargetRun['waiting']): string {
  if (waiting === null) return ' waits for a second person';
  const { by, second, agreed = [], untilMs } = waiting;
  const via = by.via === undefined ? '' : ` from the command line as ${foreign(by.via).slice(0, 160)}`;
  const most = second?.approversMin ?? 1;
  const names = agreed.length === 0 ? '' : `: ${agreed.map(({ userId }) => userToken(userId)).join(', ')}`;
  const so = most === 1 ? '' : `, ${agreed.length} of ${most} agreed${names}`;
  return `${via}, waits for ${othersText(second)} until ${timeToken(untilMs)}${so}`;
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
