import type { FreezeScope } from '../../../functions/core/model/freeze.ts';
import { durationText } from '../../../functions/core/text/sentences.ts';
import { scopeText } from '../../../functions/core/text/thread.ts';
import { copiesSentence } from '../copies.ts';
import type { IncidentView } from '../incident-view.ts';
import type { StatusView } from './status-view.ts';

const SHOWN_MAX = 50;

interface Row {
  readonly state: string;
  readonly target: string;
  readonly lines: readonly string[];
}

/** For a terminal: worst first, in columns, and last what holds back or waits. */
export function statusLines(view: StatusView): string {
  const rows = rowsOf(view);
  const width = (of: (row: Row) => string) => Math.max(0, ...rows.map((row) => of(row).length));
  const [states, targets] = [width(({ state }) => state), width(({ target }) => target)];
  const shown = rows
    .slice(0, SHOWN_MAX)
    .flatMap(({ state, target, lines: [first = '', ...more] }) => [
      `  ${state.padEnd(states)}  ${target.padEnd(targets)}  ${first}`.trimEnd(),
      ...more.map((line) => `  ${''.padEnd(states)}  ${''.padEnd(targets)}  ${line}`),
    ]);
  return [
    `${headOf(view)}  (${view.at})`,
    ...shown,
    ...(rows.length > SHOWN_MAX ? [`  and ${rows.length - SHOWN_MAX} more: --json has them all`] : []),
    ...restOf(view),
    ...copiesLine(view),
    samplingOf(view),
  ].join('\n');
}

function headOf({ incidents }: StatusView): string {
  const real = incidents.filter(({ isPractice }) => !isPractice);
  if (real.length === 0) return 'No database is in trouble.';
  const critical = real.filter(({ severity }) => severity === 'critical').length;
  return `${real.length} in trouble${critical === 0 ? '' : `, ${critical} critical`}:`;
}

function rowsOf(view: StatusView): readonly Row[] {
  const nowMs = Date.parse(view.at);
  // Where nothing at all is sampled, the last line says so for all of them.
  const unseen = view.sampled === null ? [] : view.unseen;
  return [
    ...view.incidents.map((one) => ({
      state: one.isPractice ? 'practice' : one.severity,
      target: one.targetId,
      lines: incidentLines(one, nowMs),
    })),
    ...unseen.map(({ targetId, lastSampleAt, why }) => ({
      state: 'unseen',
      target: targetId,
      lines: [why === 'not sampled' ? `${why}, last ${lastSampleAt ?? 'more than 15 minutes ago'}` : why],
    })),
    ...view.advice.map(({ targetId, text }) => ({
      state: 'advice',
      target: targetId,
      lines: [text.replace(/^Advice: /, '')],
    })),
  ];
}

function incidentLines(one: IncidentView, nowMs: number): readonly string[] {
  const since = durationText(nowMs - Date.parse(one.openedAt));
  const who = one.isPractice ? '' : one.acknowledgedBy === null ? '; nobody has it' : `; @${one.acknowledgedBy} has it`;
  const { run } = one;
  return [
    one.figures,
    `${one.id}, open for ${since}${who}`,
    ...one.reasons,
    ...one.behind,
    ...(one.silencedUntil === null ? [] : [`says nothing until ${one.silencedUntil}`]),
    ...(run === null
      ? []
      : [`${run.runbook} (${run.id}): ${run.phase}${run.outcome === null ? '' : `, ${run.outcome}`}`]),
  ];
}

/** What holds back or waits, a line each. */
function restOf(view: StatusView): readonly string[] {
  const nowMs = Date.parse(view.at);
  return [
    ...view.owed.map(
      ({ what, since, problem }) =>
        `Slack lacks ${what}, for ${durationText(nowMs - Date.parse(since))}${problem === null ? '' : `: ${problem}`}`,
    ),
    ...(view.undecided === 0
      ? []
      : [`Clicks or typed wishes that wait for a decision or an answer: ${view.undecided}. Does act run?`]),
    ...view.setAside.map(
      ({ item, why }) => `Set aside: ${item}, ${why}. What to do: docs/operating.md#items-that-are-set-aside`,
    ),
    ...(view.freezes === null ? ['Whether anything is frozen cannot be read, and so nothing may run.'] : []),
    ...(view.freezes ?? []).map(
      ({ scope, byUserId, since, until, why }) =>
        `Frozen: ${frozenText(scope)}, by @${byUserId} at ${since}, ${until === null ? 'until it is lifted' : `until ${until}`}: ${why}`,
    ),
    ...(view.maintenance ?? []).map(
      ({ until, targets, holds, why }) =>
        `Maintenance window until ${until} for ${targets === 'all' ? 'every database' : targets.join(', ')}, ` +
        `${holds === 'everything' ? 'nothing is told' : 'only what is critical is told'}: ${why}`,
    ),
    ...view.silences.map(
      ({ targetId, until, byUserId, why }) => `Silenced: ${targetId} until ${until}, by @${byUserId}: ${why}`,
    ),
  ];
}

/** Last but one: it is no trouble, but nobody asked for it. */
function copiesLine({ copies, copiesAtUtc }: StatusView): readonly string[] {
  const text = copies === null ? null : copiesSentence(copies, copiesAtUtc ?? '');
  return text === null ? [] : [text];
}

function frozenText(scope: FreezeScope): string {
  return scopeText(scope, (userId) => `@${userId}`);
}

function samplingOf({ sampled, unseen, at }: StatusView): string {
  if (sampled === null) return 'Nothing was sampled in the last 15 minutes: npx runbell doctor says why.';
  const ago = durationText(Date.parse(at) - Date.parse(sampled.slowestAt));
  const late = unseen.some(({ why }) => why === 'not sampled') ? '' : `, the slowest ${ago} ago`;
  return `${sampled.targets} sampled${late}.`;
}
