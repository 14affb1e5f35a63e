import * as z from 'zod';
import { validateBlocks } from '../validate-blocks.ts';
import type { Content, Message, Workspace } from '../workspace.ts';
import { type Args, channelFor, jsonArg, type Methods, must, mustBeValid, slackMessage, tier } from './method.ts';

const POST_TEXT_CHARS_MAX = 40_000;
const UPDATE_TEXT_CHARS_MAX = 4_000;
/** About one a second in each channel; short bursts pass. */
const POST_LIMIT = { callsMax: 5, windowMs: 5_000, perChannel: true };

/** Writing to a channel. */
export const chatMethods: Methods = {
  'chat.postMessage': ['chat:write', POST_LIMIT, post],
  'chat.postEphemeral': ['chat:write', tier.four, postEphemeral],
  'chat.update': ['chat:write', tier.three, update],
  'chat.delete': ['chat:write', tier.three, remove],
};

function post(workspace: Workspace, args: Args): object {
  const message = addMessage(workspace, args, null);
  return { channel: message.channelId, ts: message.ts, message: slackMessage(workspace, message) };
}

function postEphemeral(workspace: Workspace, args: Args): object {
  const { memberIds } = channelFor(workspace, args, 'post');
  const reader = must(workspace.person(args['user']), 'user_not_in_channel');
  must(memberIds?.includes(reader.id) ?? true, 'user_not_in_channel');
  return { message_ts: addMessage(workspace, args, reader.id).ts };
}

function addMessage(workspace: Workspace, args: Args, ephemeralFor: string | null): Message {
  const { id: channelId } = channelFor(workspace, args, 'post');
  const { text, blocks } = parseContent(workspace, args);
  const content = { text: text.slice(0, POST_TEXT_CHARS_MAX), blocks, metadata: parseMetadata(args) ?? null };
  const { bot } = workspace.options;
  // A reply to a message that is gone becomes a message of the channel, and only the answer shows it.
  const parent = workspace.message(channelId, args['thread_ts']) ?? null;
  // Answering a reply goes to the thread that the reply is in.
  const threadTs = parent && (parent.threadTs ?? parent.ts);
  const isBroadcast = threadTs !== null && args['reply_broadcast'] === 'true';
  return workspace.add({ channelId, userId: bot.userId, threadTs, isBroadcast, ephemeralFor, ...content });
}

function update(workspace: Workspace, args: Args): object {
  const message = ownMessage(workspace, args, 'cant_update_message');
  const { editWindowMs = Number.POSITIVE_INFINITY } = workspace.options;
  must(workspace.nowMs() - Number(message.ts) * 1000 <= editWindowMs, 'edit_window_closed');
  const content = parseContent(workspace, args);
  must(content.text.length <= UPDATE_TEXT_CHARS_MAX, 'msg_too_long');
  message.metadata = parseMetadata(args) ?? message.metadata;
  workspace.change(message, content);
  const { channelId: channel, ts, text } = message;
  return { channel, ts, text, message: slackMessage(workspace, message) };
}

function remove(workspace: Workspace, args: Args): object {
  const message = ownMessage(workspace, args, 'cant_delete_message');
  workspace.remove(message);
  return { channel: message.channelId, ts: message.ts };
}

/** Text and blocks of a message, or Slack's complaint about them. */
export function parseContent({ options }: Workspace, args: Args): Content {
  const blocks = mustBeValid(validateBlocks(jsonArg(args, 'blocks', 'invalid_blocks_format') ?? []));
  const chartAt = options.charts === false ? blocks.findIndex(({ type }) => type === 'data_visualization') : -1;
  const problems = [`unsupported type [json-pointer:/blocks/${chartAt}/type]`];
  if (chartAt >= 0) mustBeValid({ kind: 'invalid', error: 'invalid_blocks', problems });
  must(args['text'] || blocks.length > 0, 'no_text');
  return { text: args['text'] ?? '', blocks };
}

const metadataSchema = z.strictObject({
  event_type: z.string().min(1),
  event_payload: z.record(z.string(), z.unknown()),
});

function parseMetadata(args: Args): unknown {
  const given = jsonArg(args, 'metadata', 'invalid_metadata_format');
  must(given === undefined || metadataSchema.safeParse(given).success, 'invalid_metadata_format');
  return given;
}

function ownMessage(workspace: Workspace, args: Args, otherwise: string): Message {
  const { id } = channelFor(workspace, args, 'edit');
  const message = must(workspace.message(id, args['ts']), 'message_not_found');
  must(message.ephemeralFor === null, 'message_not_found');
  must(message.userId === workspace.options.bot.userId, otherwise);
  return message;
}
