import { describe, expect, it } from 'vitest';
import {
  fetchSlackSecret,
  type SecretCall,
  slackSecretSource,
} from '../../../functions/adapters/slack/slack-secret.ts';
import { MemoryLog } from '../../interact/interact-stage.ts';

const secret = { botToken: 'test-bot-token', signingSecret: 'test-signing-secret' };
const answering =
  (SecretString: unknown): SecretCall =>
  async () => ({ kind: 'done', body: { SecretString } });

describe('the Slack secret', () => {
  it('is read by its ARN', async () => {
    const asked: unknown[] = [];
    const call: SecretCall = async (...args) => {
      asked.push(args);
      return { kind: 'done', body: { SecretString: JSON.stringify({ ...secret, more: 1 }) } };
    };
    expect(await fetchSlackSecret(call, 'arn:test')).toEqual(secret);
    expect(asked).toEqual([['secretsmanager', 'secretsmanager.GetSecretValue', { SecretId: 'arn:test' }]]);
  });

  it.each([
    ['no JSON', 'test-bot-token'],
    ['empty', '{}'],
    ['half of it', JSON.stringify({ botToken: 'test-bot-token' })],
    ['an empty value', JSON.stringify({ botToken: 'test-bot-token', signingSecret: '' })],
    ['binary', undefined],
  ])('that is %s is a problem that does not repeat it', async (_, text) => {
    const answer = await fetchSlackSecret(answering(text), 'arn:test');
    expect(answer).toEqual({ problem: 'the Slack secret is not JSON with "botToken" and "signingSecret"' });
  });

  it('that may not be read says so', async () => {
    const refusing: SecretCall = async () => ({
      kind: 'refused',
      code: 'AccessDeniedException',
      message: 'not allowed',
    });
    expect(await fetchSlackSecret(refusing, 'arn:test')).toEqual({ problem: 'AccessDeniedException: not allowed' });
  });
});

describe('the source of the signing secret', () => {
  const stage = (answers: ({ signingSecret: string } | { problem: string })[]) => {
    const state = { nowMs: 0, fetches: 0 };
    const fetch = async () => {
      const answer = answers[Math.min(state.fetches, answers.length - 1)] ?? { problem: 'none' };
      state.fetches += 1;
      return 'problem' in answer ? answer : { botToken: 'test-bot-token', ...answer };
    };
    const log = new MemoryLog();
    const secretOf = slackSecretSource(fetch, { nowMs: () => state.nowMs }, log);
    const source = async (why: 'use' | 'afterMismatch') => (await secretOf(why))?.signingSecret ?? null;
    return { state, log, source };
  };

  it('fetches before anybody asks, and once', async () => {
    const { state, source } = stage([{ signingSecret: 'first' }]);
    expect(state.fetches).toBe(1);
    expect(await Promise.all([source('use'), source('use'), source('use')])).toEqual(['first', 'first', 'first']);
    expect(state.fetches).toBe(1);
  });

  it('fetches again after a mismatch, once a minute at most', async () => {
    const { state, source } = stage([{ signingSecret: 'first' }, { signingSecret: 'second' }]);
    state.nowMs = 59_999;
    expect(await source('afterMismatch')).toBe('first');
    state.nowMs = 60_000;
    expect(await source('afterMismatch')).toBe('second');
    for (let more = 0; more < 5; more += 1) await source('afterMismatch');
    expect(state.fetches).toBe(2);
    expect(await source('use')).toBe('second');
  });

  it('fetches once for mismatches at the same time', async () => {
    const { state, source } = stage([{ signingSecret: 'first' }, { signingSecret: 'second' }]);
    state.nowMs = 60_000;
    await Promise.all([source('afterMismatch'), source('afterMismatch'), source('afterMismatch')]);
    expect(state.fetches).toBe(2);
  });

  it('tries again with the next request when the first fetch failed', async () => {
    const { log, source } = stage([{ problem: 'no answer' }, { problem: 'no answer' }, { signingSecret: 'late' }]);
    expect(await source('use')).toBeNull();
    expect(log.lines.map(({ event }) => event)).toEqual(['slackSecret.unavailable']);
    expect(await source('use')).toBe('late');
  });

  it('keeps what worked when fetching again fails', async () => {
    const { state, source } = stage([{ signingSecret: 'first' }, { problem: 'no answer' }]);
    state.nowMs = 60_000;
    expect(await source('afterMismatch')).toBe('first');
  });
});
