import type { Channel } from '../options.ts';
import type { Message, Workspace } from '../workspace.ts';
import { type Html, html } from './html.ts';
import { renderMrkdwn, renderPlain } from './mrkdwn.ts';
import { type Place, renderBlocks } from './render-blocks.ts';

/** What one browser looks at; it is all in the page's address. */
export interface Look {
  readonly channel: Channel;
  readonly viewerId: string;
  readonly threadTs: string | null;
}

/** Messages this close together by one author stand under one name. */
const GROUP_SECONDS_MAX = 300;

/** The address of a look. */
export function address({ channel, viewerId, threadTs }: Look): string {
  return `/?${new URLSearchParams({ channel: channel.name, user: viewerId, ...(threadTs && { thread: threadTs }) })}`;
}

export const repliesWord = (count: number) => (count === 1 ? '1 reply' : `${count} replies`);

/** Where blocks stand, and who is who there. */
export function placeIn(workspace: Workspace, of: string): Place {
  const channel = (id: string) => workspace.channel(id)?.name;
  return { of, nowMs: workspace.nowMs(), names: { user: (id) => workspace.nameOf(id), channel } };
}

/** A list of messages, in a channel with the days between them. */
export function renderMessages(
  workspace: Workspace,
  look: Look,
  messages: readonly Message[],
  inThread: boolean,
): Html[] {
  return messages.map((message, index) => {
    const before = messages[index - 1];
    const day = dayOf(message.ts);
    const isNewDay = !inThread && (before === undefined || dayOf(before.ts) !== day);
    const sameAuthor = before?.userId === message.userId && before.ephemeralFor === message.ephemeralFor;
    const isFollowing = !isNewDay && sameAuthor && Number(message.ts) - Number(before.ts) < GROUP_SECONDS_MAX;
    const name = day === dayOf(workspace.nowMs() / 1_000) ? 'Today' : day;
    const divider = isNewDay && html`<li class="day" data-key="${day}"><span>${name}</span></li>`;
    return html`${divider}${renderMessage(workspace, look, message, isFollowing, inThread)}`;
  });
}

/** One message as this viewer sees it. */
export function renderMessage(
  workspace: Workspace,
  look: Look,
  message: Message,
  isFollowing: boolean,
  inThread: boolean,
) {
  const { ts, userId, text, blocks, ephemeralFor, isBroadcast } = message;
  const isBot = userId === workspace.options.bot.userId;
  const name = workspace.nameOf(userId) ?? userId;
  const place = placeIn(workspace, ts);
  const trouble = message.troubles.get(look.viewerId);
  const edited = message.edited && html` <small>(edited)</small>`;
  const plain = html`<div class="text">${renderMrkdwn(text, place.names, place.nowMs)}${edited}</div>`;
  return html`<li class="message ${ephemeralFor && 'private'} ${isFollowing && 'following'}" data-key="${ts}" tabindex="-1"><article aria-label="${name}, ${timeOf(ts)}">
<span class="avatar ${isBot && 'app'}" aria-hidden="true">${isBot ? renderPlain('🔔') : name.slice(0, 1).toUpperCase()}</span>
<div class="content">${ephemeralFor && html`<p class="eye">${renderPlain('👀')} Only visible to you</p>`}
<p class="author"><b>${name}</b>${isBot && html` <span class="badge">APP</span>`} <time>${timeOf(ts)}</time></p>
${!inThread && isBroadcast && html`<p class="eye">Replied to a thread</p>`}
${blocks.length > 0 ? renderBlocks(blocks, place) : plain}
${trouble && html`<p class="trouble" role="alert">${renderPlain('⚠')} ${trouble}</p>`}
${!inThread && !ephemeralFor && renderThreadLink(workspace, look, message)}</div></article></li>`;
}

function renderThreadLink(workspace: Workspace, look: Look, message: Message): Html {
  const threadTs = message.threadTs ?? message.ts;
  const replies = workspace.messagesIn(message.channelId, threadTs, look.viewerId);
  const last = replies.at(-1);
  const label = last
    ? html`${repliesWord(replies.length)} <small>Last reply at ${timeOf(last.ts)}</small>`
    : 'Reply in thread';
  return html`<a class="replies" href="${address({ ...look, threadTs })}" data-soft data-focus="thread">${label}</a>`;
}

const dayOf = (ts: string | number) =>
  new Date(Number(ts) * 1_000).toLocaleDateString('en-US', { weekday: 'long', month: 'long', day: 'numeric' });
const timeOf = (ts: string) => new Date(Number(ts) * 1_000).toLocaleTimeString('en-US', { timeStyle: 'short' });
