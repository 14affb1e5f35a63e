import { endedWell } from '../act/next-step.ts';
import type { Permit } from '../act/permit.ts';
import type { HostRun, Outcome, Run, Stop } from '../act/run.ts';
import type { Advance } from '../incident/advance-incident.ts';
import type { TargetRun, TargetState } from '../incident/target-state.ts';
import type { TimelineDraft } from '../timeline/entry.ts';
import { foreign, timeToken, userToken } from './tokens.ts';
import { durationText, endingText, outcomeText, reasonText, summaryText } from './words.ts';

/** A turning point: an entry of the timeline, and what the thread says of it. null: the thread says nothing. */
export interface Happening extends Omit<TimelineDraft, 'refs'> {
  readonly told: string | null;
  readonly refs?: TimelineDraft['refs'];
}

type Lean = Partial<Happening> & Pick<Happening, 'id' | 'atMs' | 'what' | 'text'>;

/** The thread says what the timeline keeps, unless told otherwise. */
export function happening(lean: Lean): Happening {
  return { byUserId: null, why: null, told: `${lean.text}.`, ...lean };
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
  const say = (kind: 'opened' | 'escalated' | 'reopened' | 'resolved', text: string, told?: null) =>
    entries.push(
      happening({ id: `${kind}:${nowMs}`, atMs: nowMs, what: kind, text, ...(told === null ? { told } : {}) }),
    );
  if (incident !== null) {
    const summary = foreign(summaryText(after));
    const why = foreign(incident.reasons.map(reasonText).join('; '));
    // The card itself says that it has opened.
    if (what === 'opened') say('opened', `${after.targetId}, ${incident.severity}: ${summary}; ${why}`, null);
    if (what === 'escalated') say('escalated', `Now critical: ${summary}`);
    if (what === 'reopened') say('reopened', `The same trouble is back: ${summary}`);
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
    entries.push(happening({ id: `outcome:${run.runId}:${outcome.kind}`, atMs: nowMs, what: 'outcome', text, refs }));
  }
  return entries;
}

export function runStartedStory({ runId, request, entry, askedBy, approvedBy }: Permit, nowMs: number): Happening[] {
  const title = `"${foreign(entry.manifest.title)}"${request.dryRun ? ' without changing anything' : ''}`;
  const agreed = approvedBy === null ? '' : `, agreed to by ${userToken(approvedBy)}`;
  const back = request.kind === 'undo' ? ` to take back ${request.undoes}` : '';
  const text = `started ${title} on ${request.hosts.join(', ')}${back}${agreed}`;
  const told = `${userToken(askedBy)} ${text}.`;
  const refs = { runId, document: entry.document.name };
  return [happening({ id: `started:${runId}`, atMs: nowMs, what: 'started', byUserId: askedBy, text, told, refs })];
}

export function runAwaitsStory(
  { runId, request, entry, askedBy }: Permit,
  untilMs: number,
  nowMs: number,
): Happening[] {
  const what = `"${foreign(entry.manifest.title)}" on ${request.hosts.join(', ')}`;
  const text = `wants ${what}; a second person may agree until ${timeToken(untilMs)}`;
  const told = `${userToken(askedBy)} ${text}. Nothing runs before.`;
  const refs = { runId };
  return [happening({ id: `awaiting:${runId}`, atMs: nowMs, what: 'awaiting', byUserId: askedBy, text, told, refs })];
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
