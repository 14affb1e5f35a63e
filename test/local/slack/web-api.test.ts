import { afterEach, describe, expect, it } from 'vitest';
import { actions, button, everyKind, lineOf, plain, section } from './support/blocks.ts';
import {
  BOT,
  CHANNEL,
  closeStages,
  FOREIGN,
  GUEST,
  handClock,
  ON_CALL,
  SECOND,
  slackStage,
} from './support/slack-stage.ts';

afterEach(closeStages);

const metadata = { event_type: 'incident', event_payload: { id: 'inc-1' } };
const refusedWith = (error: string, more: object = {}) => ({ data: { ok: false, error, ...more } });

describe('chat', () => {
  it('keeps a message as it was posted, with the ids it came without', async () => {
    const { client } = await slackStage();
    const posted = await client.chat.postMessage({ channel: CHANNEL, text: 'Hi', blocks: everyKind, metadata });
    expect(posted).toMatchObject({
      ok: true,
      channel: CHANNEL,
      message: { user: BOT.userId, bot_id: BOT.botId, metadata },
    });
    const { messages } = await client.conversations.history({ channel: CHANNEL, include_all_metadata: true });
    expect(messages).toMatchObject([{ ts: posted.ts, text: 'Hi', metadata }]);
    expect(messages?.[0]?.blocks?.map(({ type }) => type)).toEqual(everyKind.map(({ type }) => type));
    expect(messages?.[0]?.blocks?.every(({ block_id }) => block_id !== undefined)).toBe(true);
  });

  it('takes a channel by name when posting, and cuts text at 40,000 characters', async () => {
    const { client, slack } = await slackStage();
    await client.chat.postMessage({ channel: '#db-alerts', text: 'x'.repeat(50_000) });
    expect(slack.workspace.messages[0]?.text).toHaveLength(40_000);
  });

  it('never gives two messages the same ts, even within a millisecond', async () => {
    const { client } = await slackStage({ nowMs: handClock().nowMs });
    const first = await client.chat.postMessage({ channel: CHANNEL, text: 'a' });
    const second = await client.chat.postMessage({ channel: CHANNEL, text: 'b' });
    expect([first.ts, second.ts]).toEqual(['1800000000.000000', '1800000000.000001']);
  });

  it('edits in place: same ts, metadata kept, not marked as edited', async () => {
    const { client } = await slackStage();
    const { ts = '' } = await client.chat.postMessage({
      channel: CHANNEL,
      text: 'one',
      blocks: [section('one')],
      metadata,
    });
    await client.chat.update({ channel: CHANNEL, ts, text: 'two', blocks: [section('two')] });
    const { messages } = await client.conversations.history({ channel: CHANNEL, include_all_metadata: true });
    expect(messages).toMatchObject([{ ts, text: 'two', metadata, blocks: [{ text: { text: 'two' } }] }]);
    expect(messages?.[0]).not.toHaveProperty('edited');
  });

  it('loses its blocks in an edit that has only text, and says that it was edited', async () => {
    const { client } = await slackStage();
    const { ts = '' } = await client.chat.postMessage({ channel: CHANNEL, text: 'one', blocks: [section('one')] });
    const { message } = await client.chat.update({ channel: CHANNEL, ts, text: 'two' });
    expect(message).toMatchObject({ text: 'two', edited: { user: BOT.userId } });
    expect(message).not.toHaveProperty('blocks');
  });

  it('puts an answer to a reply into the thread that the reply is in', async () => {
    const { client } = await slackStage();
    const { ts: parent = '' } = await client.chat.postMessage({ channel: CHANNEL, text: 'card' });
    const { ts: reply = '' } = await client.chat.postMessage({ channel: CHANNEL, thread_ts: parent, text: 'first' });
    await client.chat.postMessage({ channel: CHANNEL, thread_ts: reply, text: 'second' });
    const { messages } = await client.conversations.replies({ channel: CHANNEL, ts: parent });
    expect(messages?.map(({ text }) => text)).toEqual(['card', 'first', 'second']);
    expect(messages?.[0]).toMatchObject({ thread_ts: parent, reply_count: 2 });
    expect((await client.conversations.history({ channel: CHANNEL })).messages).toHaveLength(1);
  });

  it('writes a reply to what is gone into the channel, which only the answer shows', async () => {
    const { client } = await slackStage();
    const { ts: parent = '' } = await client.chat.postMessage({ channel: CHANNEL, text: 'card' });
    const { message: reply } = await client.chat.postMessage({ channel: CHANNEL, thread_ts: parent, text: 'first' });
    expect(reply).toMatchObject({ thread_ts: parent });
    await client.chat.delete({ channel: CHANNEL, ts: parent });
    const { message: orphan } = await client.chat.postMessage({ channel: CHANNEL, thread_ts: parent, text: 'second' });
    expect(orphan).not.toHaveProperty('thread_ts');
  });

  it('goes to one person alone when the channel is that person', async () => {
    const { client, slack } = await slackStage();
    const { channel = '' } = await client.chat.postMessage({ channel: SECOND, text: 'psst' });
    expect(channel).toMatch(/^D/);
    expect((await client.conversations.history({ channel: CHANNEL })).messages).toEqual([]);
    expect(slack.workspace.messagesIn(channel, null, SECOND).map(({ text }) => text)).toEqual(['psst']);
  });

  it('shows a private note to nobody who reads the channel', async () => {
    const { client, slack } = await slackStage();
    const { message_ts: ts = '' } = await client.chat.postEphemeral({ channel: CHANNEL, user: SECOND, text: 'psst' });
    expect((await client.conversations.history({ channel: CHANNEL })).messages).toEqual([]);
    expect(slack.workspace.messages).toMatchObject([{ ts, ephemeralFor: SECOND }]);
    await expect(client.chat.update({ channel: CHANNEL, ts, text: 'x' })).rejects.toMatchObject(
      refusedWith('message_not_found'),
    );
  });

  it('deletes its own messages', async () => {
    const { client, slack } = await slackStage();
    const { ts = '' } = await client.chat.postMessage({ channel: CHANNEL, text: 'gone soon' });
    await client.chat.delete({ channel: CHANNEL, ts });
    expect(slack.workspace.messages).toEqual([]);
  });

  it.each<[error: string, what: string, message: object]>([
    ['channel_not_found', 'a channel that is not there', { channel: 'C0NOWHERE1', text: 'x' }],
    ['not_in_channel', 'a channel without the bot', { channel: 'C0STRANGE1', text: 'x' }],
    ['is_archived', 'an archived channel', { channel: 'C0ARCHIVE1', text: 'x' }],
    ['no_text', 'nothing to show', { channel: CHANNEL, text: '' }],
    ['no_text', 'no block to show', { channel: CHANNEL, text: '', blocks: [] }],
    ['invalid_blocks_format', 'blocks that are no JSON', { channel: CHANNEL, text: 'x', blocks: '[{' }],
    [
      'msg_blocks_too_long',
      'too much text in all',
      { channel: CHANNEL, text: 'x', blocks: Array.from({ length: 5 }, () => section('x'.repeat(2_500))) },
    ],
    [
      'invalid_metadata_format',
      'metadata without a payload',
      { channel: CHANNEL, text: 'x', metadata: { event_type: 'only' } },
    ],
  ])('refuses with %s: %s', async (error, _, message) => {
    const { client, slack } = await slackStage();
    await expect(client.apiCall('chat.postMessage', { ...message })).rejects.toMatchObject(refusedWith(error));
    expect(slack.workspace.messages).toEqual([]);
  });

  it('points at every invalid place', async () => {
    const { client } = await slackStage();
    const blocks = [section('x'.repeat(3_001)), actions(button('a', { text: plain('x'.repeat(76)) }))];
    const problems = [
      'must be less than 3001 characters [json-pointer:/blocks/0/text/text]',
      'must be less than 76 characters [json-pointer:/blocks/1/elements/0/text/text]',
    ];
    const response_metadata = { messages: problems.map((problem) => `[ERROR] ${problem}`) };
    const refused = refusedWith('invalid_blocks', { errors: problems, response_metadata });
    await expect(client.chat.postMessage({ channel: CHANNEL, text: 'x', blocks })).rejects.toMatchObject(refused);
  });

  it('refuses a chart where the workspace does not know charts', async () => {
    const chart = { type: 'data_visualization', title: 'Connections', chart: lineOf([1, 2]) };
    const post = async (charts: boolean) =>
      (await slackStage({ charts })).client.chat.postMessage({
        channel: CHANNEL,
        text: 'x',
        blocks: [section('a'), chart],
      });
    expect(await post(true)).toMatchObject({ ok: true });
    const errors = ['unsupported type [json-pointer:/blocks/1/type]'];
    await expect(post(false)).rejects.toMatchObject(refusedWith('invalid_blocks', { errors }));
  });

  it('refuses to edit what is not there, not its own, or too long', async () => {
    const { client, slack } = await slackStage();
    const { ts = '' } = await client.chat.postMessage({ channel: CHANNEL, text: 'mine' });
    const theirs = slack.workspace.add({ channelId: CHANNEL, userId: ON_CALL, text: 'theirs', blocks: [] }).ts;
    const update = (of: string, text: string, channel = CHANNEL) => client.chat.update({ channel, ts: of, text });
    await expect(update('1.000000', 'x')).rejects.toMatchObject(refusedWith('message_not_found'));
    await expect(update(theirs, 'x')).rejects.toMatchObject(refusedWith('cant_update_message'));
    await expect(update(ts, 'x'.repeat(4_001))).rejects.toMatchObject(refusedWith('msg_too_long'));
    await expect(update(ts, 'x', 'db-alerts')).rejects.toMatchObject(refusedWith('channel_not_found'));
    await expect(client.chat.delete({ channel: CHANNEL, ts: theirs })).rejects.toMatchObject(
      refusedWith('cant_delete_message'),
    );
    Object.assign(slack.workspace.options, { editWindowMs: -1 });
    await expect(update(ts, 'x')).rejects.toMatchObject(refusedWith('edit_window_closed'));
    const [home] = slack.workspace.options.channels;
    Object.assign(home ?? {}, { archived: true });
    await expect(update(ts, 'x')).rejects.toMatchObject(refusedWith('is_inactive'));
    Object.assign(home ?? {}, { archived: false });
    expect(slack.workspace.messages.map(({ text }) => text)).toEqual(['mine', 'theirs']);
  });

  it.each([
    ['a stranger', CHANNEL, 'U0NOBODY01'],
    ['somebody outside the channel', 'C0FEW00001', SECOND],
  ])('whispers to nobody else: %s', async (_, channel, user) => {
    const { client } = await slackStage();
    const whisper = client.chat.postEphemeral({ channel, user, text: 'x' });
    await expect(whisper).rejects.toMatchObject(refusedWith('user_not_in_channel'));
  });
});

describe('reading', () => {
  it('gives history newest first, between two instants, in pages', async () => {
    const { client } = await slackStage({ rateLimits: { 'chat.postMessage': null } });
    const posted: string[] = [];
    for (const text of ['a', 'b', 'c', 'd']) {
      posted.push((await client.chat.postMessage({ channel: CHANNEL, text })).ts ?? '');
    }
    const [a = '', b = '', , d = ''] = posted;
    const texts = async (more: object) => {
      const { messages } = await client.conversations.history({ channel: CHANNEL, ...more });
      return messages?.map(({ text }) => text);
    };
    expect(await texts({})).toEqual(['d', 'c', 'b', 'a']);
    expect(await texts({ oldest: b })).toEqual(['d', 'c']);
    expect(await texts({ oldest: a, latest: d })).toEqual(['c', 'b']);
    expect(await texts({ oldest: a, latest: d, inclusive: true })).toEqual(['d', 'c', 'b', 'a']);
    const first = await client.conversations.history({ channel: CHANNEL, limit: 3 });
    expect(first).toMatchObject({ has_more: true });
    const cursor = first.response_metadata?.next_cursor ?? '';
    expect(await texts({ limit: 3, cursor })).toEqual(['a']);
  });

  it('gives metadata only to who asks', async () => {
    const { client } = await slackStage();
    await client.chat.postMessage({ channel: CHANNEL, text: 'x', metadata });
    const { messages } = await client.conversations.history({ channel: CHANNEL });
    expect(messages?.[0]).not.toHaveProperty('metadata');
  });

  it('knows itself, its channels, people and groups', async () => {
    const { client } = await slackStage();
    expect(await client.auth.test()).toMatchObject({
      ok: true,
      team_id: 'T0LOCAL001',
      user_id: BOT.userId,
      bot_id: BOT.botId,
    });
    expect(await client.conversations.info({ channel: 'C0ARCHIVE1' })).toMatchObject({
      channel: { name: 'old', is_archived: true },
    });
    expect(await client.conversations.members({ channel: 'C0FEW00001' })).toMatchObject({
      members: [ON_CALL, BOT.userId],
    });
    expect(await client.users.info({ user: GUEST })).toMatchObject({
      user: { is_restricted: true, team_id: 'T0LOCAL001' },
    });
    expect(await client.users.info({ user: FOREIGN })).toMatchObject({
      user: { is_stranger: true, team_id: 'T0LOCAL001X' },
    });
    expect(await client.usergroups.users.list({ usergroup: 'S0DBA00001' })).toMatchObject({ users: [ON_CALL] });
  });

  it.each<[error: string, method: string, args: Record<string, unknown>]>([
    ['channel_not_found', 'conversations.history', { channel: 'C0NOWHERE1' }],
    ['channel_not_found', 'conversations.info', { channel: 'C0NOWHERE1' }],
    ['not_in_channel', 'conversations.history', { channel: 'C0STRANGE1' }],
    ['thread_not_found', 'conversations.replies', { channel: CHANNEL, ts: '1.000000' }],
    ['user_not_found', 'users.info', { user: 'U0NOBODY01' }],
    ['no_such_subteam', 'usergroups.users.list', { usergroup: 'S0NOBODY01' }],
    ['unknown_method', 'files.upload', {}],
    ['unknown_method', 'constructor', {}],
  ])('refuses with %s: %s %j', async (error, method, args) => {
    const { client } = await slackStage();
    await expect(client.apiCall(method, args)).rejects.toMatchObject(refusedWith(error));
  });
});
