import { WebAPIHTTPError, WebAPIPlatformError, WebAPIRateLimitedError, WebAPIRequestError } from '@slack/web-api';
import type { BoardProblem, RefusedThing } from '../../core/model/board-answer.ts';

const LATER_MS = 30_000;
/** Slack names seconds; what is longer than a person's patience is a fault on the way. */
const LATER_MS_MAX = 15 * 60_000;
/** Nothing was sent, so trying soon is safe. */
const UNREACHED_MS = 10_000;

const unreachedCodes = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
];
const busyCodes = [
  'ratelimited',
  'rate_limited',
  'message_limit_exceeded',
  'external_channel_migrating',
  'streaming_state_conflict',
  'team_added_to_org',
  'org_login_required',
];
/** Slack says that part of the work may have been done before these. */
const halfwayCodes = ['internal_error', 'fatal_error', 'service_unavailable', 'request_timeout', 'update_failed'];

/** What is refused, by Slack's word for it; any other word is about the app. */
const refusedThings: Readonly<Record<Exclude<RefusedThing, 'app'>, readonly string[]>> = {
  gone: ['message_not_found', 'not_found'],
  uneditable: ['edit_window_closed', 'cant_update_message', 'block_mismatch'],
  place: [
    'is_archived',
    'is_inactive',
    'channel_not_found',
    'not_in_channel',
    'user_not_in_channel',
    'no_permission',
    'restricted_action',
    'restricted_action_read_only_channel',
    'restricted_action_thread_only_channel',
    'messages_tab_disabled',
    'user_not_found',
    'user_disabled',
    'cannot_dm_bot',
    'is_bot',
  ],
  content: [
    'invalid_blocks',
    'invalid_blocks_format',
    'msg_blocks_too_long',
    'msg_too_long',
    'no_text',
    'invalid_arguments',
    'view_too_large',
    'restricted_action_non_threadable_channel',
    'cannot_reply_to_message',
  ],
};

const TOKEN = 'put the bot token of the installed app into the Slack secret';
const sentences: Readonly<Record<string, string>> = {
  channel_not_found:
    'Slack does not show this channel to the bot: check the channel id, and invite the bot to the channel',
  not_in_channel: 'The bot is not in the channel: invite it with /invite',
  is_archived: 'The channel is archived: unarchive it, or set another one in runbell.config.ts',
  is_inactive: 'The channel is archived or frozen: unarchive it, or set another one in runbell.config.ts',
  restricted_action: 'The workspace does not let this app write here: ask its administrators',
  restricted_action_read_only_channel: 'The channel is read-only: let this app post there, or set another one',
  restricted_action_thread_only_channel: 'The channel takes replies only: let this app post there, or set another one',
  message_not_found: 'The message is not in the channel any more',
  cant_update_message: 'The message was written by another app or person, so this bot may not edit it',
  edit_window_closed: 'The workspace does not allow edits of messages this old',
  user_not_in_channel: 'The person is not in the channel, so a private note cannot be shown there',
  missing_scope: 'The app lacks a permission: add it to its manifest and install the app again',
  not_authed: `Slack got no token: ${TOKEN}`,
  invalid_auth: `Slack does not accept the token: ${TOKEN}`,
  token_revoked: `The token was revoked: install the app again and ${TOKEN}`,
  token_expired: `The token has expired: install the app again and ${TOKEN}`,
  account_inactive: `The app was removed from the workspace: install it again and ${TOKEN}`,
  invalid_blocks: 'Slack cannot show the card as it was drawn; this is a fault in Runbell',
  invalid_blocks_format: 'Slack cannot show the card as it was drawn; this is a fault in Runbell',
  msg_blocks_too_long: 'The card is too long for Slack; this is a fault in Runbell',
  msg_too_long: 'The text is too long for Slack; this is a fault in Runbell',
};

/** What a failed call means for the one who made it: nothing was written yet, never will be, or nobody knows. */
export function problemOf(error: unknown, method: string, nowMs: number): BoardProblem {
  if (error instanceof WebAPIRateLimitedError) {
    const why = `Slack asks to wait ${error.retryAfter} s before the next ${method}`;
    return { kind: 'later', notBeforeMs: nowMs + Math.min(error.retryAfter * 1000, LATER_MS_MAX), why };
  }
  if (error instanceof WebAPIPlatformError) return platformProblem(error, method, nowMs);
  if (error instanceof WebAPIHTTPError) return httpProblem(error, method);
  if (error instanceof WebAPIRequestError && unreachedCodes.includes(causeCode(error.original))) {
    return {
      kind: 'later',
      notBeforeMs: nowMs + UNREACHED_MS,
      why: `Slack cannot be reached (${causeCode(error.original)})`,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  // A 429 without a usable Retry-After comes as a bare error.
  if (message.startsWith('Retry header')) {
    return { kind: 'later', notBeforeMs: nowMs + LATER_MS, why: `Slack asks to wait before the next ${method}` };
  }
  return { kind: 'unclear', why: `no answer to ${method}: ${message}` };
}

function platformProblem({ data }: WebAPIPlatformError, method: string, nowMs: number): BoardProblem {
  const given = /^[a-z_]{1,60}$/.test(data.error) ? data.error : 'unreadable_answer';
  // A thread is gone when its first message is.
  const code = given === 'thread_not_found' ? 'message_not_found' : given;
  if (busyCodes.includes(code)) {
    const waitMs = (data.response_metadata?.retryAfter ?? LATER_MS / 1000) * 1000;
    return { kind: 'later', notBeforeMs: nowMs + waitMs, why: `Slack is busy (${code}) at ${method}` };
  }
  if (halfwayCodes.includes(code) || code === 'unreadable_answer') {
    return { kind: 'unclear', why: `Slack failed on its side (${code}) at ${method}` };
  }
  const what = sentences[code] ?? 'Slack refused the call';
  const sentence = `${what} (${[`${code} at ${method}`, ...detailsOf(data)].join('; ')}).`;
  return { kind: 'refused', code, sentence, about: refusedThing(code) };
}

/** What Slack adds: the scope that is missing, the place in the blocks that is wrong. */
function detailsOf(data: WebAPIPlatformError['data']): string[] {
  const needed = 'needed' in data && typeof data.needed === 'string' ? [`needs the scope ${data.needed}`] : [];
  return [...needed, ...(data.response_metadata?.messages ?? [])].slice(0, 3).map((text) => text.slice(0, 200));
}

function httpProblem({ statusCode }: WebAPIHTTPError, method: string): BoardProblem {
  if (statusCode >= 500 || statusCode === 408)
    return { kind: 'unclear', why: `Slack answered ${method} with HTTP ${statusCode}` };
  const sentence = `Slack, or something on the way to it, answered ${method} with HTTP ${statusCode}: check the way out and the address of the Web API.`;
  return { kind: 'refused', code: `http_${statusCode}`, sentence, about: 'app' };
}

function refusedThing(code: string): RefusedThing {
  const things = ['gone', 'uneditable', 'place', 'content'] as const;
  return things.find((thing) => refusedThings[thing].includes(code)) ?? 'app';
}

/** fetch wraps what the socket says. */
function causeCode(error: Error): string {
  const inner = error.cause ?? error;
  return typeof inner === 'object' && 'code' in inner ? String(inner.code) : '';
}
