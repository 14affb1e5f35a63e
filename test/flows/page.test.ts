import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../functions/core/config/config.ts';
import { isNoticeOwed } from '../../functions/core/incident/owe.ts';
import type { TargetState } from '../../functions/core/model/target.ts';
import { notifyTarget } from '../../functions/flows/notify.ts';
import type { BoardTrouble } from '../fakes/recording-notice-board.ts';
import { incident, MINUTE_MS, NIGHT_MS, runRequest, settings } from '../support/builders.ts';
import { flowStage } from './support/flow-stage.ts';

const topicArn = 'arn:aws:sns:eu-central-1:000000000000:pages';
const ownTopicArn = 'arn:aws:sns:eu-central-1:000000000000:own';
const down: BoardTrouble = { kind: 'unclear', why: 'no answer to chat.postMessage', written: false };

/** Some minutes of trouble, with what was paged to which topic, and when. */
async function paged(
  minutes: number,
  {
    config = {},
    trouble = down,
    state = {},
  }: Partial<Record<'config', Partial<ConfigInput>>> & {
    readonly trouble?: BoardTrouble | null;
    readonly state?: Partial<TargetState>;
  } = {},
) {
  const stage = flowStage(settings({ reminder: { off: true }, ...config }));
  const pages: { readonly topic: string; readonly subject: string; readonly body: string; readonly atMs: number }[] =
    [];
  const page = async (topic: string, subject: string, body: string) => {
    pages.push({ topic, subject, body, atMs: stage.clock.nowMs() - NIGHT_MS });
    return 'sent' as const;
  };
  if (trouble !== null) stage.board.fail('any', trouble, 9999);
  await stage.open(state);
  const look = () => notifyTarget({ ...stage.deps, pager: { page }, ownTopicArn }, 'orders-db');
  await look();
  for (let second = 0; second < minutes * 60; second += 15) {
    await stage.clock.sleep(15_000);
    await stage.sweep();
    await look();
  }
  return pages;
}

describe('a critical card that Slack does not have (promise 2)', () => {
  it('goes out by the configured topic after `page.afterSeconds`, once, with what Slack said', async () => {
    const pages = await paged(20, { config: { page: { topicArn, afterSeconds: 300 } } });
    expect(pages.map(({ topic, subject }) => [topic, subject])).toEqual([
      [topicArn, 'Runbell: orders-db is running out of connections'],
      [topicArn, 'Runbell: Slack does not have it: orders-db is running out of connections'],
    ]);
    expect(pages[1]?.body).toContain('no answer to chat.postMessage');
    expect(pages[1]?.atMs).toBeGreaterThanOrEqual(5 * MINUTE_MS);
    expect(pages[1]?.atMs).toBeLessThan(6 * MINUTE_MS);
  });

  it("goes out by the stack's own topic where no page is configured, and nothing else does", async () => {
    const pages = await paged(20);
    expect(pages.map(({ topic, subject }) => [topic, subject])).toEqual([
      [ownTopicArn, 'Runbell: Slack does not have it: orders-db is running out of connections'],
    ]);
    expect(pages[0]?.atMs).toBeLessThan(3 * MINUTE_MS);
  });

  it.each<[string, Parameters<typeof paged>[1]]>([
    ['Slack has it', { trouble: null }],
    ['it is only a warning', { state: { incident: incident({ severity: 'warning' }) } }],
    ['it is over', { state: { incident: incident({ resolvedAtMs: NIGHT_MS }) } }],
    ['it is silenced', { state: { silence: { untilMs: NIGHT_MS + 3_600_000, byUserId: 'U0FIRST', why: 'planned' } } }],
    [
      'its edit only waits for its turn',
      { trouble: { kind: 'later', notBeforeMs: NIGHT_MS + 3_600_000, why: 'editsPerMinute' } },
    ],
  ])('is no reason to page when %s', async (_, given) => {
    expect(await paged(10, given)).toEqual([]);
  });
});

describe('a page that the topic did not take', () => {
  it('comes again by itself, where nothing else happens to the card', async () => {
    const stage = flowStage(settings({ page: { topicArn }, reminder: { off: true } }));
    await stage.open();
    const answers: ('sent' | 'failed')[] = ['failed'];
    const sent: string[] = [];
    const page = async (_topic: string, subject: string) => {
      const answer = answers.shift() ?? 'sent';
      if (answer === 'sent') sent.push(subject);
      return answer;
    };
    const look = () => notifyTarget({ ...stage.deps, pager: { page } }, 'orders-db');
    await look();
    for (let minute = 0; minute < 3; minute += 1) {
      // The stream brings what is owed.
      while (isNoticeOwed(await stage.target())) await look();
      await stage.clock.sleep(MINUTE_MS);
      await stage.sweep();
    }
    expect(sent).toHaveLength(1);
  });
});

describe('a running action', () => {
  it('stops neither the reminder nor the page (E.29)', async () => {
    const reminder = { afterSeconds: 60, pageAfterSeconds: 120 };
    // It runs for longer than both.
    const play = () => ({ runsForMs: 600_000, output: '' });
    const stage = flowStage(settings({ page: { topicArn }, reminder }), play);
    const state = await stage.open();
    await stage.notify();
    const record = await stage.put(runRequest(state));
    await stage.decide(record.id);
    await stage.advance(`run-${record.id.slice(0, 16)}`);
    for (let minute = 0; minute < 3; minute += 1) {
      await stage.clock.sleep(MINUTE_MS);
      await stage.sweep();
      await stage.notify();
    }
    expect((await stage.target()).run).toMatchObject({ phase: 'running' });
    expect(stage.board.messages[0]?.replies.filter((text) => text.startsWith('Nobody has it'))).toHaveLength(1);
    expect(stage.pages).toEqual([
      'Runbell: orders-db is running out of connections',
      expect.stringContaining('nobody has it'),
    ]);
  });
});
