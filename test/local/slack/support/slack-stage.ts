import { LogLevel, WebClient } from '@slack/web-api';
import type { FunctionUrlEvent } from '../../../../local/aws/function-url.ts';
import { createLocalSlack, type LocalSlack } from '../../../../local/slack/local-slack.ts';
import type { LocalSlackOptions } from '../../../../local/slack/options.ts';
import { SOON } from '../../../support/soon.ts';

export const CHANNEL = 'C0ALERTS01';
export const ON_CALL = 'U0ONCALL01';
export const SECOND = 'U0SECOND01';
export const GUEST = 'U0GUEST001';
export const FOREIGN = 'U0FOREIGN1';
export const BOT = { name: 'Runbell', userId: 'U0BELL0001', botId: 'B0BELL0001', appId: 'A0BELL0001' };
export const TOKEN = 'test-bot-token';
export const SIGNING_SECRET = 'test-signing-secret';

/** What a handler would see: the event as it came, and the payload inside it. */
export interface Delivered {
  readonly event: FunctionUrlEvent;
  readonly payload: Payload;
}

// biome-ignore lint/suspicious/noExplicitAny: payloads are read as deep as a test wants to look.
export type Payload = any;

type Handler = (payload: Payload) => Promise<{ statusCode: number; body?: string }>;

export interface SlackStage {
  readonly slack: LocalSlack;
  readonly client: WebClient;
  readonly delivered: Delivered[];
  /** Replace what the handler does with the next payloads. */
  handle(handler: Handler): void;
  post(path: string, body: object): Promise<{ readonly status: number; readonly body: Payload }>;
  get(path: string): Promise<Payload>;
}

const open: LocalSlack[] = [];

/** A local Slack on a free port with a handler that accepts everything. Closed by `closeStages`. */
export async function slackStage(more: Partial<LocalSlackOptions> = {}): Promise<SlackStage> {
  const delivered: Delivered[] = [];
  let handler: Handler = async () => ({ statusCode: 200 });
  const slack = createLocalSlack({
    workspaceId: 'T0LOCAL001',
    workspaceName: 'local workspace',
    channels: [
      { id: CHANNEL, name: 'db-alerts' },
      { id: 'C0ARCHIVE1', name: 'old', archived: true },
      { id: 'C0STRANGE1', name: 'strangers', hasBot: false },
      { id: 'C0FEW00001', name: 'few', memberIds: [ON_CALL] },
    ],
    people: [
      { id: ON_CALL, name: 'on-call' },
      { id: SECOND, name: 'second' },
      { id: GUEST, name: 'visitor', kind: 'guest' },
      { id: FOREIGN, name: 'neighbour', kind: 'foreign' },
    ],
    userGroups: [{ id: 'S0DBA00001', userIds: [ON_CALL] }],
    bot: BOT,
    botToken: TOKEN,
    signingSecret: SIGNING_SECRET,
    interact: async (event) => {
      const body = Buffer.from(event.body ?? '', 'base64').toString('utf8');
      const payload: Payload = JSON.parse(new URLSearchParams(body).get('payload') ?? '');
      delivered.push({ event, payload });
      return handler(payload);
    },
    ...more,
  });
  open.push(slack);
  await slack.listen(0);
  return {
    slack,
    client: clientFor(slack),
    delivered,
    handle: (next) => {
      handler = next;
    },
    post: async (path, body) => {
      const headers = { ...slack.pageHeaders, 'content-type': 'application/json' };
      const answer = await fetch(slack.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: answer.status, body: parsed(await answer.text()) };
    },
    get: async (path) => (await fetch(slack.url + path, { headers: slack.pageHeaders })).json(),
  };
}

export async function closeStages(): Promise<void> {
  await Promise.all(open.splice(0).map((slack) => slack.close()));
}

const ignore = () => {};
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore, setLevel: ignore, setName: ignore };

/** Slack's own client: nothing is tried twice, nothing waits for a rate limit. */
export function clientFor(slack: LocalSlack, token = TOKEN, timeoutMs: number = SOON.timeout): WebClient {
  const slackApiUrl = `${slack.url}/api/`;
  const impatient = { retryConfig: { retries: 0 }, rejectRateLimitedCalls: true, timeout: timeoutMs };
  const logger = { ...silent, getLevel: () => LogLevel.ERROR };
  return new WebClient(token, { slackApiUrl, logger, ...impatient });
}

/** A time the tests move by hand. */
export function handClock(startMs = 1_800_000_000_000) {
  let nowMs = startMs;
  return {
    nowMs: () => nowMs,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

function parsed(text: string): Payload {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
