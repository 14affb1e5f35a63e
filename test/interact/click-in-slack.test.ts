import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSlackClient, SlackNoticeBoard } from '../../functions/adapters/slack/slack-notice-board.ts';
import { createLocalSlack, type LocalSlack } from '../../local/slack/local-slack.ts';
import { noticeFor, runRequest } from '../adapters/slack/support/notices.ts';
import { interactStage } from './interact-stage.ts';
import { SIGNING_SECRET } from './signed-request.ts';

let slack: LocalSlack;
let stage: ReturnType<typeof interactStage>;
let ts: string;

beforeEach(async () => {
  stage = interactStage({ clock: { nowMs: () => Date.now() } });
  slack = createLocalSlack({
    workspaceId: 'T0AAAAAAA1',
    workspaceName: 'shop',
    channels: [{ id: 'C0ALARMS01', name: 'alarms' }],
    people: [
      { id: 'U0AAAAAAA1', name: 'kim' },
      { id: 'U0FOREIGN1', name: 'sam', kind: 'foreign' },
    ],
    bot: { name: 'runbell', userId: 'U0BOT00001', botId: 'B0BOT00001', appId: 'A0APP00001' },
    botToken: 'test-bot-token',
    signingSecret: SIGNING_SECRET,
    interact: (event) => stage.handle(event),
  });
  await slack.listen(0);
  const client = createSlackClient('test-bot-token', { slackApiUrl: `${slack.url}/api/` });
  const posted = await new SlackNoticeBoard(client, { nowMs: () => Date.now() }).post(
    'C0ALARMS01',
    noticeFor('critical'),
  );
  if (posted.kind !== 'done') throw new Error(JSON.stringify(posted));
  ts = posted.message.ts;
});
afterEach(() => slack.close());

async function click(user: string, actionId: string, value?: string): Promise<unknown> {
  const body = JSON.stringify({ user, ts, actionId, ...(value === undefined ? {} : { value }) });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${slack.url}/api/click`, { method: 'POST', headers, body });
  return answer.json();
}

it('a person presses a button of the card, and what was drawn is what is stored', async () => {
  expect(await click('U0AAAAAAA1', 'run:restart-workers:shop')).toMatchObject({ status: 200 });
  expect(stage.requests.records).toMatchObject([
    {
      by: { userId: 'U0AAAAAAA1', teamId: 'T0AAAAAAA1', kind: 'member' },
      channel: 'C0ALARMS01',
      messageTs: ts,
      request: runRequest,
    },
  ]);
});

it('pressing twice is two requests, of which the decision can take one', async () => {
  await click('U0AAAAAAA1', 'run:restart-workers:shop');
  await click('U0AAAAAAA1', 'run:restart-workers:shop');
  expect(new Set(stage.requests.records.map(({ id }) => id)).size).toBe(2);
});

it('somebody from another workspace is stored as such', async () => {
  await click('U0FOREIGN1', 'acknowledge');
  expect(stage.requests.records[0]?.by).toMatchObject({ userId: 'U0FOREIGN1', kind: 'foreign' });
});

it('a value that was tampered with is answered, not run', async () => {
  expect(await click('U0AAAAAAA1', 'run:restart-workers:shop', '{"v":1,"kind":"run"}')).toMatchObject({ status: 200 });
  expect(stage.requests.records[0]?.request.kind).toBe('unreadable');
});
