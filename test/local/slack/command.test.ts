import { afterEach, expect, it } from 'vitest';
import type { FunctionUrlEvent } from '../../../local/aws/function-url.ts';
import { createLocalSlack, type LocalSlack } from '../../../local/slack/local-slack.ts';
import { BOT, CHANNEL, ON_CALL, SECOND, SIGNING_SECRET, TOKEN } from './support/slack-stage.ts';

let slack: LocalSlack;
afterEach(() => slack.close());

/** A local Slack whose handler answers every command so. */
async function stage(answer: { statusCode: number; body?: string }) {
  const commands: URLSearchParams[] = [];
  slack = createLocalSlack({
    workspaceId: 'T0LOCAL001',
    workspaceName: 'local workspace',
    channels: [{ id: CHANNEL, name: 'db-alerts' }],
    people: [
      { id: ON_CALL, name: 'on-call' },
      { id: SECOND, name: 'second' },
    ],
    bot: BOT,
    botToken: TOKEN,
    signingSecret: SIGNING_SECRET,
    interact: async ({ body = '' }: FunctionUrlEvent) => {
      commands.push(new URLSearchParams(Buffer.from(body, 'base64').toString('utf8')));
      return answer;
    },
  });
  await slack.listen(0);
  const say = async (text: string): Promise<void> => {
    const body = JSON.stringify({ user: ON_CALL, channel: 'db-alerts', text });
    const headers = { ...slack.pageHeaders, 'content-type': 'application/json' };
    await fetch(`${slack.url}/api/say`, { method: 'POST', headers, body });
  };
  return {
    commands,
    say,
    notes: () => slack.workspace.messages.map(({ text, ephemeralFor }) => ({ text, ephemeralFor })),
  };
}

it('a command reaches the handler as Slack sends it, and leaves nothing in the channel', async () => {
  const { commands, say, notes } = await stage({ statusCode: 200 });
  await say('/runbell freeze @second 1h <deploy> & more');
  const [command] = commands;
  expect(Object.fromEntries(command ?? [])).toEqual({
    command: '/runbell',
    text: `freeze <@${SECOND}|second> 1h &lt;deploy&gt; &amp; more`,
    team_id: 'T0LOCAL001',
    channel_id: CHANNEL,
    user_id: ON_CALL,
    user_name: 'on-call',
    trigger_id: expect.any(String),
  });
  expect(slack.workspace.triggers.has(command?.get('trigger_id') ?? '')).toBe(true);
  expect(notes()).toEqual([]);
});

it('what the handler answers at once only the author sees', async () => {
  const { say, notes } = await stage({ statusCode: 200, body: '{"response_type":"ephemeral","text":"help"}' });
  await say('/runbell');
  expect(notes()).toEqual([{ text: 'help', ephemeralFor: ON_CALL }]);
});

it('a command that the handler did not take says so to its author', async () => {
  const { say, notes } = await stage({ statusCode: 500 });
  await say('/runbell status');
  expect(notes()).toEqual([{ text: '/runbell failed with 500', ephemeralFor: ON_CALL }]);
});
