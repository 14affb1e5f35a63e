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

  it('is asked for once more when there was no answer, and not when there was one', async () => {
    const asked: string[] = [];
    const call =
      (...answers: Awaited<ReturnType<SecretCall>>[]): SecretCall =>
      async (_, target) => {
        asked.push(target);
        return answers.shift() ?? { kind: 'failed', why: 'no answer' };
      };
    const found = { kind: 'done', body: { SecretString: JSON.stringify(secret) } } as const;
    expect(await fetchSlackSecret(call({ kind: 'failed', why: 'reset' }, found), 'arn:test')).toEqual(secret);
    expect(await fetchSlackSecret(call(), 'arn:test')).toEqual({ problem: 'no answer' });
    expect(asked).toHaveLength(4);
    await fetchSlackSecret(call({ kind: 'refused', code: 'AccessDeniedException', message: 'no' }), 'arn:test');
    expect(asked).toHaveLength(5);
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

  it('that cannot be read is looked for once a minute, however many ask, and said once a look', async () => {
    const { state, log, source } = stage([{ problem: 'empty' }, { problem: 'empty' }, { signingSecret: 'late' }]);
    const ask = () =>
      Promise.all(Array.from({ length: 50 }, (_, at) => source(at % 2 === 0 ? 'use' : 'afterMismatch')));
    expect(new Set(await ask())).toEqual(new Set([null]));
    state.nowMs = 59_999;
    await ask();
    expect(state.fetches).toBe(1);
    state.nowMs = 60_000;
    expect(new Set(await ask())).toEqual(new Set([null]));
    expect(state.fetches).toBe(2);
    expect(log.lines.map(({ event, fields }) => [event, fields['problem']])).toEqual([
      ['slackSecret.unavailable', 'empty'],
      ['slackSecret.unavailable', 'empty'],
    ]);
    state.nowMs = 120_000;
    expect(new Set(await ask())).toEqual(new Set(['late']));
    expect(state.fetches).toBe(3);
  });

  it('does not let a click wait for a look that a forger caused', async () => {
    let answer: (secret: { botToken: string; signingSecret: string }) => void = () => undefined;
    const fetch = () => new Promise<{ botToken: string; signingSecret: string }>((done) => (answer = done));
    let nowMs = 0;
    const source = slackSecretSource(fetch, { nowMs: () => nowMs }, new MemoryLog());
    answer({ botToken: 'test-bot-token', signingSecret: 'first' });
    await source('use');
    nowMs = 60_000;
    const forged = source('afterMismatch');
    expect((await source('use'))?.signingSecret).toBe('first');
    answer({ botToken: 'test-bot-token', signingSecret: 'second' });
    expect((await forged)?.signingSecret).toBe('second');
    expect((await source('use'))?.signingSecret).toBe('second');
  });

  it('looks again when the clock was put back, and then waits its minute', async () => {
    const { state, source } = stage([{ problem: 'empty' }]);
    state.nowMs = -3_600_000;
    for (let more = 0; more < 5; more += 1) await source('use');
    expect(state.fetches).toBe(2);
  });

  it('keeps what worked when fetching again fails', async () => {
    const { state, source } = stage([{ signingSecret: 'first' }, { problem: 'no answer' }]);
    state.nowMs = 60_000;
    expect(await source('afterMismatch')).toBe('first');
  });
});
