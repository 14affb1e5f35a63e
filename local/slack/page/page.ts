import { readFileSync } from 'node:fs';
import type { Channel } from '../options.ts';
import type { Reply } from '../web-api.ts';
import type { OpenView, Workspace } from '../workspace.ts';
import { emoji } from './emoji.ts';
import { type Html, html } from './html.ts';
import { address, type Look, placeIn, renderMessage, renderMessages, repliesWord } from './messages.ts';
import { renderPlain } from './mrkdwn.ts';
import { renderBlocks } from './render-blocks.ts';
import { STYLE } from './style.ts';

const ASSETS = new Map<string, readonly [type: string, body: string]>([
  ['/channel.css', ['text/css', STYLE]],
  ['/channel.js', ['text/javascript', readFileSync(new URL('./channel.js', import.meta.url), 'utf8')]],
  ['/icon.svg', ['image/svg+xml', emoji('bell').source]],
]);
const POLICY = `default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

/** The page and what it is made of. undefined: there is no such address. */
export function pageReply(workspace: Workspace, { pathname, searchParams }: URL): Reply | undefined {
  const { channels, people } = workspace.options;
  const [type, body] = ASSETS.get(pathname) ?? [];
  if (body !== undefined) return { status: 200, headers: { 'content-type': `${type}; charset=utf-8` }, body };
  const channel = workspace.channel(searchParams.get('channel') ?? channels[0]?.name);
  const viewer = workspace.person(searchParams.get('user')) ?? people[0];
  if (pathname !== '/' || channel === undefined || viewer === undefined) return undefined;
  // What the bot wrote to one person nobody else sees.
  if (isDirect(channel) && channel.memberIds?.includes(viewer.id) !== true) return undefined;
  const look = { channel, viewerId: viewer.id, threadTs: searchParams.get('thread') };
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY };
  return { status: 200, headers, body: renderPage(workspace, look).source };
}

/** The whole page for one person. The script fetches it again after every change and moves only what differs. */
function renderPage(workspace: Workspace, look: Look): Html {
  const { channel, viewerId, threadTs } = look;
  const view = workspace.views.get(viewerId)?.at(-1);
  const thread = threadTs === null ? undefined : renderThread(workspace, look, threadTs);
  const messages = renderMessages(workspace, look, workspace.messagesIn(channel.id, null, viewerId), false);
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${isDirect(channel) ? workspace.options.bot.name : `#${channel.name}`} · ${workspace.options.workspaceName}</title>
<link rel="icon" href="/icon.svg"><link rel="stylesheet" href="/channel.css"><script src="/channel.js" defer></script></head>
<body><div id="app" class="${thread && 'with-thread'}" data-user="${viewerId}" data-channel="${channel.name}">${renderSidebar(workspace, look)}
<main><header><h1>${titleOf(workspace, channel)}</h1><p id="lost" role="status" hidden>Connection lost. Start Runbell again and open the address that it prints.</p></header>
<ol class="messages" role="log" aria-relevant="additions" aria-label="Messages in ${isDirect(channel) ? workspace.options.bot.name : channel.name}" tabindex="0">${messages}</ol>
${renderComposer(isDirect(channel) ? 'Message' : `Message #${channel.name}`, null)}</main>
${thread}${view && renderView(workspace, view)}</div><p id="news" role="status"></p><dialog id="confirm" aria-label="Please confirm"></dialog></body></html>`;
}

function renderSidebar(workspace: Workspace, look: Look): Html {
  const { channels, people, workspaceName } = workspace.options;
  const link = (channel: Channel) => {
    const current = channel.id === look.channel.id && html`aria-current="page"`;
    return html`<li><a href="${address({ ...look, channel, threadTs: null })}" data-soft ${current}>${titleOf(workspace, channel)}</a></li>`;
  };
  const direct = workspace.directChannel(look.viewerId);
  const hasDirect = workspace.messagesIn(direct.id, null, look.viewerId).length > 0;
  const messages = hasDirect && html`<h2>Direct messages</h2><ul>${link(direct)}</ul>`;
  const kinds = { member: '', guest: ' (guest)', foreign: ' (other workspace)' };
  const persons = people.map(({ id, name, kind = 'member' }) => {
    return html`<option value="${id}" ${id === look.viewerId && 'selected'}>${name}${kinds[kind]}</option>`;
  });
  return html`<nav class="sidebar" aria-label="Workspace"><p class="workspace">${workspaceName}</p><h2>Channels</h2><ul>${channels.map(link)}</ul>${messages}
<label class="person"><span>You are</span><select id="person" autocomplete="off">${persons}</select></label></nav>`;
}

function isDirect({ id }: Channel): boolean {
  return id.startsWith('D');
}

function titleOf({ options }: Workspace, channel: Channel): Html {
  return isDirect(channel) ? html`${options.bot.name}` : html`<span aria-hidden="true">#</span> ${channel.name}`;
}

function renderComposer(label: string, threadTs: string | null): Html {
  return html`<form class="composer" data-thread="${threadTs}"><input name="text" type="text" autocomplete="off" required maxlength="4000" aria-label="${label}" placeholder="${label}"><button class="button primary" type="submit">Send</button></form>`;
}

function renderThread(workspace: Workspace, look: Look, threadTs: string): Html | undefined {
  const { channel, viewerId } = look;
  const parent = workspace.message(channel.id, threadTs);
  if (parent === undefined) return undefined;
  const replies = workspace.messagesIn(channel.id, threadTs, viewerId);
  return html`<aside id="thread" aria-label="Thread" tabindex="-1"><header><h2>Thread <small>${titleOf(workspace, channel)}</small></h2><a class="close" href="${address({ ...look, threadTs: null })}" data-soft data-focus="${threadTs}" aria-label="Close thread">✕</a></header>
<ol class="messages" role="log" aria-relevant="additions" aria-label="Thread" tabindex="0">${renderMessage(workspace, look, parent, false, true)}
<li class="day count"><span>${repliesWord(replies.length)}</span></li>${renderMessages(workspace, look, replies, true)}</ol>${renderComposer('Reply…', threadTs)}</aside>`;
}

function renderView(workspace: Workspace, { id, modal, errors, trouble }: OpenView): Html {
  const { title, submit, close, blocks } = modal;
  const warning = trouble && html`<p class="trouble" role="alert">${renderPlain('⚠')} ${trouble}</p>`;
  return html`<dialog data-view="${id}" data-key="${id}" aria-labelledby="view-title" tabindex="-1" autofocus><form><header><span class="avatar app" aria-hidden="true">${renderPlain('🔔')}</span><h2 id="view-title">${renderPlain(title.text)}</h2><button class="close" formmethod="dialog" formnovalidate aria-label="Close">✕</button></header>
<div class="body">${warning}${renderBlocks(blocks, { ...placeIn(workspace, id), errors })}</div>
<footer><button class="button" formmethod="dialog" formnovalidate>${close?.text ?? (submit ? 'Cancel' : 'Close')}</button>${submit && html`<button type="submit" class="button primary">${submit.text}</button>`}</footer></form></dialog>`;
}
