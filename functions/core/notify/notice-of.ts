import { offersOf } from '../act/offers.ts';
import { observedOf } from '../config/people.ts';
import { databaseOf } from '../config/target-id.ts';
import { practiceEndMs } from '../incident/practice.ts';
import type { Freeze } from '../model/freeze.ts';
import type { Notice, NoticeRun, Offer } from '../model/notice.ts';
import type { HostEnding, TargetRun } from '../model/run.ts';
import type { Incident, TargetState } from '../model/target.ts';
import type { Settings } from '../settings.ts';
import { toldOf } from '../text/causes.ts';
import { livenessTexts, runHeadline } from '../text/run-text.ts';
import { endingText, outcomeText, reasonText, sightAdvice, summaryText } from '../text/sentences.ts';
import { foreign, timeToken, userToken } from '../text/tokens.ts';
import { mayBeGreen } from '../verify/liveness.ts';
import { chartFacts } from './chart-facts.ts';
import { faceOf, titleOf } from './face-of.ts';
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
  // Once it is healthy again, who holds the connections is nobody's trouble, nor is it while the application is away.
  const isAway = incident.reasons.length > 0 && incident.reasons.every(({ rule }) => rule === 'applicationDown');
  const held = incident.healthySinceMs === null && !isAway ? (figures?.holders ?? []) : [];
  const told = toldOf(isAway ? { ...incident, causes: [], culprit: null } : incident, held);
  return {
    kind: 'incident',
    targetId: state.targetId,
    incidentId: incident.id,
    face,
    severity: incident.severity,
    title: titleOf(state, face, incident),
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

function factsOf(state: TargetState, incident: Incident, behind: readonly string[]): string[] {
  const endMs = practiceEndMs(state);
  if (endMs !== null) {
    return ['Press a button: it looks at the hosts and changes nothing', `It ends by itself ${timeToken(endMs)}`];
  }
  const why = incident.reasons.map(reasonText).join('; ');
  const facts = [`${incident.healthySinceMs === null ? 'Why' : 'Why it began'}: ${foreign(why)}`];
  if (incident.resolvedAtMs === null) facts.push(...sightAdvice(state), ...sinceOf(incident), ...behind);
  else if (state.tried.length === 0 && state.run === null) facts.push('Nothing was run against it');
  facts.push(...livenessTexts(state));
  if (incident.reopenedTimes > 0)
    facts.push(
      `Came back ${incident.reopenedTimes === 1 ? 'once' : `${incident.reopenedTimes} times`} after it had been resolved`,
    );
  const { lostSight } = state.figures ?? { lostSight: null };
  if (lostSight !== null && isNews(lostSight.sinceMs, incident))
    facts.push(`Out of sight since ${timeToken(lostSight.sinceMs)}`);
  if (incident.resolvedAtMs === null && incident.healthySinceMs !== null && mayBeGreen(state.liveness)) {
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

function adviceOf(offers: readonly Offer[]): string[] {
  const why = new Set(
    offers.flatMap((offer) => (offer.kind === 'suggested' && offer.told !== 'details' ? [offer.why] : [])),
  );
  return [...why];
}
