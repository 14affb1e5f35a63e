import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../functions/core/config/parse-config.ts';
import { userToken } from '../../functions/core/text/tokens.ts';
import { configInput, MINUTE_MS, settings } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

const reminder = {
  afterSeconds: 60,
  pageAfterSeconds: 400,
  escalation: [
    { slackUserId: 'U0FIRST', afterSeconds: 180 },
    { slackUserId: 'U0SECOND', afterSeconds: 300 },
  ],
};
const topicArn = 'arn:aws:sns:eu-central-1:000000000000:pages';

/** So many minutes of an incident, and what its thread said, minute by minute. */
async function minutes(count: number, acknowledgedAfter = Number.POSITIVE_INFINITY) {
  const stage = flowStage(settings({ reminder, page: { topicArn } }));
  await stage.open();
  await stage.notify();
  const said: string[] = [];
  for (let minute = 1; minute <= count; minute += 1) {
    await stage.clock.sleep(MINUTE_MS);
    if (minute === acknowledgedAfter) {
      const current = await stage.stores.targets.read('orders-db');
      if (current === null) throw new Error('no target');
      const acknowledgement = { userId: 'U0FIRST', atMs: stage.clock.nowMs() };
      await stage.stores.targets.write('orders-db', { ...current.value, acknowledgement }, current.revision);
    }
    await stage.sweep();
    await stage.notify();
    const replies = stage.board.messages[0]?.replies ?? [];
    said.push(...replies.slice(said.length));
  }
  return { said, pages: stage.pages };
}

describe('while nobody has it (E.29)', () => {
  it('the thread reminds everybody, then calls one person after the other, each once, and then the page goes out', async () => {
    const { said, pages } = await minutes(15);
    expect(said).toEqual([
      expect.stringMatching(/^Nobody has it after/),
      expect.stringContaining(`${userToken('U0FIRST')}: nobody has it after 3 minutes`),
      expect.stringContaining(`${userToken('U0SECOND')}: nobody has it after 5 minutes`),
    ]);
    expect(pages).toEqual([expect.any(String), expect.stringContaining('nobody has it')]);
  });

  it('nobody else is called once somebody has it', async () => {
    const { said, pages } = await minutes(15, 4);
    expect(said.filter((text) => text.includes(userToken('U0SECOND')))).toEqual([]);
    expect(said.filter((text) => text.includes(userToken('U0FIRST')))).toHaveLength(1);
    expect(pages).toHaveLength(1);
  });
});

describe('an order of people that cannot be', () => {
  it.each([
    [[{ slackUserId: 'U0FIRST', afterSeconds: 60 }], 'reminder.escalation[0].afterSeconds'],
    [
      [
        { slackUserId: 'U0FIRST', afterSeconds: 300 },
        { slackUserId: 'U0SECOND', afterSeconds: 300 },
      ],
      'reminder.escalation[1].afterSeconds',
    ],
  ])('is refused with its place', (escalation, path) => {
    const parsed = parseConfig(configInput({ reminder: { ...reminder, escalation } }));
    expect(parsed).toMatchObject({ kind: 'invalid', problems: [{ path }] });
  });
});
