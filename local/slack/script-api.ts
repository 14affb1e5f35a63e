import * as z from 'zod';
import { click } from './click.ts';
import { command } from './deliver.ts';
import { slackView } from './methods/views.ts';
import { closeView, submit } from './submit.ts';
import type { Reply } from './web-api.ts';
import type { Message, Workspace } from './workspace.ts';

const ok = (body: object): Reply => ({ status: 200, body });
const notFound = (error: string): Reply => ({ status: 404, body: { error } });

/** What a script may look at. undefined: there is no such address. */
export function look(workspace: Workspace, { pathname, searchParams }: URL): Reply | undefined {
  const user = searchParams.get('user');
  const shown = (isWanted: (message: Message) => boolean) =>
    ok({ messages: workspace.messages.filter(isWanted).map((each) => asJson(workspace, each)) });
  const channelName = /^\/api\/channels\/([^/]+)\/messages$/.exec(pathname)?.[1];
  if (channelName !== undefined) {
    const channel = workspace.channel(decodeURIComponent(channelName));
    if (channel === undefined) return notFound('there is no such channel');
    return shown(({ channelId, threadTs }) => channelId === channel.id && threadTs === null);
  }
  if (pathname === '/api/ephemerals')
    return shown(({ ephemeralFor }) => ephemeralFor === (user ?? ephemeralFor) && ephemeralFor !== null);
  if (pathname !== '/api/views') return undefined;
  const open = [...workspace.views.values()].flat();
  const views = open.map((view) => ({
    user: view.userId,
    errors: view.errors,
    trouble: view.trouble,
    view: slackView(workspace, view),
  }));
  return ok({ views });
}

function asJson(workspace: Workspace, message: Message): object {
  const { ts, userId: user, text, blocks, threadTs, isBroadcast, ephemeralFor, metadata } = message;
  const replies = workspace.messages.filter((each) => each.channelId === message.channelId && each.threadTs === ts);
  const place = { ...(threadTs !== null && { threadTs }), ...(isBroadcast && { isBroadcast }) };
  const more = { ...place, ...(ephemeralFor !== null && { ephemeralFor }) };
  return { ts, user, text, blocks, metadata, ...more, replies: replies.map((reply) => asJson(workspace, reply)) };
}

const user = z.string();
const text = z.string();
const clickSchema = z.strictObject({ user, ts: text, actionId: text, value: text.optional() });
const values = z.record(text, z.union([text, z.array(text)])).default({});
const times = z.number().int().min(1).max(1000).optional();
const viewSchema = z.object({ user, viewId: text, values, times });
const saySchema = z.strictObject({ user, channel: text, text: text.min(1), threadTs: text.optional() });

/** Where a person does something: only with the page's token. What is not here cannot be reached. */
export const ACTIONS: readonly string[] = ['/api/click', '/api/submit', '/api/close', '/api/say'];

/** What a person does, from the page or from a script. undefined: there is no such address. */
export async function act(workspace: Workspace, path: string, body: unknown): Promise<Reply | undefined> {
  if (path === '/api/click') {
    const delivery = await click(workspace, clickSchema.parse(body));
    return delivery === null ? notFound('there is nothing like that to press') : ok(delivery);
  }
  if (path === '/api/submit' || path === '/api/close') {
    const { user: userId, viewId, values: filled, times: deliveries } = viewSchema.parse(body);
    const view = workspace.views.get(userId)?.find(({ id }) => id === viewId);
    if (view === undefined) return notFound('there is no such modal');
    if (path === '/api/submit')
      return ok((await submit(workspace, view, filled, deliveries)) ?? { errors: view.errors });
    await closeView(workspace, view);
    return ok({});
  }
  if (path !== '/api/say') return undefined;
  const { user: userId, channel, threadTs = null, text: said } = saySchema.parse(body);
  const channelId = workspace.channel(channel)?.id;
  if (channelId === undefined) return notFound('there is no such channel');
  const escaped = said.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  if (said.startsWith('/')) return ok(await command(workspace, userId, channelId, mentioned(workspace, escaped)));
  return ok({ ts: workspace.add({ channelId, userId, text: escaped, blocks: [], threadTs }).ts });
}

/** Slack turns a name behind @ into who it means. */
function mentioned({ options }: Workspace, said: string): string {
  return said.replace(/@([\w-]+)/g, (all, name: string) => {
    const person = options.people.find((each) => each.name === name);
    return person === undefined ? all : `<@${person.id}|${name}>`;
  });
}
