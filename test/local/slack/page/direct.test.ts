import { afterEach, expect, it } from 'vitest';
import { pageReply } from '../../../../local/slack/page/page.ts';
import { CHANNEL, closeStages, ON_CALL, SECOND, slackStage } from '../support/slack-stage.ts';

afterEach(closeStages);

it('what the bot writes to one person stands on that person’s page, and on nobody else’s', async () => {
  const { client, slack } = await slackStage();
  const page = (user: string, channel?: string) => {
    const query = new URLSearchParams({ user, ...(channel === undefined ? {} : { channel }) });
    return pageReply(slack.workspace, new URL(`/?${query}`, slack.url))?.body.toString();
  };
  await client.chat.postMessage({ channel: CHANNEL, text: 'for everybody' });
  expect(page(SECOND)).not.toContain('Direct messages');
  const { channel = '' } = await client.chat.postMessage({ channel: SECOND, text: 'only you' });
  expect(page(SECOND)).toContain('Direct messages');
  expect(page(SECOND, channel)).toContain('only you');
  expect(page(SECOND, channel)).not.toContain('for everybody');
  expect(page(ON_CALL)).not.toContain('Direct messages');
  expect(page(ON_CALL, channel)).toBeUndefined();
});
