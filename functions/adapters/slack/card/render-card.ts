import type { KnownBlock } from '@slack/types';
import type { Notice, NoticeRun } from '../../../core/notify/notice.ts';
import { timeToken, userToken } from '../../../core/notify/tokens.ts';
import { durationText } from '../../../core/notify/words.ts';
import type { HolderGroup } from '../../../core/sample/sample.ts';
import { actionBlocks } from './action-blocks.ts';
import { mrkdwn, plainText, section } from './blocks.ts';
import { type ChartBlock, chartBlock } from './chart.ts';
import { lookOf } from './faces.ts';
import { offerText } from './offer-text.ts';
import { sparkline } from './sparkline.ts';
import { clock, code, dayAndClock, mention, plain, prose, stack } from './text.ts';

export interface Card {
  /** What a lock screen and a screen reader get. */
  readonly text: string;
  readonly blocks: (KnownBlock | ChartBlock)[];
}

/** `withChart`: the workspace takes Slack's own chart; else the same is drawn in characters. */
export interface CardOptions {
  readonly withChart: boolean;
}

/**
 * Slack refuses a message above roughly 12,000 characters of text without naming a number; the parts add up
 * to less than 8,000, those of the offers included, whatever a notice holds.
 */
const charsMax = { text: 300, header: 150, summary: 1100, holders: 900, run: 900, tried: 500 };
const HOLDERS_MAX = 5;

/** The notice as a Slack message: the same notice always gives the same card. */
export function renderCard(notice: Notice, { withChart }: CardOptions = { withChart: false }): Card {
  const { emoji, word, subject } = lookOf(notice);
  const about = subject === 'title' ? notice.title : notice.targetId;
  const chart = withChart ? chartBlock(notice) : null;
  const summary = section('summary', stack(summaryLines(notice, chart === null), charsMax.summary));
  const run = notice.run === null ? [] : [section('run', stack(runLines(notice.run), charsMax.run))];
  return {
    text: `${emoji} ${prose(`${word}: ${notice.title}. ${notice.summary}`, charsMax.text - emoji.length - 1)}`,
    blocks: [
      // The leading block keeps its kind for good: Slack refuses some changes of it in an edit.
      { type: 'header', block_id: 'head', text: plainText(plain(`${emoji} ${word} · ${about}`, charsMax.header)) },
      // Where the header speaks of a run, what it does or did comes before the figures.
      ...(subject === 'title' ? [summary, ...run] : [...run, summary]),
      ...(notice.holders.length === 0 ? [] : [section('holders', stack(holderLines(notice), charsMax.holders))]),
      ...(notice.tried.length === 0 ? [] : [section('tried', stack(triedLines(notice.tried), charsMax.tried))]),
      ...offerText(notice),
      ...actionBlocks(notice),
      // Below the buttons, so that a phone shows what is wrong and what can be done without scrolling.
      ...(chart === null ? [] : [chart]),
      { type: 'context', block_id: 'foot', elements: [mrkdwn(footer(notice))] },
    ],
  };
}

export function summaryLines(notice: Notice, withTrail: boolean): string[] {
  const { acknowledgedBy, acknowledgedAtMs, silence } = notice;
  const since = `Since ${dayAndClock(notice.openedAtMs)}`;
  const taken = acknowledgedAtMs === null ? '' : ` since ${clock(acknowledgedAtMs)}`;
  return [
    ...(notice.isPractice ? ['🧪 *Practice: nothing is wrong, and what runs here runs for real.*'] : []),
    ...(acknowledgedBy === null ? [] : [`👀 ${mention(acknowledgedBy)} has it${taken}`]),
    ...(silence === null ? [] : [silenceLine(silence)]),
    `*${prose(notice.summary, 300).trim()}*`,
    ...(withTrail ? trailLines(notice) : []),
    notice.resolvedAtMs === null ? since : `${since}, over at ${clock(notice.resolvedAtMs)}`,
    ...notice.facts.map((fact) => `• ${prose(fact, 300)}`),
  ];
}

function silenceLine({ untilMs, byUserId, why, lets }: NonNullable<Notice['silence']>): string {
  const reason = prose(why, 220);
  if (byUserId !== null) return `🔕 Silent until ${clock(untilMs)}, by ${mention(byUserId)}: ${reason}`;
  const what = lets === 'critical' ? 'only what is critical is told' : 'nothing is told';
  return `🔧 Maintenance window until ${clock(untilMs)}, ${what}: ${reason}`;
}

function trailLines({ trail, connectionsMax }: Notice): string[] {
  const [first, last] = [trail[0], trail.at(-1)];
  if (first === undefined || last === undefined || trail.length < 2) return [];
  const values = trail.map(([, connected]) => connected);
  const peak = Math.max(...values);
  const limit = connectionsMax === null ? '' : `, limit ${connectionsMax}`;
  const peakText = peak > Math.max(first[1], last[1]) ? `, peak ${peak}` : '';
  const span = durationText(last[0] - first[0]);
  return [`\`${sparkline(values, connectionsMax)}\` ${first[1]} → ${last[1]} in ${span}${peakText}${limit}`];
}

export function holderLines({ holders, connectionsMax }: Notice): string[] {
  const rest = holders.slice(HOLDERS_MAX).reduce((sum, group) => sum + group.connections, 0);
  return [
    '*Who holds the connections*',
    ...holders.slice(0, HOLDERS_MAX).map((group) => holderLine(group, connectionsMax)),
    ...(rest > 0 ? [`• ${rest} more of others`] : []),
  ];
}

function holderLine(group: HolderGroup, connectionsMax: number | null): string {
  const share = connectionsMax === null ? '' : ` (${Math.round((group.connections / connectionsMax) * 100)} %)`;
  const database = group.database === null ? '' : ` in ${code(group.database, 30)}`;
  const idle =
    group.sleeping === 0 ? '' : `: ${group.sleeping} idle, longest ${durationText(group.longestIdleSeconds * 1000)}`;
  return `• *${group.connections}*${share} ${code(group.user, 42)} from ${code(group.host, 64)}${database}${idle}`;
}

export function runLines({ headline, byUserId, startedAtMs, lines }: NoticeRun): string[] {
  // The headline of a run usually says who started it and when; a card says everything once.
  const by = headline.includes(userToken(byUserId)) ? '' : ` by ${mention(byUserId)}`;
  const started = headline.includes(timeToken(startedAtMs)) ? [] : [`Started at ${clock(startedAtMs)}${by}`];
  return [`*${prose(headline, 400)}*`, ...started, ...lines.map((line) => `• ${prose(line, 160)}`)];
}

export function triedLines(tried: readonly string[]): string[] {
  return ['*Tried before*', ...tried.map((sentence) => `• ${prose(sentence, 280)}`)];
}

function footer(notice: Notice): string {
  const figures = notice.figuresAtMs === null ? '' : ` · figures of ${clock(notice.figuresAtMs)}`;
  return `${code(notice.targetId, 64)} · ${code(notice.incidentId, 64)}${figures}`;
}
