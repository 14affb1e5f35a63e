import { createFormOpener } from '../../functions/adapters/slack/form-opener.ts';
import { createSlackClient, SlackNoticeBoard } from '../../functions/adapters/slack/slack-notice-board.ts';
import { createLightPost } from '../../functions/adapters/system/light-post.ts';
import type { MessageRef } from '../../functions/core/model/delivery.ts';
import type { Details } from '../../functions/core/model/details.ts';
import type { Message } from '../../functions/core/model/notice.ts';
import { createLocalSlack, type LocalSlack } from '../../local/slack/local-slack.ts';
import type { LocalSlackOptions } from '../../local/slack/options.ts';
import { interactStage } from './interact-stage.ts';
import { SIGNING_SECRET } from './signed-request.ts';

export const CHANNEL = 'C0ALARMS01';
export const ON_CALL = 'U0AAAAAAA1';
export const SECOND = 'U0AAAAAAA2';
export const FOREIGN = 'U0FOREIGN1';
const TOKEN = 'test-bot-token';

export interface SeenView {
  readonly user: string;
  readonly view: {
    readonly id: string;
    readonly callback_id: string;
    readonly private_metadata: string;
    readonly submit: unknown;
    readonly blocks: readonly { readonly block_id: string; readonly type: string }[];
  };
}

/** A local Slack whose clicks reach the real handler, with the table in memory. */
export interface SlackClickStage extends Pick<ReturnType<typeof interactStage>, 'requests' | 'log'> {
  readonly slack: LocalSlack;
  readonly board: SlackNoticeBoard;
  post(what: Message): Promise<MessageRef>;
  /** Presses something in a message or a form. */
  click(user: string, ts: string, actionId: string, value?: string): Promise<{ readonly status: number }>;
  submit(user: string, viewId: string, values: object): Promise<{ readonly status: number; readonly body: string }>;
  views(): Promise<readonly SeenView[]>;
  /** Fills the newest form that a click has opened, as notify does when it reads the stored request. */
  fill(details: Details): Promise<void>;
  close(): Promise<void>;
}

export async function slackClickStage(more: Partial<LocalSlackOptions> = {}): Promise<SlackClickStage> {
  const nowMs = more.nowMs ?? (() => Date.now());
  const slack = createLocalSlack({
    workspaceId: 'T0AAAAAAA1',
    workspaceName: 'shop',
    channels: [{ id: CHANNEL, name: 'alarms' }],
    people: [
      { id: ON_CALL, name: 'oncall' },
      { id: SECOND, name: 'second' },
      { id: FOREIGN, name: 'neighbour', kind: 'foreign' },
    ],
    bot: { name: 'Runbell', userId: 'U0BOT00001', botId: 'B0BOT00001', appId: 'A0APP00001' },
    botToken: TOKEN,
    signingSecret: SIGNING_SECRET,
    rateLimits: { 'chat.postMessage': null, 'chat.update': null },
    interact: (event) => stage.handle(event),
    ...more,
  });
  await slack.listen(0);
  const slackApiUrl = `${slack.url}/api/`;
  const forms = createFormOpener({ post: createLightPost(), botToken: async () => TOKEN, slackApiUrl });
  const stage = interactStage({ forms, clock: { nowMs } });
  const board = new SlackNoticeBoard(createSlackClient(TOKEN, { slackApiUrl, timeout: 30_000 }), { nowMs });
  const send = async <T>(path: string, body: object): Promise<T> => {
    const headers = { ...slack.pageHeaders, 'content-type': 'application/json' };
    const answer = await fetch(`${slack.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return (await answer.json()) as T;
  };
  return {
    slack,
    board,
    requests: stage.requests,
    log: stage.log,
    post: async (what) => {
      const posted = await board.post(CHANNEL, what);
      if (posted.kind !== 'done') throw new Error(JSON.stringify(posted));
      return posted.message;
    },
    click: (user, ts, actionId, value) => send('/api/click', { user, ts, actionId, value }),
    submit: (user, viewId, values) => send('/api/submit', { user, viewId, values }),
    views: async () =>
      ((await (await fetch(`${slack.url}/api/views`, { headers: slack.pageHeaders })).json()) as { views: SeenView[] })
        .views,
    fill: async (details) => {
      const asked = stage.requests.records.at(-1)?.request;
      if (asked?.kind !== 'details' || asked.viewId === null) throw new Error('no form is waiting');
      const filled = await board.fill(asked.viewId, details);
      if (filled.kind !== 'done') throw new Error(JSON.stringify(filled));
    },
    close: () => slack.close(),
  };
}
