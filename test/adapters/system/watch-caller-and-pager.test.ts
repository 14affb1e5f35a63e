import { afterEach, describe, expect, it } from 'vitest';
import { LambdaWatchCaller } from '../../../functions/adapters/system/lambda-watch-caller.ts';
import { createJsonLog } from '../../../functions/adapters/system/log.ts';
import { SnsPager } from '../../../functions/adapters/system/sns-pager.ts';
import { type Answer, type Received, startAwsEndpoint } from './aws-endpoint.ts';

const TOPIC = 'arn:aws:sns:eu-central-1:000000000000:on-call';

let stop: () => Promise<void> = async () => {};
afterEach(() => stop());

async function start(answer: (request: Received, count: number) => Answer | 'hangUp') {
  const endpoint = await startAwsEndpoint(answer);
  stop = endpoint.stop;
  const lines: string[] = [];
  const log = createJsonLog((line) => lines.push(line));
  return { ...endpoint, lines, watch: new LambdaWatchCaller('the-watch-function', log), pager: new SnsPager(log) };
}

describe('the caller of watch', () => {
  it('starts the function without waiting for its answer', async () => {
    const { watch, received } = await start(() => ({ status: 202, body: '' }));
    await watch.watchNow(['orders-db', 'billing-db'], 1_795_402_800_000);
    expect(received).toHaveLength(1);
    expect(received[0]?.path).toBe('/2015-03-31/functions/the-watch-function/invocations');
    expect(received[0]?.headers['x-amz-invocation-type']).toBe('Event');
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({
      kind: 'now',
      targetIds: ['orders-db', 'billing-db'],
      askedAtMs: 1_795_402_800_000,
    });
  });

  it.each<[string, Answer | 'hangUp']>([
    ['in trouble', { status: 500, body: '{}' }],
    ['gone', 'hangUp'],
  ])('asks once, throws nothing and writes it down when the service is %s', async (_name, answer) => {
    const { watch, received, lines } = await start(() => answer);
    await watch.watchNow(['orders-db'], 1_795_402_800_000);
    expect(received).toHaveLength(1);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ event: 'watchNow.lost', targetIds: ['orders-db'] }]);
  });
});

describe('the pager', () => {
  const done: Answer = { status: 200, body: '<PublishResponse><PublishResult/></PublishResponse>' };
  const sent = (request: Received | undefined) => new URLSearchParams(request?.body ?? '');

  it('publishes subject and text to the topic', async () => {
    const { pager, received } = await start(() => done);
    expect(await pager.page(TOPIC, 'Runbell: orders-db is full', '500 of 500')).toBe('sent');
    const published = sent(received[0]);
    expect(published.get('TopicArn')).toBe(TOPIC);
    expect(published.get('Subject')).toBe('Runbell: orders-db is full');
    expect(published.get('Message')).toBe('500 of 500');
  });

  it('makes a subject that SNS takes: printable ASCII, one line, at most 100 characters', async () => {
    const { pager, received } = await start(() => done);
    await pager.page(TOPIC, `\n🔔 leak\nin ${'x'.repeat(200)}`, ' ');
    const published = sent(received[0]);
    expect(published.get('Subject')).toMatch(/^leak in x{92}$/);
    expect(published.get('Message')).not.toBe(' ');
  });

  it('tries again and then says that it failed', async () => {
    const { pager, received, lines } = await start(() => ({ status: 500, body: '<ErrorResponse/>' }));
    expect(await pager.page(TOPIC, 'subject', 'text')).toBe('failed');
    expect(received).toHaveLength(3);
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ event: 'page.failed', topicArn: TOPIC }]);
  });
});
