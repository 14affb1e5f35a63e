import type { KnownBlock } from '@slack/types';
import type { Holder, Notice, NoticeRun } from '../../../core/model/notice.ts';
import { durationText } from '../../../core/text/sentences.ts';
import { actionBlocks } from './action-blocks.ts';
import { mrkdwn, plainText, section } from './buttons.ts';
import { type ChartBlock, chartBlock, sparkline } from './chart.ts';
import { lookOf, offerText } from './faces.ts';
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
  const chart = withChart ? chartBlock(notice) : null;
  const summary = section('summary', stack(summaryLines(notice, chart === null), charsMax.summary));
  const run = notice.run === null ? [] : [section('run', stack(briefLines(notice.run), charsMax.run))];
  return {
    text: `${emoji} ${prose(`${word}: ${notice.title}. ${notice.summary}`, charsMax.text - emoji.length - 1)}`,
    blocks: [
      // The leading block keeps its kind for good: Slack refuses some changes of it in an edit.
      headBlock(notice),
      // Where the header speaks of a run, what it does or did comes before the figures.
      ...(subject === 'title' ? [summary, ...run] : [...run, summary]),
      ...(notice.holders.length === 0 ? [] : [section('holders', stack(holderLines(notice), charsMax.holders))]),
      ...(notice.tried.length === 0 ? [] : [section('tried', stack(triedLines(notice.tried), charsMax.tried))]),
      ...offerText(notice),
      ...(notice.record === null ? [] : [recordBlock(notice.record)]),
      ...actionBlocks(notice),
      // Below the buttons, so that a phone shows what is wrong and what can be done without scrolling.
      ...(chart === null ? [] : [chart]),
      { type: 'context', block_id: 'foot', elements: [mrkdwn(footer(notice))] },
    ],
  };
}

/** Trouble is said in words; everything else says which database it is about. */
export function headBlock(notice: Notice): KnownBlock {
  const { emoji, word, subject } = lookOf(notice);
  const about = subject === 'title' ? notice.title : notice.targetId;
  return { type: 'header', block_id: 'head', text: plainText(plain(`${emoji} ${word} · ${about}`, charsMax.header)) };
}

/** Directly above the buttons. */
function recordBlock(record: string): KnownBlock {
  return { type: 'context', block_id: 'record', elements: [mrkdwn(`*Here before:* ${prose(record, 400)}`)] };
}

export function summaryLines(notice: Notice, withTrail: boolean): string[] {
  const { acknowledgedBy, acknowledgedAtMs, silence, observing = [] } = notice;
  const since = `Since ${dayAndClock(notice.openedAtMs)}`;
  const taken = acknowledgedAtMs === null ? '' : ` since ${dayAndClock(acknowledgedAtMs)}`;
  const { resolvedAtMs } = notice;
  const lasted = durationText((resolvedAtMs ?? 0) - notice.openedAtMs);
  return [
    ...(notice.isPractice ? ['🧪 *Practice: nothing is wrong, and what runs here runs for real.*'] : []),
    ...(observing.length === 0 ? [] : [observingLine(observing)]),
    ...(acknowledgedBy === null ? [] : [`👀 ${mention(acknowledgedBy)} has it${taken}`]),
    ...(silence === null ? [] : [silenceLine(silence)]),
    `*${prose(begun(notice), 300).trim()}*`,
    ...(withTrail ? trailLines(notice) : []),
    resolvedAtMs === null ? since : `${since}, over ${dayAndClock(resolvedAtMs)} after ${lasted}`,
    ...notice.facts.map((fact) => `• ${prose(fact, 300, { withDay: true })}`),
  ];
}

/** A sentence begins with a capital, and a name with whatever it has. */
function begun({ summary, targetId }: Notice): string {
  return summary.startsWith(targetId) ? summary : summary.charAt(0).toUpperCase() + summary.slice(1);
}

function observingLine(applications: readonly string[]): string {
  const names = applications.map((id) => code(id, 42)).join(', ');
  return `👁️ *Observe mode* for ${names}: a press says on the hosts what would be done, and changes nothing.`;
}

function silenceLine({ untilMs, byUserId, why, lets }: NonNullable<Notice['silence']>): string {
  const reason = prose(why, 220);
  if (byUserId !== null) return `🔕 Silent until ${dayAndClock(untilMs)}, by ${mention(byUserId)}: ${reason}`;
  const what = lets === 'critical' ? 'only what is critical is told' : 'nothing is told';
  return `🔧 Maintenance window until ${dayAndClock(untilMs)}, ${what}: ${reason}`;
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

function holderLine(group: Holder, connectionsMax: number | null): string {
  const share = connectionsMax === null ? '' : ` (${Math.round((group.connections / connectionsMax) * 100)} %)`;
  const database = group.database === null ? '' : ` in ${code(group.database, 30)}`;
  const idle =
    group.sleeping === 0 ? '' : `: ${group.sleeping} idle, longest ${durationText(group.longestIdleSeconds * 1000)}`;
  const grew = group.grew === undefined ? '' : `; *${prose(group.grew, 60)}*`;
  return `• *${group.connections}*${share} ${code(group.user, 42)} from ${code(group.host, 64)}${database}${idle}${grew}`;
}

export function runLines({ headline, lines, brokenGlass }: NoticeRun): string[] {
  const alone = brokenGlass === undefined ? [] : [`🚨 *Started without a second person:* ${prose(brokenGlass, 220)}`];
  return [`*${prose(headline, 400)}*`, ...alone, ...lines.map((line) => `• ${prose(line, 160)}`)];
}

/** Once the database has the word, what each host said can wait. */
function briefLines(run: NoticeRun): string[] {
  return run.brief === null ? runLines(run) : [...runLines({ ...run, lines: [] }), prose(run.brief, 300)];
}

export function triedLines(tried: readonly string[]): string[] {
  return ['*Tried before*', ...tried.map((sentence) => `• ${prose(sentence, 280, { withDay: true })}`)];
}

function footer(notice: Notice): string {
  const figures = notice.figuresAtMs === null ? '' : ` · figures of ${clock(notice.figuresAtMs)}`;
  return `${code(notice.targetId, 64)} · ${code(notice.incidentId, 64)}${figures}`;
}
