import { createSlackClient, SlackNoticeBoard } from '../../../../functions/adapters/slack/slack-notice-board.ts';
import { createLocalSlack } from '../../../../local/slack/local-slack.ts';
import type { LocalSlackOptions } from '../../../../local/slack/options.ts';
import type { Workspace } from '../../../../local/slack/workspace.ts';

export const CHANNEL = 'C0ALARMS01';
export const PERSON = 'U0AAAAAAA1';
export const OUTSIDER = 'U0AAAAAAA2';
export const TOKEN = 'test-bot-token';
/** The board's clock in tests; waiting times count from here. */
export const BOARD_NOW_MS = 1_000_000;

/** A message as a person would see it. */
export interface SeenMessage {
  readonly ts: string;
  readonly text: string;
  readonly blocks: readonly unknown[];
  readonly metadata: unknown;
  readonly isBroadcast?: boolean;
  readonly ephemeralFor?: string;
  readonly replies: readonly SeenMessage[];
}

export interface SlackStage {
  readonly board: SlackNoticeBoard;
  readonly workspace: Workspace;
  /** Trouble for the next calls of a method. */
  fault(order: object): Promise<void>;
  messages(): Promise<readonly SeenMessage[]>;
  notes(): Promise<readonly SeenMessage[]>;
  /** Somebody else writes into the channel. */
  chatter(times: number): Promise<void>;
  remove(message: { readonly channel: string; readonly ts: string }): Promise<void>;
  close(): Promise<void>;
}

/** The board against a Slack that listens on this machine. */
export async function slackStage(more: Partial<LocalSlackOptions> = {}, token = TOKEN): Promise<SlackStage> {
  const slack = createLocalSlack({
    workspaceId: 'T0AAAAAAA1',
    workspaceName: 'shop',
    channels: [
      { id: CHANNEL, name: 'alarms', memberIds: [PERSON] },
      { id: 'C0ARCHIVE1', name: 'old', archived: true },
      { id: 'C0PRIVATE1', name: 'private', hasBot: false },
    ],
    people: [
      { id: PERSON, name: 'oncall' },
      { id: OUTSIDER, name: 'next-door' },
    ],
    bot: { name: 'runbell', userId: 'U0BOT00001', botId: 'B0BOT00001', appId: 'A0APP00001' },
    botToken: TOKEN,
    signingSecret: 'test-signing-secret',
    rateLimits: { 'chat.postMessage': null },
    interact: async () => ({ statusCode: 200 }),
    ...more,
  });
  await slack.listen(0);
  const client = createSlackClient(token, { slackApiUrl: `${slack.url}/api/`, timeout: 8_000 });
  const send = async (path: string, body: object): Promise<void> => {
    const general = { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` };
    const headers = { ...slack.pageHeaders, ...general };
    const answer = await fetch(`${slack.url}/api/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  };
  const look = async (path: string): Promise<readonly SeenMessage[]> => {
    const answer = await fetch(`${slack.url}/api/${path}`, { headers: slack.pageHeaders });
    return ((await answer.json()) as { messages: SeenMessage[] }).messages;
  };
  return {
    workspace: slack.workspace,
    board: new SlackNoticeBoard(client, { nowMs: () => BOARD_NOW_MS }),
    fault: (order) => send('sim.fault', order),
    messages: () => look('channels/alarms/messages'),
    notes: () => look(`ephemerals?user=${PERSON}`),
    chatter: async (times) => {
      for (let at = 0; at < times; at += 1) await send('say', { user: PERSON, channel: 'alarms', text: 'hm' });
    },
    remove: (message) => send('chat.delete', message),
    close: () => slack.close(),
  };
}
