import { createHmac } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import * as z from 'zod';
import { functionUrlEvent, type HttpParts } from '../aws/function-url.ts';
import { newId } from './blocks.ts';
import { teamOf } from './methods/read.ts';
import type { Workspace } from './workspace.ts';

const ACK_MS_MAX = 3_000;

/** What the handler answered, as far as Slack waited for it. */
export interface Delivery {
  /** null: no answer in time. */
  readonly status: number | null;
  readonly ms: number;
  readonly body: string;
}

/** Send one interaction of one person to the handler: signed, in time, once. */
export async function deliver(workspace: Workspace, userId: string, interaction: object): Promise<Delivery> {
  return send(workspace, { payload: JSON.stringify({ ...origin(workspace, userId), ...interaction }) });
}

/** A slash command, typed in a channel. What it answers at once only its author sees. */
export async function command(
  workspace: Workspace,
  userId: string,
  channelId: string,
  typed: string,
): Promise<Delivery> {
  const { user, team, trigger_id } = origin(workspace, userId);
  const [name = '', ...words] = typed.split(' ');
  const place = { team_id: team.id, channel_id: channelId, user_id: userId, user_name: user.name ?? '' };
  const delivery = await send(workspace, { command: name, text: words.join(' '), trigger_id, ...place });
  const note = (text: string) =>
    workspace.add({
      channelId,
      threadTs: null,
      ephemeralFor: userId,
      userId: workspace.options.bot.userId,
      text,
      blocks: [],
    });
  if (delivery.status !== 200) note(`${name} failed with ${delivery.status ?? 'a timeout'}`);
  else if (delivery.body !== '') note(answerSchema.parse(JSON.parse(delivery.body)).text);
  return delivery;
}

const answerSchema = z.object({ text: z.string() });

async function send(workspace: Workspace, fields: Readonly<Record<string, string>>): Promise<Delivery> {
  const { interact, ackMsMax = ACK_MS_MAX } = workspace.options;
  const event = functionUrlEvent(signed(workspace, new URLSearchParams(fields).toString()));
  if (event === null) return { status: 413, ms: 0, body: '' };
  const startedMs = performance.now();
  const answer = await Promise.race([
    // What is thrown in Lambda comes back from the function URL as a 502.
    (async () => interact(event))().catch((error: unknown) => ({ statusCode: 502, body: String(error) })),
    after(ackMsMax, null, { ref: false }),
  ]);
  const ms = Math.round(performance.now() - startedMs);
  return { status: answer?.statusCode ?? null, ms, body: answer?.body ?? '' };
}

/** Who did it, in which workspace, with a fresh trigger. */
function origin(workspace: Workspace, userId: string) {
  const { workspaceId, workspaceName, bot } = workspace.options;
  const name = workspace.nameOf(userId);
  const triggerId = `${workspace.nowMs()}.${newId()}`;
  workspace.triggers.set(triggerId, { userId, atMs: workspace.nowMs(), used: false });
  return {
    user: { id: userId, username: name, name, team_id: teamOf(workspace, userId) },
    team: { id: workspaceId, domain: workspaceName },
    ...{ enterprise: null, is_enterprise_install: false, api_app_id: bot.appId, trigger_id: triggerId },
  };
}

/** Signed over the raw bytes. */
function signed(workspace: Workspace, body: string): HttpParts {
  const seconds = String(Math.floor(workspace.nowMs() / 1_000));
  const hmac = createHmac('sha256', workspace.options.signingSecret).update(`v0:${seconds}:${body}`);
  return {
    method: 'POST',
    url: '/',
    headers: {
      'Content-Type': 'application/x-www-form-urlencoded',
      'User-Agent': 'Slackbot 1.0 (+https://api.slack.com/robots)',
      'X-Slack-Request-Timestamp': seconds,
      'X-Slack-Signature': `v0=${hmac.digest('hex')}`,
    },
    body: Buffer.from(body),
  };
}
