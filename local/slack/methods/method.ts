import type { Channel, RateLimit } from '../options.ts';
import type { Validated } from '../validate-blocks.ts';
import type { Message, Workspace } from '../workspace.ts';

/** Arguments as they came over the wire: text, with JSON inside where Slack wants it. */
export type Args = Readonly<Record<string, string>>;

/** One Web API method: the scope it needs, how often it may be called, what it does. */
export type Method = readonly [
  scope: string | null,
  limit: RateLimit | null,
  run: (workspace: Workspace, args: Args) => object,
];
export type Methods = Readonly<Record<string, Method>>;

/** Slack's tiers, as calls in one minute. */
export const tier = { two: perMinute(20), three: perMinute(50), four: perMinute(100) } as const;

function perMinute(callsMax: number): RateLimit {
  return { callsMax, windowMs: 60_000 };
}

/** Slack's `ok: false`. */
export class ApiRefusal extends Error {
  readonly details: object;

  constructor(code: string, details: object = {}) {
    super(code);
    this.details = details;
  }
}

/** What is there, or Slack's refusal. */
export function must<T>(value: T | undefined | null | false, code: string): T {
  if (value === undefined || value === null || value === false) throw new ApiRefusal(code);
  return value;
}

/** What is valid, or Slack's complaint with its pointers. */
export function mustBeValid<T>(validated: Validated<T>): T {
  if (validated.kind === 'valid') return validated.value;
  const { error, problems } = validated;
  const messages = problems.map((problem) => `[ERROR] ${problem}`);
  throw new ApiRefusal(error, { errors: problems, response_metadata: { messages } });
}

/** A JSON argument, or undefined where it is absent. */
export function jsonArg(args: Args, name: string, errorCode: string): unknown {
  try {
    return args[name] ? JSON.parse(args[name]) : undefined;
  } catch {
    throw new ApiRefusal(errorCode);
  }
}

/** A channel that the bot may use for this. */
export function channelFor(workspace: Workspace, args: Args, use: 'read' | 'edit' | 'post'): Channel {
  // Only posting takes a name, or a person for a direct message; everything else wants the id.
  const reader = use === 'post' ? workspace.person(args['channel']) : undefined;
  const channel = must(
    reader === undefined ? workspace.channel(args['channel']) : workspace.directChannel(reader.id),
    'channel_not_found',
  );
  must(use === 'post' || channel.id === args['channel'], 'channel_not_found');
  must(channel.hasBot ?? true, 'not_in_channel');
  must(use === 'read' || !channel.archived, use === 'edit' ? 'is_inactive' : 'is_archived');
  return channel;
}

/** A message as the Web API shows it. */
export function slackMessage(workspace: Workspace, message: Message, withMetadata = true): object {
  const { bot, workspaceId: team } = workspace.options;
  const { ts, userId: user, text, blocks, threadTs, isBroadcast, metadata } = message;
  const replies = workspace.messagesIn(message.channelId, ts, null);
  return {
    ...{ type: 'message', user, ts, team, text },
    ...(user === bot.userId && { bot_id: bot.botId, app_id: bot.appId }),
    ...(blocks.length > 0 && { blocks }),
    ...(threadTs !== null && { thread_ts: threadTs }),
    ...(isBroadcast && { subtype: 'thread_broadcast' }),
    ...(replies.length > 0 && { thread_ts: ts, reply_count: replies.length, latest_reply: replies.at(-1)?.ts }),
    ...(message.edited && { edited: { user, ts } }),
    ...(withMetadata && metadata !== null && { metadata }),
  };
}
