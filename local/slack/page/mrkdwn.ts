import { EMOJI, emoji } from './emoji.ts';
import { escapeHtml, Html, html } from './html.ts';

/** Who and where a mention means; undefined: the id itself is shown. */
export interface Names {
  readonly user: (id: string) => string | undefined;
  readonly channel: (id: string) => string | undefined;
}

const TOKENS = new RegExp(`\`\`\`([\\s\\S]+?)\`\`\`|\`([^\`\\n]+)\`|<([^<>\\n]+)>|${EMOJI}`, 'gu');

/** Slack's markup to HTML. What is neither markup nor an entity is shown as it came. */
export function renderMrkdwn(text: string, names: Names, nowMs: number): Html {
  const kept: Html[] = [];
  // Finished pieces wait behind private characters, so that no later rule can look into them.
  const keep = (piece: Html) => `\uE000${kept.push(piece) - 1}\uE001`;
  const marked = text
    .replace(/[\uE000\uE001]/g, '')
    .replace(TOKENS, (_all, pre?: string, code?: string, angle?: string, name?: string, char?: string) => {
      if (pre !== undefined) return keep(html`<pre>${decoded(pre.replace(/^\n|\n$/g, ''))}</pre>`);
      if (code !== undefined) return keep(html`<code>${decoded(code)}</code>`);
      return keep(angle === undefined ? emoji(name ?? char ?? '') : renderAngle(angle, names, nowMs));
    });
  const formatted = escapeHtml(decoded(marked))
    .replace(emphasis('\\*'), '<b>$1</b>')
    .replace(emphasis('_'), '<i>$1</i>')
    .replace(emphasis('~'), '<s>$1</s>')
    .replace(/^&#62; ?(.*)\n?/gm, '<blockquote>$1</blockquote>')
    .replaceAll('\n', '<br>');
  return new Html(formatted.replace(/\uE000(\d+)\uE001/g, (_all, at: string) => kept[Number(at)]?.source ?? ''));
}

/** Plain text, where only emoji mean something: characters always, codes where the sender lets them. */
export function renderPlain(text: string, withCodes = true): Html {
  const pieces = [...text.matchAll(new RegExp(EMOJI, 'gu'))].filter(([, code]) => withCodes || code === undefined);
  const ends = pieces.map(({ index, 0: all }) => index + all.length);
  const parts = pieces.map(({ index, 1: code, 2: char }, at) => {
    return html`${text.slice(ends[at - 1] ?? 0, index)}${emoji(code ?? char ?? '')}`;
  });
  return html`${parts}${text.slice(ends.at(-1) ?? 0)}`;
}

/** Between two marks, neither of them against a letter or digit on the outside. */
const emphasis = (mark: string) => {
  const outside = `[\\p{L}\\p{N}${mark}]`;
  return new RegExp(`(?<!${outside})${mark}(?=\\S)([^${mark}\\n]*[^${mark}\\s])${mark}(?!${outside})`, 'gu');
};

const decoded = (text: string) => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

function renderAngle(inside: string, names: Names, nowMs: number): Html {
  const [target = '', label] = inside.split(/\|(.*)/s);
  const id = target.slice(1);
  if (target.startsWith('@')) return html`<span class="mention">@${names.user(id) ?? label ?? id}</span>`;
  if (target.startsWith('#')) return html`<span class="mention">#${names.channel(id) ?? label ?? id}</span>`;
  if (target.startsWith('!date^')) return renderDate(target, decoded(label ?? ''), nowMs);
  if (target.startsWith('!')) return html`<span class="mention loud">${label ?? `@${id}`}</span>`;
  if (!/^(https?|mailto):/.test(target)) return html`${decoded(`<${inside}>`)}`;
  return html`<a href="${decoded(target)}" target="_blank" rel="noopener noreferrer">${decoded(label ?? target)}</a>`;
}

const DATE_PARTS = new Map<string, Intl.DateTimeFormatOptions>([
  ['date', { dateStyle: 'long' }],
  ['date_short', { dateStyle: 'medium' }],
  ['date_long', { dateStyle: 'full' }],
  ['time', { timeStyle: 'short' }],
  ['time_secs', { timeStyle: 'medium' }],
]);

/** `!date^seconds^format` in the time zone of this machine, as Slack uses the reader's. */
function renderDate(target: string, fallback: string, nowMs: number): Html {
  const [, seconds = '', format = ''] = target.split('^');
  const at = new Date(Number(seconds) * 1_000);
  if (Number.isNaN(at.getTime())) return html`${fallback}`;
  const shown = format.replace(/\{(\w+)\}/g, (all, part: string) => {
    const options = DATE_PARTS.get(part.replace('_pretty', ''));
    return options ? (part.endsWith('_pretty') && nearDay(at, nowMs)) || at.toLocaleString('en-US', options) : all;
  });
  return html`<time datetime="${at.toISOString()}" title="${at.toLocaleString('en-US')}">${shown}</time>`;
}

function nearDay(at: Date, nowMs: number): string | undefined {
  const days = [0, -1, 1].map((offset) => new Date(nowMs + offset * 86_400_000).toDateString());
  return ['today', 'yesterday', 'tomorrow'][days.indexOf(at.toDateString())];
}
