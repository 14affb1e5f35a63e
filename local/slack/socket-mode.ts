import { createHash } from 'node:crypto';
import { App, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { registerRoutes } from '../../functions/adapters/slack/bolt-routes.ts';
import { createSlackClient } from '../../functions/adapters/slack/slack-notice-board.ts';
import type { Log } from '../../functions/core/ports.ts';
import { takeClick } from '../../functions/flows/interact.ts';
import { interactDeps } from '../../functions/interact.handler.ts';
import type { Environment } from '../../functions/wiring.ts';

/** A real workspace, reached by a connection that this machine opens, so that nothing has to be deployed. */
export interface RealWorkspace {
  readonly botToken: string;
  readonly appToken: string;
  /** Default: Slack's own. With a slash at its end. */
  readonly slackApiUrl?: string;
  /** Slack's pings and our reconnects are timed by it. */
  readonly pingMs?: number;
}

const PING_MS = 2_000;

/**
 * Clicks, forms and commands over Slack's Socket Mode, on the routes that the deployed function has. They carry no
 * signature: what vouches for them is the connection, which only the app token opens and only Slack can answer. What
 * is not acknowledged Slack tells to whoever clicked, as ever.
 */
export async function connectWorkspace(
  workspace: RealWorkspace,
  environment: Environment,
  log: Log,
): Promise<{ close(): Promise<void> }> {
  const { appToken, slackApiUrl, pingMs = PING_MS } = workspace;
  const logger = quietLogger(log);
  const receiver = new SocketModeReceiver({
    appToken,
    logger,
    clientPingTimeout: pingMs,
    installerOptions: { clientOptions: slackApiUrl === undefined ? {} : { slackApiUrl } },
  });
  const app = new App({
    receiver,
    logger,
    authorize: () => Promise.resolve({ botId: 'unused', botUserId: 'unused' }),
    convoStore: false,
    ignoreSelf: false,
  });
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const deps = { ...interactDeps(environment, log), hash };
  registerRoutes(app, (click) => takeClick(click, deps));
  try {
    await app.start();
  } catch (error) {
    throw new Error(`Slack does not take the app token (${wordOf(error)}). ${APP_TOKEN_FIX} Nothing was started.`);
  }
  return { close: async () => void (await app.stop()) };
}

export const APP_TOKEN_FIX =
  'It is made at api.slack.com/apps, "Basic Information", "App-Level Tokens", with the scope connections:write; the app ' +
  'needs Socket Mode: npx runbell slack-manifest --socket.';

/** What is in the way of using this bot token for this workspace; null: nothing. */
export async function botTokenTrouble({ botToken, slackApiUrl }: RealWorkspace, workspaceId: string) {
  const client = createSlackClient(botToken, slackApiUrl === undefined ? {} : { slackApiUrl });
  try {
    const { team_id: teamId = '' } = await client.auth.test();
    return teamId === workspaceId
      ? null
      : `The bot token is that of workspace ${teamId}, and slack.workspaceId is ${workspaceId}.`;
  } catch (error) {
    return `Slack does not take the bot token (${wordOf(error)}): it is the "Bot User OAuth Token" under "OAuth & Permissions".`;
  }
}

/** Slack's own word for it. Messages of its client can quote a request, so none is used. */
function wordOf(error: unknown): string {
  const at = (value: unknown, name: string) =>
    typeof value === 'object' && value !== null && name in value ? Reflect.get(value, name) : undefined;
  return String(at(at(error, 'data'), 'error') ?? at(error, 'code') ?? 'no answer');
}

function quietLogger(log: Log) {
  const problem = (...messages: unknown[]) => log.error('slack.socket', { message: messages.map(String).join(' ') });
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: problem,
    error: problem,
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
}
