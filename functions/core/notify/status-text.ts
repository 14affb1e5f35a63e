import { inForce } from '../act/freezes.ts';
import type { Config, MaintenanceConfig } from '../config/config.ts';
import { windowSilence } from '../incident/maintenance.ts';
import type { FreezeState } from '../model/freeze.ts';
import type { TargetState } from '../model/target.ts';
import type { TimelineEntry } from '../model/timeline.ts';
import type { SetAside } from '../ports.ts';
import { isOfItem } from '../store/store-error.ts';
import { sightAdvice, summaryText } from '../text/sentences.ts';
import { scopeText } from '../text/thread.ts';
import { foreign, timeToken, userToken } from '../text/tokens.ts';

const TARGETS_SHOWN_MAX = 20;

/** What is wrong, what runs, what is silenced, what is frozen: for the slash command and the command line. */
export function statusText(
  open: readonly TargetState[],
  freezes: FreezeState | 'unreadable',
  nowMs: number,
  maintenance: Config['maintenance'] = [],
  observing: readonly string[] = [],
  setAside: readonly SetAside[] = [],
): string {
  const all = open.filter(({ incident }) => incident !== null && incident.resolvedAtMs === null);
  const trouble = all.filter(({ incident }) => !incident?.isPractice);
  const lines = trouble.slice(0, TARGETS_SHOWN_MAX).map(lineOf);
  const more = trouble.length - lines.length;
  const held =
    freezes === 'unreadable'
      ? ['Whether anything is frozen cannot be read, and so nothing may run.']
      : inForce(freezes, nowMs).map(
          ({ scope, byUserId, sinceMs, untilMs, why }) =>
            `Frozen: ${scopeText(scope, userToken)}, by ${userToken(byUserId)} at ${timeToken(sinceMs)}${untilText(untilMs)}: ${why}`,
        );
  return [
    trouble.length === 0 ? 'No database is in trouble.' : `${trouble.length} in trouble:`,
    ...lines,
    ...(more > 0 ? [`and ${more} more`] : []),
    ...all.filter((one) => !trouble.includes(one)).map(lineOf),
    ...maintenance.flatMap((window) => windowLine(window, nowMs)),
    ...(observing.length === 0 ? [] : [`Observe mode, nothing is changed on a host: ${observing.join(', ')}`]),
    ...held,
    ...setAside.map(({ item, why }) => `Set aside, and not looked after: ${foreign(item)} (${foreign(why)})`),
  ].join('\n');
}

function windowLine(window: MaintenanceConfig, nowMs: number): string[] {
  const on = windowSilence(window, nowMs);
  if (on === null) return [];
  const what = on.lets === undefined ? 'nothing is told' : 'only what is critical is told';
  const where = window.targets?.join(', ') ?? 'every database';
  return [`Maintenance window until ${timeToken(on.untilMs)} for ${where}, ${what}: ${on.why}`];
}

/** One that holds what it should not hides no other. */
function lineOf(state: TargetState): string {
  try {
    return targetLine(state);
  } catch (error) {
    if (!isOfItem(error)) throw error;
    return `${foreign(state.targetId)}: what is stored of it cannot be shown (${foreign(error.message)})`;
  }
}

function targetLine(state: TargetState): string {
  const { targetId, incident, run, silence, acknowledgement } = state;
  const who = acknowledgement === null ? '' : `; ${userToken(acknowledgement.userId)} has it`;
  const how = silence?.byUserId === null ? 'in its maintenance window' : 'silenced';
  const silent = silence === null ? '' : `; ${how} until ${timeToken(silence.untilMs)}`;
  const doing = run?.phase === 'running' || run?.phase === 'awaiting' ? `; "${run.runbookTitle}" ${run.phase}` : '';
  return `${targetId} (${incident?.isPractice ? 'practice' : incident?.severity}, ${incident?.id}): ${[summaryText(state), ...sightAdvice(state)].join('. ')}${who}${silent}${doing}`;
}

function untilText(untilMs: number | null): string {
  return untilMs === null ? '' : ` until ${timeToken(untilMs)}`;
}

/** One line an entry. */
export function timelineText(entries: readonly TimelineEntry[]): string {
  if (entries.length === 0) return 'There is nothing in that timeline.';
  return entries.map(timelineLine).join('\n');
}

export function timelineLine({ atMs, text, byUserId, why }: TimelineEntry): string {
  const who = byUserId === null ? '' : `${userToken(byUserId)}: `;
  return `${timeToken(atMs)} ${who}${text}${why === null ? '' : ` (${why})`}`;
}
