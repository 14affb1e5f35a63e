import type { KnownBlock, StaticSelect } from '@slack/types';
import type { FreezeScope } from '../../../core/model/freeze.ts';
import type { FreezeNotice, Summary, SummaryLine } from '../../../core/model/notice.ts';
import { durationText } from '../../../core/text/sentences.ts';
import { DETAILS_MENU } from '../click-value.ts';
import { mrkdwn, option, plainText, section } from './buttons.ts';
import type { Card } from './render-card.ts';
import { clock, code, dayAndClock, mention, plain, prose, stack } from './text.ts';

const LINES_MAX = 15;

const OPTIONS_MAX = 100;

const MENUS_MAX = 2;

const LINES_CHARS_MAX = 2400;

/** Menus count into what Slack takes of a message, so many lines get less room each. */
const OPTIONS_CHARS_MAX = 5000;

const OPTION_CHARS = { min: 24, max: 75 };

/** Many incidents in one message: the worst in words, each of them in a menu. */
export function renderSummary(summary: Summary): Card {
  const { title, lines, openedAtMs, resolvedAtMs } = summary;
  const emoji = resolvedAtMs === null ? '🌊' : '🟢';
  const since = `Since ${dayAndClock(openedAtMs)}`;
  const over = resolvedAtMs === null ? '' : `, over at ${clock(resolvedAtMs)}`;
  return {
    text: `${emoji} ${prose(title, 290)}`,
    blocks: [
      { type: 'header', block_id: 'head', text: plainText(plain(`${emoji} ${title}`, 150)) },
      section('summary', stack([since + over, ...resolvedLine(summary)], 600)),
      ...(lines.length === 0 ? [] : [section('lines', stack(textLines(summary), LINES_CHARS_MAX))]),
      ...menus(lines),
      { type: 'context', block_id: 'foot', elements: [mrkdwn(code(summary.id, 64))] },
    ],
  };
}

/** What is open and how bad it is, the title says. */
function resolvedLine({ counts, resolvedAtMs }: Summary): string[] {
  return counts.resolved === 0 || resolvedAtMs !== null ? [] : [`*${counts.resolved} more* are well again`];
}

function textLines({ lines, more, openedAtMs }: Summary): string[] {
  const left = lines.length - Math.min(lines.length, LINES_MAX) + more;
  return [
    ...lines.slice(0, LINES_MAX).map((line) => textLine(line, openedAtMs)),
    ...(left > 0 ? [`… and ${left} more in the menu`] : []),
  ];
}

function textLine({ severity, isOpen, title, sinceMs }: SummaryLine, openedAtMs: number): string {
  const emoji = isOpen ? (severity === 'critical' ? '🔴' : '⚠️') : '🟢';
  const later = sinceMs - openedAtMs < 60_000 ? '' : `, ${durationText(sinceMs - openedAtMs)} later`;
  return `${emoji} ${prose(title, 120)}${later}`;
}

/** A select takes 100 options; two of them hold every line that a summary can have. */
function menus(lines: readonly SummaryLine[]): KnownBlock[] {
  const room = Math.floor(OPTIONS_CHARS_MAX / Math.max(1, lines.length));
  const charsMax = Math.min(OPTION_CHARS.max, Math.max(OPTION_CHARS.min, room));
  const groups = Array.from({ length: MENUS_MAX }, (_, at) => lines.slice(at * OPTIONS_MAX, (at + 1) * OPTIONS_MAX));
  const elements = groups
    .filter((group) => group.length > 0)
    .map((group, at): StaticSelect => {
      const many = lines.length > OPTIONS_MAX ? ` (${at * OPTIONS_MAX + 1} to ${at * OPTIONS_MAX + group.length})` : '';
      return {
        type: 'static_select',
        action_id: `${DETAILS_MENU}:${at}`,
        placeholder: plainText(`Open one${many}…`),
        options: group.map((line) => option(plain(line.title, charsMax), line.targetId)),
      };
    });
  return elements.length === 0 ? [] : [{ type: 'actions', block_id: 'act', elements }];
}

const CHARS_MAX = 1200;

/** A freeze as a message: who, what, why, until when, and how it is lifted; then that it has ended. */
export function renderFreeze(notice: FreezeNotice): Card {
  const { id, scope, title, what, byUserId, sinceMs, untilMs, why, ended } = notice;
  const emoji = ended === null ? '❄️' : '🌤️';
  const until = untilMs === null ? 'until somebody lifts it' : `until ${dayAndClock(untilMs)}`;
  const now =
    ended === null
      ? [`Nothing of it runs ${until}. ${code(`/runbell unfreeze ${typed(scope)}`, 120)} lifts it.`]
      : [
          `*${ended.byUserId === null ? 'Its time was over' : `${mention(ended.byUserId)} lifted it`} ${dayAndClock(ended.atMs)}.*`,
        ];
  const who = `${mention(byUserId)} froze *${prose(what, 200)}* ${dayAndClock(sinceMs)}: ${prose(why, 300)}`;
  return {
    text: `${emoji} ${prose(title, 250)}`,
    blocks: [
      {
        type: 'header',
        block_id: 'head',
        text: plainText(`${emoji} ${ended === null ? 'Frozen' : 'No longer frozen'}`),
      },
      section('freeze', stack([who, ...now], CHARS_MAX)),
      { type: 'context', block_id: 'foot', elements: [mrkdwn(code(id, 64))] },
    ],
  };
}

function typed(scope: FreezeScope): string {
  if (scope.kind === 'everything') return scope.kind;
  return scope.kind === 'person' ? '@person' : `${scope.kind} ${scope.id}`;
}
