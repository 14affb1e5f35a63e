import { TOKEN_PATTERN } from '../../../core/text/tokens.ts';

/**
 * Text on its way into Slack. Whatever a database, a host or a person wrote has to look exactly as written:
 * no mention, no link, no emoji, no formatting, nothing that turns the reading direction of our own words.
 * Every function cuts by code points and never inside a token or an escape, so the result is at most
 * `charsMax` characters as Slack counts them, escapes included.
 */

/** For `plain_text` objects, which Slack shows as they are. */
export function plain(text: string, charsMax: number): string {
  return isolate(cutTo([...visible(text)], charsMax - ISOLATE_CHARS));
}

/** `withDay`: it may be about days ago. `isPrivate`: one person reads it. */
interface Reading {
  readonly withDay?: boolean;
  readonly isPrivate?: boolean;
}

/** A sentence of ours for `mrkdwn`: the tokens in it become a mention or a time, all else is literal. */
export function prose(text: string, charsMax: number, how: Reading = {}): string {
  const pieces: string[] = [];
  let at = 0;
  for (const token of text.matchAll(TOKEN_PATTERN)) {
    pieces.push(...literal(text.slice(at, token.index)), tokenMarkup(token[1], token[2] ?? '', how));
    at = token.index + token[0].length;
  }
  pieces.push(...literal(text.slice(at)));
  return isolate(cutTo(pieces, charsMax - ISOLATE_CHARS));
}

/** A name that a person may want to copy: code style, in which Slack reads no formatting and no emoji codes. */
export function code(text: string, charsMax: number): string {
  const name = visible(text).replaceAll('`', 'ʼ').trim() || '(none)';
  return `\`${isolate(cutTo([...name].map(escaped), charsMax - ISOLATE_CHARS - 2))}\``;
}

export function mention(userId: string): string {
  return SLACK_USER_ID.test(userId) ? `<@${userId}>` : prose(userId, 80);
}

/** An instant in the reader's own time zone; clients that cannot do that show UTC. */
export function clock(ms: number): string {
  return `<!date^${Math.floor(ms / 1000)}^{time_secs}|${new Date(ms).toISOString().slice(11, 19)} UTC>`;
}

export function dayAndClock(ms: number): string {
  const utc = new Date(ms).toISOString().slice(0, 16).replace('T', ' ');
  return `<!date^${Math.floor(ms / 1000)}^{date_short_pretty} at {time}|${utc} UTC>`;
}

/** Puts whole lines one under the other until the room is used up; each is mark-up that must not be cut. */
export function stack(lines: readonly string[], charsMax: number): string {
  let text = '';
  for (const line of lines) {
    const longer = text === '' ? line : `${text}\n${line}`;
    if (longer.length > charsMax - 2) return text === '' ? '…' : `${text}\n…`;
    text = longer;
  }
  return text;
}

const SLACK_USER_ID = /^[UW][A-Z0-9]{1,23}$/;
const SLACK_GROUP_ID = /^S[A-Z0-9]{1,23}$/;
/** First-strong isolate and its end: text in a right-to-left script keeps its direction to itself. */
const ISOLATE_CHARS = 2;
const WORD_JOINER = '\u2060';
const lookalikes: Readonly<Record<string, string>> = { '*': '∗', _: '＿', '~': '∼', '`': 'ʼ' };
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function tokenMarkup(kind: string | undefined, value: string, how: Reading): string {
  if (kind === 'user') return mention(value);
  // Naming a group in a message that others see would call all of it.
  if (kind === 'group') return how.isPrivate && SLACK_GROUP_ID.test(value) ? `<!subteam^${value}>` : prose(value, 80);
  const ms = Number(value) * 1000;
  if (!(ms <= 8.64e15)) return prose(value, 80);
  return how.withDay ? dayAndClock(ms) : clock(ms);
}

/** One line, without control and format characters (overrides of direction among them), which could hide or turn text. */
function visible(text: string): string {
  return text
    .replaceAll(/(?![\u200C\u200D])(?:\p{Cc}|\p{Cf})/gu, ' ')
    .replaceAll(/\p{Cs}/gu, '\uFFFD')
    .replaceAll(/\s+/g, ' ');
}

function literal(text: string): string[] {
  const harmless = visible(text)
    .replaceAll(/:(?=[\p{L}\p{N}_+'-]+:)/gu, `:${WORD_JOINER}`)
    // Slack reads these as formatting only beside a word's edge; inside a name they stay as they are.
    .replaceAll(/(?<![\p{L}\p{N}])[*_~]|[*_~](?![\p{L}\p{N}])|`/gu, (sign) => lookalikes[sign] ?? sign);
  return [...harmless].map(escaped);
}

function escaped(char: string): string {
  return escapes[char] ?? char;
}

function cutTo(pieces: readonly string[], charsMax: number): string {
  const kept: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    if (length + piece.length > charsMax) {
      while (length > charsMax - 1) length -= kept.pop()?.length ?? length;
      return `${kept.join('')}…`;
    }
    kept.push(piece);
    length += piece.length;
  }
  return kept.join('');
}

function isolate(text: string): string {
  // One by one, because in a set the bundler leaves them to be looked up when a click's function starts.
  const rightToLeft = /\p{Script=Hebrew}|\p{Script=Arabic}|\p{Script=Syriac}|\p{Script=Thaana}|\p{Script=Nko}/u;
  return rightToLeft.test(text) ? `\u2068${text}\u2069` : text;
}
