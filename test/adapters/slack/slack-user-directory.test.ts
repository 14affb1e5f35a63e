import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSlackClient } from '../../../functions/adapters/slack/slack-notice-board.ts';
import { SlackUserDirectory } from '../../../functions/adapters/slack/slack-user-directory.ts';
import { createLocalSlack, type LocalSlack } from '../../../local/slack/local-slack.ts';
import { MemoryLog } from '../../interact/interact-stage.ts';

let slack: LocalSlack;
let nowMs: number;
let log: MemoryLog;
let calls: string[];
let directory: SlackUserDirectory;

beforeEach(async () => {
  nowMs = 1_000_000;
  log = new MemoryLog();
  calls = [];
  slack = createLocalSlack({
    workspaceId: 'T0AAAAAAA1',
    workspaceName: 'shop',
    channels: [{ id: 'C0ALARMS01', name: 'alarms' }],
    people: [
      { id: 'U0MEMBER01', name: 'oncall' },
      { id: 'U0GUEST001', name: 'visitor', kind: 'guest' },
      { id: 'U0FOREIGN1', name: 'neighbour', kind: 'foreign' },
    ],
    userGroups: [{ id: 'S0DBA00001', userIds: ['U0MEMBER01'] }],
    bot: { name: 'Runbell', userId: 'U0BOT00001', botId: 'B0BOT00001', appId: 'A0APP00001' },
    botToken: 'test-bot-token',
    signingSecret: 'test-signing-secret',
    interact: async () => ({ statusCode: 200 }),
  });
  await slack.listen(0);
  const client = createSlackClient('test-bot-token', { slackApiUrl: `${slack.url}/api/`, timeout: 30_000 });
  const counted = async () => {
    calls.push('asked');
    return client;
  };
  directory = new SlackUserDirectory(counted, { nowMs: () => nowMs }, log);
});
afterEach(() => slack.close());

const fault = async (method: string, order: object): Promise<void> => {
  const body = JSON.stringify({ method, ...order });
  const headers = { ...slack.pageHeaders, 'content-type': 'application/json' };
  await fetch(`${slack.url}/api/sim.fault`, { method: 'POST', headers, body });
};

describe('the user directory', () => {
  it('tells members, guests and people of other workspaces apart, and knows nobody else', async () => {
    expect(await directory.kindOf('U0MEMBER01')).toBe('member');
    expect(await directory.kindOf('U0GUEST001')).toBe('guest');
    expect(await directory.kindOf('U0FOREIGN1')).toBe('foreign');
    expect(await directory.kindOf('U0NOBODY01')).toBe('unknown');
  });

  it('knows who is in a group, and that there is no such group', async () => {
    expect(await directory.members('S0DBA00001')).toEqual(['U0MEMBER01']);
    expect(await directory.members('S0NOGROUP1')).toBe('unknown');
    expect(log.lines.map(({ event }) => event)).toEqual(['directory']);
  });

  it('asks once for several who want to know at the same time, and again after five minutes', async () => {
    await Promise.all([directory.members('S0DBA00001'), directory.members('S0DBA00001')]);
    expect(calls).toHaveLength(1);
    nowMs += 5 * 60_000 - 1;
    await directory.members('S0DBA00001');
    expect(calls).toHaveLength(1);
    nowMs += 1;
    await directory.members('S0DBA00001');
    expect(calls).toHaveLength(2);
  });

  it('knows nothing yet while Slack does not answer, and asks again when it says so', async () => {
    await fault('usergroups.users.list', { kind: '5xx' });
    const notNow = { kind: 'later', notBeforeMs: nowMs + 5_000 };
    expect(await directory.members('S0DBA00001')).toMatchObject(notNow);
    nowMs += 4_999;
    expect(await directory.members('S0DBA00001')).toMatchObject(notNow);
    nowMs += 1;
    expect(await directory.members('S0DBA00001')).toEqual(['U0MEMBER01']);
  });

  it('waits for as long as Slack asks, and calls it no more until then', async () => {
    await fault('users.info', { kind: 'ratelimited', retryAfterSeconds: 30 });
    expect(await directory.kindOf('U0MEMBER01')).toMatchObject({ kind: 'later', notBeforeMs: nowMs + 30_000 });
    nowMs += 29_999;
    expect(await directory.kindOf('U0MEMBER01')).toMatchObject({ kind: 'later' });
    expect(calls).toHaveLength(1);
    nowMs += 1;
    expect(await directory.kindOf('U0MEMBER01')).toBe('member');
  });

  it('knows nothing yet without a token', async () => {
    const blind = new SlackUserDirectory(async () => null, { nowMs: () => nowMs }, log);
    expect(await blind.kindOf('U0MEMBER01')).toMatchObject({ kind: 'later' });
    expect(await blind.members('S0DBA00001')).toMatchObject({ kind: 'later' });
  });
});
