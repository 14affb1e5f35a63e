import { changedBy, type Ending, endedBadly, type HostEnding, type Measure, type TargetRun } from '../model/run.ts';
import type { Liveness, TargetState } from '../model/target.ts';
import { outcomeText, partsText } from './sentences.ts';
import { othersText, stopText } from './thread.ts';
import { foreign, timeToken, userToken } from './tokens.ts';

/** What runs or ran, by whom, when, and what came of it. */
export function runHeadline(run: TargetRun, isPractice: boolean): string {
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
  const bad = badText(run);
  if (run.outcome !== null) return `${who}${bad}: ${outcomeText(run.outcome)}`;
  if (run.stop !== null) return `${who} has ended early: ${stopSays(run.stop)}`;
  // Without an outcome to wait for it was a look, or it changed nothing.
  if (run.dryRun || isPractice || run.phase === 'judged') return `${who} ${unchangedText(run)}`;
  return bad === ''
    ? `${who} has ended; the next samples say whether it helped`
    : `${who}${bad}; whether it helped is not known before the application was looked at`;
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

function stopSays({ why, byUserId }: NonNullable<TargetRun['stop']>): string {
  return `${byUserId === null ? 'Runbell' : userToken(byUserId)} ${stopText(why)}`;
}

const BADLY: Partial<Record<Ending['kind'], string>> = { timedOut: 'killed at its time limit', lost: 'lost' };

/** ", failed on web-2": a run may have helped and not gone well. */
function badText({ endings }: TargetRun): string {
  const bad = endings.filter((one): one is HostEnding => one !== null && endedBadly(one));
  const [first] = bad;
  if (first === undefined) return '';
  const how = BADLY[first.ending.kind] ?? 'failed';
  return `, ${how} on ${bad.map(({ hostId }) => hostId).join(', ')}`;
}

/** The worst of what hosts said, where nothing was changed on any of them. */
function unchangedText(run: TargetRun): string {
  const kinds = run.endings.map((one) => one?.ending.kind);
  if (changedBy(run.endings) === 'unknown') return `has ended${badText(run)}`;
  if (kinds.includes('failed')) return 'failed, nothing was changed';
  if (kinds.includes('refused')) return 'was refused, nothing was changed';
  if (kinds.every((kind) => kind === 'nothingToDo')) return 'had nothing to do';
  return 'has ended; nothing was changed';
}

/** Whether the application runs: what is known, what is not, and when Runbell looks again. */
export function livenessTexts({ liveness, run, figures, incident }: TargetState): string[] {
  if (liveness === undefined || incident === null) return [];
  const { found, applicationId, hosts } = liveness;
  const again = againText(liveness);
  switch (found.kind) {
    case 'asked': {
      const before = run?.before ?? null;
      const known =
        before === null || figures === null || figures.lostSight !== null
          ? ''
          : `Known: ${countsText(before, figures)}. `;
      return [`${known}Not known yet: whether ${applicationId} still runs; Runbell looks at ${hosts.join(', ')}`];
    }
    case 'unclear':
      return [`Not known: whether ${applicationId} still runs (${foreign(found.why)})${again}`];
    case 'up':
      return [`${applicationId} runs: ${found.up} of ${found.up} parts are up, looked ${timeToken(found.atMs)}`];
    case 'partly':
    case 'down': {
      const says = `${partsText(found, applicationId)} on ${found.hosts.join(', ')}, looked ${timeToken(found.atMs)}`;
      return [`${says}${again}; look at the hosts`];
    }
  }
}

function countsText(before: Measure, { connected }: { readonly connected: number }): string {
  return `${before.connected} → ${connected} connections`;
}

function againText({ lookAtMs }: Liveness): string {
  return lookAtMs === null ? '' : `; looks again ${timeToken(lookAtMs)}`;
}
