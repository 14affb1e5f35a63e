import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formHandle } from '../../../functions/adapters/slack/forms/sent-form.ts';
import { createSlackClient, SlackNoticeBoard } from '../../../functions/adapters/slack/slack-notice-board.ts';
import { userToken } from '../../../functions/core/text/tokens.ts';
import { addView } from '../../../local/slack/methods/views.ts';
import { noticeBoardContract, type StageMethod } from '../../contracts/notice-board.contract.ts';
import { RecordingNoticeBoard } from '../../fakes/recording-notice-board.ts';
import { modal } from '../../local/slack/support/blocks.ts';
import { allFaces, nastyNotice, nastyStrings, noticeFor } from './support/notices.ts';
import { BOARD_NOW_MS, CHANNEL, OUTSIDER, PERSON, type SlackStage, slackStage, TOKEN } from './support/slack-stage.ts';

const methodNames: Readonly<Record<StageMethod, string>> = {
  post: 'chat.postMessage',
  edit: 'chat.update',
  find: 'conversations.history',
  reply: 'chat.postMessage',
  whisper: 'chat.postEphemeral',
  direct: 'chat.postMessage',
  fill: 'views.update',
};

noticeBoardContract('SlackNoticeBoard', async () => {
  const sinceMs = Date.now();
  const options: { editWindowMs?: number } = {};
  const stage = await slackStage(options);
  const { workspace } = stage;
  return {
    board: stage.board,
    channel: CHANNEL,
    userId: PERSON,
    outsiderId: OUTSIDER,
    sinceMs,
    nowMs: () => BOARD_NOW_MS,
    closeEdits: () => Object.assign(workspace.options, { editWindowMs: -1 }),
    chatter: (times) => {
      for (let at = 0; at < times; at += 1)
        workspace.add({ channelId: CHANNEL, userId: PERSON, text: 'hm', blocks: [] });
    },
    trouble: (method, how) => {
      const order = { method: methodNames[method] };
      if (how === 'no answer') return stage.fault({ ...order, kind: 'reset' });
      return stage.fault({ ...order, kind: 'ratelimited', retryAfterSeconds: how.waitSeconds });
    },
    openForm: () => formHandle(addView(workspace, PERSON, modal, 'open').id, { channel: CHANNEL, messageTs: null }),
    closeForm: () => workspace.views.clear(),
    remove: stage.remove,
    seen: async () => {
      const shown = (await stage.messages()).filter((message) => message.ephemeralFor === undefined);
      const notes = await stage.notes();
      const direct = workspace.messages.filter(({ channelId }) => channelId.startsWith('D'));
      const all = [...shown.flatMap((message) => [message, ...message.replies]), ...notes, ...direct];
      return all.map((message) => message.text);
    },
    close: stage.close,
  };
});

noticeBoardContract('RecordingNoticeBoard', async () => {
  let nowMs = 5_000_000;
  const board = new RecordingNoticeBoard(() => nowMs);
  board.members = [PERSON];
  return {
    board,
    channel: CHANNEL,
    userId: PERSON,
    outsiderId: OUTSIDER,
    sinceMs: nowMs,
    nowMs: () => nowMs,
    closeEdits: () => {
      board.editWindowMs = -1;
    },
    chatter: (times) => {
      nowMs += 1000;
      for (let at = 0; at < times; at += 1) board.chatter.push(nowMs);
    },
    trouble: async (method, how) => {
      const wait = how === 'no answer' ? null : how.waitSeconds * 1000;
      board.fail(
        method,
        wait === null
          ? { kind: 'unclear', why: 'reset', written: false }
          : { kind: 'later', notBeforeMs: nowMs + wait, why: 'busy' },
      );
    },
    openForm: () => 'V0OPEN',
    closeForm: () => board.closedForms.add('V0OPEN'),
    remove: async (message) => board.remove(message),
    seen: async () => [
      ...board.messages.flatMap(({ notices, replies }) => [notices.at(-1)?.title ?? '', ...replies]),
      ...board.orphans,
      ...board.whispers.map(({ text }) => text),
      ...board.directs.map(({ text }) => text),
    ],
    close: async () => {},
  };
});

describe('in Slack', () => {
  let stage: SlackStage;

  beforeEach(async () => {
    stage = await slackStage();
  });
  afterEach(() => stage.close());

  const post = () => stage.board.post(CHANNEL, noticeFor('critical'));

  it('every face is taken as a post and as an edit of the one before', async () => {
    const answer = await post();
    if (answer.kind !== 'done') throw new Error(JSON.stringify(answer));
    for (const face of allFaces) {
      expect(await stage.board.edit(answer.message, noticeFor(face))).toEqual({ kind: 'done' });
    }
    expect(await stage.messages()).toHaveLength(1);
  });

  it.each(nastyStrings.map((nasty) => [nasty.slice(0, 20), nasty] as const))(
    'a card full of %j is taken',
    async (_, nasty) => {
      expect(await stage.board.post(CHANNEL, nastyNotice('relapsed', nasty))).toMatchObject({ kind: 'done' });
    },
  );

  it('the message carries the incident for whoever looks it up', async () => {
    await post();
    const [message] = await stage.messages();
    expect(message?.metadata).toEqual({
      event_type: 'runbell_incident',
      event_payload: { incident_id: 'inc-a1b2c3d4e5' },
    });
  });

  it('a message that was posted although its answer was lost is found', async () => {
    const sinceMs = Date.now();
    await stage.fault({ method: 'chat.postMessage', kind: 'reset', applied: true });
    expect(await post()).toMatchObject({ kind: 'unclear' });
    const found = await stage.board.find(CHANNEL, 'inc-a1b2c3d4e5', {
      fromMs: sinceMs - 1000,
      toMs: Date.now() + 1000,
    });
    const [message] = await stage.messages();
    expect(found).toEqual({ kind: 'done', message: { channel: CHANNEL, ts: message?.ts } });
  });

  it('a look-up goes through the pages of the time that it is about', async () => {
    await post();
    const [message] = await stage.messages();
    await stage.chatter(450);
    const wanted = { kind: 'done', message: { channel: CHANNEL, ts: message?.ts } };
    const lately = { fromMs: 0, toMs: Date.now() + 1000 };
    expect(await stage.board.find(CHANNEL, 'inc-a1b2c3d4e5', lately)).toEqual(wanted);
  });

  it('a reply shows what a database said as it was written, and our tokens as people and times', async () => {
    const answer = await post();
    if (answer.kind !== 'done') throw new Error(JSON.stringify(answer));
    await stage.board.reply(answer.message, `<!channel> by ${userToken(PERSON)}\n*host*: :+1:`);
    const [message] = await stage.messages();
    expect(message?.replies[0]?.text).toBe(`&lt;!channel&gt; by <@${PERSON}>\n∗host∗: :\u2060+1:`);
  });

  it('a reply stands in the channel as well where everybody has to hear it, and only there', async () => {
    const answer = await post();
    if (answer.kind !== 'done') throw new Error(JSON.stringify(answer));
    await stage.board.reply(answer.message, 'Now unreachable.', { isLoud: true });
    await stage.board.reply(answer.message, 'host-1: done');
    const [message] = await stage.messages();
    expect(message?.replies.map(({ text, isBroadcast = false }) => [text, isBroadcast])).toEqual([
      ['Now unreachable.', true],
      ['host-1: done', false],
    ]);
  });

  it('a whisper is seen by one person only', async () => {
    await stage.board.whisper(CHANNEL, PERSON, 'You are not on the list.');
    expect(await stage.notes()).toMatchObject([{ ephemeralFor: PERSON, text: 'You are not on the list.' }]);
  });
});

describe('when Slack does not take it', () => {
  let stage: SlackStage;

  beforeEach(async () => {
    stage = await slackStage();
  });
  afterEach(() => stage.close());

  const post = (channel = CHANNEL) => stage.board.post(channel, noticeFor('critical'));

  it('a rate limit is told at once, with the instant from which to try again', async () => {
    await stage.fault({ method: 'chat.postMessage', kind: 'ratelimited', retryAfterSeconds: 37 });
    expect(await post()).toMatchObject({ kind: 'later', notBeforeMs: BOARD_NOW_MS + 37_000 });
    expect(await stage.messages()).toEqual([]);
  });

  it.each(['5xx', 'reset', 'timeout'])(
    'a %s leaves open whether it was written, and nothing is sent twice',
    async (kind) => {
      await stage.fault({ method: 'chat.postMessage', kind, applied: true, times: 1 });
      expect(await post()).toMatchObject({ kind: 'unclear' });
      expect(await stage.messages()).toHaveLength(1);
    },
  );

  it.each([
    ['C0ARCHIVE1', 'is_archived', 'unarchive it'],
    ['C0PRIVATE1', /^(not_in_channel|channel_not_found)$/, 'invite'],
    ['C0NOWHERE1', 'channel_not_found', 'check the channel id'],
  ])('a post to %s is refused with what to do', async (channel, code, advice) => {
    const answer = await post(channel);
    expect(answer).toMatchObject({
      kind: 'refused',
      code: expect.stringMatching(code),
      sentence: expect.stringContaining(advice),
    });
  });

  it('a whisper to somebody who left the channel is refused', async () => {
    const answer = await stage.board.whisper(CHANNEL, 'U0STRANGER', 'hello');
    expect(answer).toMatchObject({ kind: 'refused', code: 'user_not_in_channel' });
  });

  it('a wrong token is refused, and the sentence does not hold it', async () => {
    const { close, board } = await slackStage({}, 'wrong-bot-token');
    const answer = await board.post(CHANNEL, noticeFor('critical'));
    await close();
    expect(answer).toMatchObject({
      kind: 'refused',
      code: 'invalid_auth',
      sentence: expect.stringContaining('bot token'),
    });
    expect(JSON.stringify(answer)).not.toContain('wrong-bot-token');
  });

  it('a missing permission is named', async () => {
    const { close, board } = await slackStage({ scopes: ['chat:write', 'channels:history'] });
    const answer = await board.find(CHANNEL, 'inc-a1b2c3d4e5', { fromMs: 0, toMs: 1 });
    await close();
    expect(answer).toMatchObject({
      kind: 'refused',
      code: 'missing_scope',
      sentence: expect.stringContaining('metadata.message:read'),
    });
  });

  it('a Slack that cannot be reached has written nothing', async () => {
    const { close, board } = await slackStage();
    await close();
    expect(await board.post(CHANNEL, noticeFor('critical'))).toMatchObject({
      kind: 'later',
      notBeforeMs: BOARD_NOW_MS + 10_000,
      why: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('an odd answer', () => {
  const answering = async (status: number, headers: Record<string, string>, body: string) => {
    const server = createServer((request, response) => {
      request.resume().on('end', () => response.writeHead(status, headers).end(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = createSlackClient(TOKEN, { slackApiUrl: `http://127.0.0.1:${port}/api/`, timeout: 30_000 });
    const answer = await new SlackNoticeBoard(client, { nowMs: () => BOARD_NOW_MS }).post(
      CHANNEL,
      noticeFor('critical'),
    );
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    return answer;
  };
  const refusal = (error: string, more: object = {}) =>
    answering(200, {}, JSON.stringify({ ok: false, error, ...more }));

  it('of a wait without a time is waited for half a minute', async () => {
    expect(await answering(429, {}, '')).toMatchObject({ kind: 'later', notBeforeMs: BOARD_NOW_MS + 30_000 });
  });

  it('of a busy workspace is tried later', async () => {
    expect(await refusal('rate_limited')).toMatchObject({ kind: 'later', notBeforeMs: BOARD_NOW_MS + 30_000 });
  });

  it.each(['internal_error', 'fatal_error', 'service_unavailable'])('of %s leaves open what was done', async (code) => {
    expect(await refusal(code)).toMatchObject({ kind: 'unclear' });
  });

  it('that is no JSON leaves open what was done, and is not repeated to people', async () => {
    const answer = await answering(200, {}, '<html>secret of a proxy</html>');
    expect(answer).toMatchObject({ kind: 'unclear' });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('without an id for the message leaves open where it is', async () => {
    expect(await answering(200, {}, JSON.stringify({ ok: true }))).toMatchObject({ kind: 'unclear' });
  });

  it('from a proxy on the way is a refusal', async () => {
    expect(await answering(403, {}, 'blocked')).toMatchObject({ kind: 'refused', code: 'http_403' });
  });

  it('about blocks names the place that is wrong', async () => {
    const response_metadata = { messages: ['[ERROR] no more than 50 items allowed [json-pointer:/blocks]'] };
    expect(await refusal('invalid_blocks', { response_metadata })).toMatchObject({
      kind: 'refused',
      code: 'invalid_blocks',
      sentence: expect.stringContaining('json-pointer:/blocks'),
    });
  });

  it('that is new to us is told by its code', async () => {
    expect(await refusal('some_new_error')).toEqual({
      kind: 'refused',
      code: 'some_new_error',
      sentence: 'Slack refused the call (some_new_error at chat.postMessage).',
      about: 'app',
    });
  });
});

it('a workspace that takes no charts gets the card without one within the same call, and is not asked again', async () => {
  const twice = { callsMax: 2, windowMs: 60_000 };
  const stage = await slackStage({ charts: false, rateLimits: { 'chat.postMessage': twice, 'chat.update': twice } });
  const posted = await stage.board.post(CHANNEL, noticeFor('critical'));
  if (posted.kind !== 'done') throw new Error(JSON.stringify(posted));
  const [message] = await stage.messages();
  expect(JSON.stringify(message?.blocks)).toContain('▃');
  // Two edits are two calls: a chart that was tried again would have used up what the workspace allows.
  expect(await stage.board.edit(posted.message, noticeFor('refusing'))).toEqual({ kind: 'done' });
  expect(await stage.board.edit(posted.message, noticeFor('critical'))).toEqual({ kind: 'done' });
  await stage.close();
});

it.each(['post', 'edit'] as const)('a card whose blocks Slack refuses is said in words (%s)', async (call) => {
  const stage = await slackStage();
  const before = await stage.board.post(CHANNEL, noticeFor('critical'));
  const message = before.kind === 'done' ? before.message : { channel: CHANNEL, ts: '' };
  const method = call === 'post' ? 'chat.postMessage' : 'chat.update';
  // With a chart, and without.
  await stage.fault({ method, kind: 'refused', error: 'invalid_blocks', times: 2 });
  const notice = noticeFor('refusing');
  const answer = await (call === 'post' ? stage.board.post(CHANNEL, notice) : stage.board.edit(message, notice));
  expect(answer).toMatchObject({ kind: 'done' });
  const shown = JSON.stringify((await stage.messages()).at(-1)?.blocks);
  expect(shown).toContain('Full: orders-db');
  expect(shown).toContain('invalid_blocks at');
  await stage.close();
});

it('a card that Slack takes in no form stays refused', async () => {
  const stage = await slackStage();
  await stage.fault({ method: 'chat.postMessage', kind: 'refused', error: 'msg_too_long', times: 3 });
  expect(await stage.board.post(CHANNEL, noticeFor('critical'))).toMatchObject({ code: 'msg_too_long' });
  expect(await stage.messages()).toEqual([]);
  await stage.close();
});

it('a chart is drawn where the workspace takes it', async () => {
  const stage = await slackStage();
  await stage.board.post(CHANNEL, noticeFor('critical'));
  const [message] = await stage.messages();
  expect(message?.blocks).toContainEqual(expect.objectContaining({ type: 'data_visualization' }));
  await stage.close();
});
