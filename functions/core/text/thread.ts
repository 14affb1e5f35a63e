import type { FreezeScope } from '../model/freeze.ts';
import type { Permit } from '../model/permit.ts';
import type { Requester, SecondPerson } from '../model/request.ts';
import { endedWell, type HostRun, type Outcome, type Run, type Stop, type TargetRun } from '../model/run.ts';
import type { Advance, Incident, LookFound, TargetState } from '../model/target.ts';
import { type Happening, happening, UNCHANGED } from '../model/timeline.ts';
import { type TroubleKind, troubleKindOf } from '../model/verdict.ts';
import { durationText, endingText, outcomeText, partsText, reasonText, summaryText } from './sentences.ts';
import { foreign, timeToken, userToken } from './tokens.ts';

/** "everything", "the application shop", "the runbook restart-workers". */
export function scopeText(scope: FreezeScope, person: (userId: string) => string): string {
  switch (scope.kind) {
    case 'everything':
      return 'everything';
    case 'application':
      return `the application ${scope.id}`;
    case 'runbook':
      return `the runbook ${scope.id}`;
    case 'person':
      return `everything that ${person(scope.id)} starts`;
  }
}

export interface StoryInput {
  readonly before: TargetState;
  readonly after: TargetState;
  readonly what: Advance['what'];
  readonly nowMs: number;
}

/** What a person would want to read later: turning points, not a log. */
export function storyOf({ before, after, what, nowMs }: StoryInput): Happening[] {
  const { incident, run } = after;
  const entries: Happening[] = [];
  const say = (kind: 'opened' | 'escalated' | 'turned' | 'reopened' | 'resolved', text: string, how: object = {}) =>
    entries.push(happening({ id: `${kind}:${nowMs}`, atMs: nowMs, what: kind, text, ...how }));
  const [quiet, loud] = [{ told: null }, { isLoud: true }] as const;
  if (incident !== null) {
    const summary = foreign(summaryText(after));
    const why = foreign(incident.reasons.map(reasonText).join('; '));
    // The card itself says that it has opened.
    if (what === 'opened') say('opened', `${after.targetId}, ${incident.severity}: ${summary}; ${why}`, quiet);
    const hasRisen = incident.severity !== before.incident?.severity;
    if (what === 'escalated' || (what === 'turned' && hasRisen))
      say('escalated', `Now critical: ${summary}`, what === 'turned' ? quiet : loud);
    if (what === 'turned')
      say('turned', `Now ${hasRisen ? 'critical, ' : ''}${TURNS[troubleKindOf(incident.reasons)]}: ${summary}`, loud);
    if (what === 'reopened') say('reopened', `${backText(before.incident, incident)}: ${summary}`, loud);
    if (what === 'resolved') say('resolved', `Resolved after ${durationText(nowMs - incident.openedAtMs)}: ${summary}`);
  }
  const { silence } = after;
  // A person's silence is told where the person is answered.
  if (silence !== null && silence.byUserId === null && silence !== before.silence) {
    const text = `Maintenance window until ${timeToken(silence.untilMs)}: ${foreign(silence.why)}`;
    entries.push(happening({ id: `silenced:${silence.untilMs}`, atMs: nowMs, what: 'silenced', text, told: null }));
  }
  const outcome: Outcome | null = run?.outcome ?? null;
  if (run !== null && outcome !== null && outcome !== before.run?.outcome) {
    const text = `${foreign(run.runbookTitle)}: ${outcomeText(outcome)}`;
    const refs = { runId: run.runId };
    const id = `outcome:${run.runId}:${outcome.kind}`;
    const how = outcome.kind === 'relapsed' ? loud : {};
    entries.push(happening({ id, atMs: nowMs, what: 'outcome', text, refs, ...how }));
  }
  return entries;
}

const TURNS: Readonly<Record<TroubleKind, string>> = {
  connections: 'running out of connections',
  full: 'full',
  unreachable: 'unreachable',
  blind: "it can't be read",
  applicationDown: 'the application is down',
  partlyDown: 'parts of the application are down',
};

function backText(before: Incident | null, { reasons }: Incident): string {
  const isSame = before === null || troubleKindOf(before.reasons) === troubleKindOf(reasons);
  return isSame ? 'The same trouble is back' : `Another trouble: ${TURNS[troubleKindOf(reasons)]}`;
}

/** A run that changed nothing has no outcome, and the timeline says so. */
export function unchangedStory({ runId, runbookTitle }: TargetRun, nowMs: number): Happening[] {
  const text = `${foreign(runbookTitle)}: nothing was changed`;
  const how = { what: 'outcome', why: UNCHANGED, told: null, refs: { runId } } as const;
  return [happening({ id: `outcome:${runId}:${UNCHANGED}`, atMs: nowMs, text, ...how })];
}

/** What a look of Runbell's own found; the thread hears what is new. */
export function lookedStory(run: Run, before: LookFound, found: LookFound, nowMs: number): Happening[] {
  const where = `${run.applicationId} on ${run.hosts.map(({ hostId }) => hostId).join(', ')}`;
  const text = `looked at ${where}: ${foreign(foundText(found))}`;
  const told = found.kind === before.kind ? null : `Runbell ${text}.`;
  const how = { what: 'looked', why: found.kind, told, refs: { runId: run.runId } } as const;
  return [happening({ id: `looked:${run.runId}`, atMs: nowMs, text, ...how })];
}

function foundText(found: LookFound): string {
  switch (found.kind) {
    case 'asked':
      return 'not yet';
    case 'unclear':
      return `not known whether it runs (${found.why})`;
    case 'up':
      return `all ${found.up} parts are up`;
    case 'partly':
    case 'down':
      return partsText(found);
  }
}

export function runStartedStory(permit: Permit, nowMs: number): Happening[] {
  const { runId, request, entry, askedBy, agreedBy, brokenGlass, isObserved } = permit;
  const title = `"${foreign(entry.manifest.title)}"${request.dryRun ? ' without changing anything' : ''}`;
  const agreed = agreedBy.length === 0 ? '' : `, agreed to by ${agreedBy.map(userToken).join(' and ')}`;
  const back = request.kind === 'undo' ? ` to take back ${request.undoes}` : '';
  const alone = brokenGlass === null ? '' : `, alone where a second person is needed: ${foreign(brokenGlass)}`;
  const observed = isObserved ? ', because it is observed' : '';
  const text = `started ${title} on ${request.hosts.join(', ')}${back}${agreed}${alone}${observed}`;
  const told = `${brokenGlass === null ? '' : '🚨 '}${userToken(askedBy)} ${text}.`;
  const why = brokenGlass === null ? null : 'brokenGlass';
  const refs = { runId, document: entry.document.name };
  return [
    happening({ id: `started:${runId}`, atMs: nowMs, what: 'started', byUserId: askedBy, why, text, told, refs }),
  ];
}

export function runAwaitsStory(
  { runId, request, entry, askedBy, second }: Permit,
  untilMs: number,
  nowMs: number,
): Happening[] {
  const what = `"${foreign(entry.manifest.title)}" on ${request.hosts.join(', ')}`;
  const text = `wants ${what}; ${othersText(second)} may agree until ${timeToken(untilMs)}`;
  const told = `${userToken(askedBy)} ${text}. Nothing runs before.`;
  const refs = { runId };
  const asks = { what: 'awaiting', byUserId: askedBy, text, told, refs, isLoud: true } as const;
  return [happening({ id: `awaiting:${runId}`, atMs: nowMs, ...asks })];
}

/** Who is asked, and where it is not the configuration that asks, why. */
export function othersText(second: SecondPerson | null | undefined): string {
  const { approversMin = 1, why = 'configured' } = second ?? {};
  const who = approversMin === 1 ? 'a second person' : `${approversMin} other people`;
  return why === 'configured' ? who : `${who}, because this adds load to a database that is near its limit,`;
}

export function agreedStory(
  { runId, runbookTitle }: TargetRun,
  agreed: readonly Requester[],
  approversMin: number,
  nowMs: number,
): Happening[] {
  const byUserId = agreed.at(-1)?.userId ?? null;
  const text = `agreed to "${foreign(runbookTitle)}", ${agreed.length} of ${approversMin}`;
  const told = `${userToken(byUserId ?? '')} ${text}. Nothing runs before the last one.`;
  const id = `agreed:${runId}:${byUserId}`;
  return [happening({ id, atMs: nowMs, what: 'agreed', byUserId, text, told, refs: { runId } })];
}

/** `byUserId` null: nobody agreed in time. */
export function withdrawnStory(run: TargetRun, byUserId: string | null, nowMs: number): Happening[] {
  const title = `"${foreign(run.runbookTitle)}"`;
  const text =
    byUserId === null ? `Nobody agreed to ${title} in time; nothing ran` : `said no to ${title}; nothing ran`;
  const told = byUserId === null ? `${text}.` : `${userToken(byUserId)} ${text}.`;
  const refs = { runId: run.runId };
  return [happening({ id: `withdrawn:${run.runId}`, atMs: nowMs, what: 'withdrawn', byUserId, text, told, refs })];
}

/** The card said that it runs, and there is no such run: whoever started it died before anything was sent. */
export function neverBegunStory(run: TargetRun, nowMs: number): Happening[] {
  const text = `"${foreign(run.runbookTitle)}" did not begin, because Runbell was interrupted; nothing ran`;
  const refs = { runId: run.runId };
  return [happening({ id: `neverBegun:${run.runId}`, atMs: nowMs, what: 'withdrawn', text, refs })];
}

export function stoppedStory(runId: string, { why, byUserId, atMs }: Stop): Happening[] {
  const text = stopText(why);
  const who = byUserId === null ? 'Runbell' : userToken(byUserId);
  const told = `${who} ${text}; hosts that were not begun yet are left alone.`;
  const refs = { runId };
  return [happening({ id: `stopped:${runId}`, atMs, what: 'stopped', byUserId, why, text, told, refs })];
}

/** After the name of whoever did it. */
export function stopText(why: Stop['why']): string {
  switch (why) {
    case 'cancelled':
      return 'cancelled it';
    case 'frozen':
      return 'froze it while it ran';
    case 'freezeUnknown':
      return 'cannot read whether it is frozen, and stopped';
    case 'madeWay':
      return 'made way for what a person has started';
    case 'lockLost':
      return 'had lost its hold on the application, and stopped';
    case 'observing':
      return 'only tries out since it began, and stopped';
  }
}

/** The script's own lines are for the thread; the timeline keeps only how it ended. */
export function hostEndedStory(run: Run, host: HostRun, nowMs: number): Happening[] {
  if (host.ending === null) return [];
  const says = endingText(host.ending);
  const rest = endedWell(host) ? '' : '. The hosts after it were left alone.';
  const refs = {
    runId: run.runId,
    hostId: host.hostId,
    ...(host.commandId === null ? {} : { commandId: host.commandId }),
  };
  return [
    happening({
      id: `ended:${run.runId}:${host.hostId}`,
      atMs: nowMs,
      what: 'hostEnded',
      why: host.ending.kind,
      text: `${host.hostId} has ended`,
      told: [`${host.hostId}: ${foreign(says)}${rest}`, ...host.lines.map(foreign)].join('\n'),
      refs,
    }),
  ];
}
