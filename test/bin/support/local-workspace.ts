import { randomBytes } from 'node:crypto';
import { createLocalSlack } from '../../../local/slack/local-slack.ts';
import type { LocalSlackOptions } from '../../../local/slack/options.ts';
import { CHANNEL, WORKSPACE } from './config-file.ts';

/** A Slack on this machine with fresh secrets. */
export async function localWorkspace(more: Partial<LocalSlackOptions> = {}) {
  const botToken = `test-${randomBytes(12).toString('hex')}`;
  const signingSecret = randomBytes(16).toString('hex');
  const slack = createLocalSlack({
    workspaceId: WORKSPACE,
    workspaceName: 'shop',
    channels: [{ id: CHANNEL, name: 'alarms' }],
    people: [{ id: 'U0AAAAAAA1', name: 'On call' }],
    bot: { name: 'runbell', userId: 'U0BOT00001', botId: 'B0BOT00001', appId: 'A0APP00001' },
    botToken,
    signingSecret,
    interact: async () => ({ statusCode: 200 }),
    ...more,
  });
  await slack.listen(0);
  return {
    botToken,
    signingSecret,
    environment: { RUNBELL_SLACK_API_URL: `${slack.url}/api/` },
    stop: () => slack.close(),
  };
}
