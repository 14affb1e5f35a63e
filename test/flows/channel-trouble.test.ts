import { afterEach, describe, expect, it } from 'vitest';
import { ConfiguredNoticeBoard } from '../../functions/adapters/slack/configured-notice-board.ts';
import { createSlackClient, SlackNoticeBoard } from '../../functions/adapters/slack/slack-notice-board.ts';
import { oweNotice } from '../../functions/core/incident/owe.ts';
import { notifyTarget } from '../../functions/flows/notify.ts';
import { createLocalSlack } from '../../local/slack/local-slack.ts';
import type { Channel, LocalSlackOptions } from '../../local/slack/options.ts';
import type { Message } from '../../local/slack/workspace.ts';
import { MINUTE_MS, settings } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

const HOME = 'C0ALERTS';
const FALLBACK = 'C0SPARE01';
const OWN_TOPIC = 'arn:aws:sns:eu-central-1:000000000000:own';

let close: () => Promise<void> = async () => undefined;
afterEach(() => close());

/** A critical incident, the real adapter, and a Slack in which things go wrong as a test says. */
async function stageWith(
  slackConfig: { readonly fallbackChannel?: string } = {},
  slackOptions: Partial<LocalSlackOptions> = {},
) {
  const using = settings({
    slack: { channel: HOME, workspaceId: 'T0TEAM', ...slackConfig },
    reminder: { off: true },
  });
  const channels: (Channel & { archived?: boolean; hasBot?: boolean })[] = [
    { id: HOME, name: 'alerts' },
    { id: FALLBACK, name: 'spare' },
  ];
  const stage = flowStage(using);
  const slack = createLocalSlack({
    workspaceId: 'T0TEAM',
    workspaceName: 'shop',
    channels,
    people: [],
    bot: { name: 'runbell', userId: 'U0BOT00001', botId: 'B0BOT00001', appId: 'A0APP00001' },
    botToken: 'the-right-token',
    signingSecret: 'test-signing-secret',
    nowMs: () => stage.clock.nowMs(),
    interact: async () => ({ statusCode: 200 }),
    ...slackOptions,
  });
  await slack.listen(0);
  close = () => slack.close();
  const secret = { botToken: 'the-right-token' };
  const board = new ConfiguredNoticeBoard({
    readToken: async () => ({ ...secret }),
    boardOf: (token) =>
      new SlackNoticeBoard(createSlackClient(token, { slackApiUrl: `${slack.url}/api/` }), stage.clock),
    clock: stage.clock,
  });
  const pages: string[] = [];
  const pager = {
    page: async (_topic: string, _subject: string, body: string) => {
      pages.push(body);
      return 'sent' as const;
    },
  };
  const deps = { ...stage.deps, board, pager, ownTopicArn: OWN_TOPIC };
  const cards = (channel: string) =>
    slack.workspace.messages.filter(({ channelId, threadTs }) => channelId === channel && threadTs === null);
  await stage.open();
  return {
    stage,
    secret,
    pages,
    cards,
    replies: (channel: string) =>
      slack.workspace.messages
        .filter(({ channelId, threadTs }) => channelId === channel && threadTs !== null)
        .map(({ text }) => text),
    slack,
    /** Trouble for the next calls of a method. */
    async fault(order: object) {
      const headers = { ...slack.pageHeaders, 'content-type': 'application/json' };
      const answer = await fetch(`${slack.url}/api/sim.fault`, {
        method: 'POST',
        headers,
        body: JSON.stringify(order),
      });
      expect(answer.status).toBe(200);
    },
    /** Other people and programs write into the channel. */
    chatter(times: number) {
      for (let at = 0; at < times; at += 1)
        slack.workspace.add({ channelId: HOME, userId: 'U0OTHER001', text: 'hm', blocks: [] });
    },
    inThreads: (channel: string) =>
      slack.workspace.messages.filter(({ channelId, threadTs }) => channelId === channel && threadTs !== null),
    channel: (id: string) => channels.find((one) => one.id === id) ?? { archived: false, hasBot: true },
    remove: (ts: string) =>
      slack.workspace.messages.splice(
        slack.workspace.messages.findIndex((one) => one.ts === ts),
        1,
      ),
    notify: () => notifyTarget(deps, 'orders-db'),
    /** Something new to see, told with all the tries that a quarter of an hour has. */
    async changed() {
      const current = await stage.stores.targets.read('orders-db');
      if (current === null) throw new Error('no target');
      const state = oweNotice(current.value, using, stage.clock.nowMs());
      await stage.stores.targets.write('orders-db', state, current.revision);
    },
    async quarter() {
      for (let second = 0; second < 15 * 60; second += 15) {
        await notifyTarget(deps, 'orders-db');
        await stage.clock.sleep(15_000);
        await stage.sweep();
      }
    },
  };
}

describe('a message that somebody deleted', () => {
  it('is posted anew with the present state, once', async () => {
    const slack = await stageWith();
    await slack.notify();
    const [first] = slack.cards(HOME);
    slack.remove(first?.ts ?? '');
    await slack.changed();
    await slack.quarter();
    const [second, ...others] = slack.cards(HOME);
    expect(others).toEqual([]);
    expect(second?.ts).not.toBe(first?.ts);
    expect((await slack.stage.target()).notice).toMatchObject({ lastProblem: null, owedSinceMs: null });
    expect(slack.pages).toEqual([]);
  });
});

describe.each<[string, RegExp, (slack: Awaited<ReturnType<typeof stageWith>>) => () => void]>([
  [
    'an archived channel',
    /is_archived|is_inactive/,
    ({ channel }) => {
      channel(HOME).archived = true;
      return () => {
        channel(HOME).archived = false;
      };
    },
  ],
  [
    'a channel without the bot',
    /not_in_channel/,
    ({ channel }) => {
      channel(HOME).hasBot = false;
      return () => {
        channel(HOME).hasBot = true;
      };
    },
  ],
  [
    'a revoked token',
    /invalid_auth/,
    ({ secret }) => {
      secret.botToken = 'another-token';
      return () => {
        secret.botToken = 'the-right-token';
      };
    },
  ],
])('%s', (_, code, breakIt) => {
  it('is said aloud by the page topic, once, and stays owed with its reason until it is mended', async () => {
    const slack = await stageWith();
    const mend = breakIt(slack);
    await slack.quarter();
    expect(slack.pages).toHaveLength(1);
    expect(slack.pages[0]).toMatch(code);
    const { notice } = await slack.stage.target();
    expect(notice.lastProblem).toMatch(code);
    expect(notice.owedSinceMs).not.toBeNull();
    mend();
    await slack.quarter();
    expect(slack.cards(HOME)).toHaveLength(1);
    expect((await slack.stage.target()).notice).toMatchObject({ lastProblem: null, owedSinceMs: null });
  });

  it('does the same to a card that is already there, and no second one is made of it', async () => {
    const slack = await stageWith();
    await slack.notify();
    const mend = breakIt(slack);
    // The board keeps a token for minutes.
    await slack.stage.clock.sleep(6 * MINUTE_MS);
    await slack.changed();
    await slack.quarter();
    expect(slack.pages.join('\n')).toMatch(code.source === 'not_in_channel' ? /^/ : code);
    mend();
    await slack.quarter();
    expect(slack.cards(HOME)).toHaveLength(1);
    expect((await slack.stage.target()).notice.owedSinceMs).toBeNull();
  });
});

describe('a first post whose answer is lost (promise 1)', () => {
  const lost = { method: 'chat.postMessage', kind: 'reset', applied: true };
  const ofRunbell = (all: readonly Message[]) => all.filter(({ userId }) => userId === 'U0BOT00001');

  it('is found again, however much is written into the channel after it', async () => {
    const slack = await stageWith();
    await slack.fault(lost);
    await slack.notify();
    await slack.stage.clock.sleep(3 * MINUTE_MS);
    slack.chatter(1100);
    await slack.quarter();
    expect(ofRunbell(slack.cards(HOME))).toHaveLength(1);
    expect((await slack.stage.target()).notice).toMatchObject({ lastProblem: null, owedSinceMs: null });
  });

  it('is found again by a clock that is half a minute ahead of Slack’s', async () => {
    const slack = await stageWith();
    Object.assign(slack.slack.workspace.options, { nowMs: () => slack.stage.clock.nowMs() - 30_000 });
    await slack.fault(lost);
    await slack.quarter();
    expect(ofRunbell(slack.cards(HOME))).toHaveLength(1);
    expect((await slack.stage.target()).notice).toMatchObject({ lastProblem: null, owedSinceMs: null });
  });

  it('that cannot be looked up among too many is posted once more, and says so', async () => {
    const slack = await stageWith();
    await slack.fault(lost);
    await slack.notify();
    slack.chatter(1100);
    await slack.quarter();
    expect(ofRunbell(slack.cards(HOME))).toHaveLength(2);
    expect(ofRunbell(slack.inThreads(HOME)).map(({ text }) => text)).toEqual([
      expect.stringMatching(/may be the second message/),
    ]);
    await slack.changed();
    await slack.quarter();
    expect(ofRunbell(slack.cards(HOME))).toHaveLength(2);
  });

  it('that may never be looked up is posted once more, within minutes', async () => {
    const slack = await stageWith({}, { scopes: ['chat:write'] });
    await slack.fault(lost);
    await slack.quarter();
    expect(ofRunbell(slack.cards(HOME))).toHaveLength(2);
    expect((await slack.stage.target()).notice).toMatchObject({ lastProblem: null, owedSinceMs: null });
  });
});

describe('a first post that Slack clearly refuses', () => {
  it('leaves nothing to look for: the next try posts', async () => {
    const slack = await stageWith();
    await slack.fault({ method: 'chat.postMessage', kind: 'refused', error: 'restricted_action', times: 1 });
    await slack.notify();
    expect((await slack.stage.target()).notice).toMatchObject({ postIntentAtMs: null });
    slack.chatter(1100);
    await slack.quarter();
    expect(slack.cards(HOME).filter(({ userId }) => userId === 'U0BOT00001')).toHaveLength(1);
  });
});

describe('a card that may not be edited any more', () => {
  it('is replaced by a new one, once, and each says where the other is', async () => {
    const options = { editWindowMs: 10 * MINUTE_MS };
    const slack = await stageWith({}, options);
    await slack.notify();
    await slack.stage.clock.sleep(20 * MINUTE_MS);
    await slack.changed();
    await slack.notify();
    await slack.notify();
    await slack.notify();
    const [first, second, ...others] = slack.cards(HOME);
    expect(others).toEqual([]);
    expect((await slack.stage.target()).notice).toMatchObject({ message: { ts: second?.ts }, owedSinceMs: null });
    const replies = slack.inThreads(HOME);
    expect(replies.find(({ threadTs }) => threadTs === first?.ts)?.text).toMatch(/new message/);
    expect(replies.find(({ threadTs }) => threadTs === second?.ts)?.text).toMatch(/replaces.*edit_window_closed/);
    expect(slack.pages).toEqual([]);
  });
});

describe('a critical card while Slack answers nothing but 5xx', () => {
  it.each([40, 200, 330, 1700])('is there within thirty seconds, after %i s of it', async (outageSeconds) => {
    const slack = await stageWith();
    const methods = ['chat.postMessage', 'conversations.history'];
    for (const method of methods) await slack.fault({ method, kind: '5xx', times: 9999 });
    // The stream and the sweep come by often enough: how long it takes is the back-off's doing.
    const pass = async (seconds: number) => {
      for (let second = 0; second < seconds; second += 1) {
        await slack.notify();
        await slack.stage.clock.sleep(1000);
      }
    };
    await pass(outageSeconds);
    for (const method of methods) await slack.fault({ method, kind: 'none' });
    await pass(30);
    expect(slack.cards(HOME)).toHaveLength(1);
  });
});

describe('with a fallback channel', () => {
  it('a card whose channel is archived goes there, says why, and stays there', async () => {
    const slack = await stageWith({ fallbackChannel: FALLBACK });
    await slack.notify();
    slack.channel(HOME).archived = true;
    await slack.changed();
    await slack.quarter();
    expect(slack.cards(FALLBACK)).toHaveLength(1);
    expect(slack.replies(FALLBACK)).toEqual([expect.stringMatching(/its own channel refuses it.*is_inactive/)]);
    expect(slack.pages).toEqual([]);
    slack.channel(HOME).archived = false;
    await slack.changed();
    await slack.quarter();
    expect([slack.cards(HOME).length, slack.cards(FALLBACK).length]).toEqual([1, 1]);
    expect((await slack.stage.target()).notice).toMatchObject({ message: { channel: FALLBACK }, owedSinceMs: null });
  });

  it('a channel and a fallback that both refuse page, as without one', async () => {
    const slack = await stageWith({ fallbackChannel: FALLBACK });
    slack.channel(HOME).archived = true;
    slack.channel(FALLBACK).archived = true;
    await slack.quarter();
    expect(slack.pages).toHaveLength(1);
    slack.channel(FALLBACK).archived = false;
    await slack.quarter();
    expect(slack.cards(FALLBACK)).toHaveLength(1);
  });
});
