import { expect, it } from 'vitest';
import { type BotToken, ConfiguredNoticeBoard } from '../../../functions/adapters/slack/configured-notice-board.ts';
import { RecordingNoticeBoard, refusal } from '../../fakes/recording-notice-board.ts';
import { noticeFor } from './support/notices.ts';

const FIVE_MINUTES_MS = 5 * 60_000;

function stage() {
  const state = { nowMs: 0, token: { botToken: 'first' } as BotToken, reads: 0 };
  const boards: { readonly botToken: string; readonly board: RecordingNoticeBoard }[] = [];
  const board = new ConfiguredNoticeBoard({
    readToken: async () => {
      state.reads += 1;
      return state.token;
    },
    boardOf: (botToken) => {
      const made = new RecordingNoticeBoard();
      boards.push({ botToken, board: made });
      return made;
    },
    clock: { nowMs: () => state.nowMs },
  });
  return { state, boards, post: () => board.post('C0ALARMS01', noticeFor('critical')) };
}

it('reads the token once, and again after five minutes', async () => {
  const { state, post } = stage();
  await post();
  state.nowMs = FIVE_MINUTES_MS;
  await post();
  expect(state.reads).toBe(1);
  state.nowMs += 1;
  await post();
  expect(state.reads).toBe(2);
});

it('keeps what a board has learned as long as the token is the same', async () => {
  const { state, boards, post } = stage();
  await post();
  state.nowMs += FIVE_MINUTES_MS + 1;
  await post();
  expect(boards).toHaveLength(1);
  state.token = { botToken: 'second' };
  state.nowMs += FIVE_MINUTES_MS + 1;
  await post();
  expect(boards.map(({ botToken }) => botToken)).toEqual(['first', 'second']);
});

it('picks up another token at once when Slack no longer takes the one it has', async () => {
  const { state, boards, post } = stage();
  await post();
  boards[0]?.board.fail('post', refusal('token_revoked', 'app'));
  expect(await post()).toMatchObject({ kind: 'refused' });
  state.token = { botToken: 'second' };
  expect(await post()).toMatchObject({ kind: 'done' });
});

it('refuses every call with what to do while there is no token', async () => {
  const { state, post } = stage();
  state.token = { problem: 'AccessDenied' };
  expect(await post()).toMatchObject({ kind: 'refused', code: 'no_bot_token' });
});
