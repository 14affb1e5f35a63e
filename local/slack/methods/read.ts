import type { Message, Workspace } from '../workspace.ts';
import { type Args, channelFor, type Methods, must, slackMessage, tier } from './method.ts';

const PAGE_DEFAULT = 100;
const PAGE_MAX = 999;

/** Reading channels, people and groups. */
export const readMethods: Methods = {
  'auth.test': [null, null, authTest],
  'conversations.history': ['channels:history', tier.three, history],
  'conversations.replies': ['channels:history', tier.three, replies],
  'conversations.info': ['channels:read', tier.three, channelInfo],
  'conversations.members': ['channels:read', tier.four, members],
  'users.info': ['users:read', tier.four, userInfo],
  'usergroups.users.list': ['usergroups:read', tier.two, groupMembers],
};

function authTest({ options: { workspaceName: team, workspaceId, bot } }: Workspace): object {
  const who = { user: bot.name, user_id: bot.userId, bot_id: bot.botId, team_id: workspaceId };
  return { url: 'https://local.slack.com/', team, ...who, is_enterprise_install: false };
}

/** Newest first. */
function history(workspace: Workspace, args: Args): object {
  const { id } = channelFor(workspace, args, 'read');
  return page(workspace, args, workspace.messagesIn(id, null, null).reverse());
}

/** The parent, then its replies, oldest first. */
function replies(workspace: Workspace, args: Args): object {
  const { id } = channelFor(workspace, args, 'read');
  const parent = must(workspace.message(id, args['ts']), 'thread_not_found');
  return page(workspace, args, [parent, ...workspace.messagesIn(id, parent.ts, null)]);
}

/** The cursor counts how many were shown before. */
function page(workspace: Workspace, args: Args, messages: readonly Message[]): object {
  const { oldest = 0, latest = Number.POSITIVE_INFINITY, limit = PAGE_DEFAULT, cursor } = args;
  const wanted = messages.filter(({ ts }) => {
    const isBound = ts === oldest || ts === latest;
    return isBound ? args['inclusive'] === 'true' : Number(ts) > Number(oldest) && Number(ts) < Number(latest);
  });
  const from = Number(cursor ?? 0);
  const until = from + Math.min(Number(limit), PAGE_MAX);
  const withMetadata = args['include_all_metadata'] === 'true';
  return {
    messages: wanted.slice(from, until).map((message) => slackMessage(workspace, message, withMetadata)),
    has_more: until < wanted.length,
    response_metadata: { next_cursor: until < wanted.length ? String(until) : '' },
  };
}

function channelInfo(workspace: Workspace, args: Args): object {
  const { id, name, archived = false, hasBot = true } = must(workspace.channel(args['channel']), 'channel_not_found');
  return { channel: { id, name, is_channel: true, is_archived: archived, is_member: hasBot } };
}

function members(workspace: Workspace, args: Args): object {
  const { people, bot } = workspace.options;
  const { memberIds = people.map(({ id }) => id) } = channelFor(workspace, args, 'read');
  return { members: [...memberIds, bot.userId], response_metadata: { next_cursor: '' } };
}

function userInfo(workspace: Workspace, args: Args): object {
  const { id, name, kind } = must(workspace.person(args['user']), 'user_not_found');
  const named = { id, name, real_name: name, profile: { display_name: name, real_name: name } };
  const standing = { is_restricted: kind === 'guest', is_ultra_restricted: false, is_stranger: kind === 'foreign' };
  return { user: { ...named, team_id: teamOf(workspace, id), deleted: false, is_bot: false, ...standing } };
}

function groupMembers({ options }: Workspace, args: Args): object {
  const group = options.userGroups?.find(({ id }) => id === args['usergroup']);
  return { users: must(group, 'no_such_subteam').userIds };
}

/** Everybody who is foreign here belongs to one other workspace. */
export function teamOf(workspace: Workspace, userId: string): string {
  const { workspaceId } = workspace.options;
  return workspace.person(userId)?.kind === 'foreign' ? `${workspaceId}X` : workspaceId;
}
