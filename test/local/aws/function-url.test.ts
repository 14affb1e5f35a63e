import { afterEach, describe, expect, it } from 'vitest';
import { EVENT_BYTES_MAX, type FunctionUrlEvent, functionUrlEvent } from '../../../local/aws/function-url.ts';
import { type FunctionUrlHandler, openFunctionUrl } from '../../support/function-url-server.ts';

const FORM = 'application/x-www-form-urlencoded';
const parts = {
  method: 'POST',
  url: '/slack/events?a=1&b=2',
  headers: { 'Content-Type': FORM },
  body: Buffer.from('a=b'),
};

describe('the event of a function URL', () => {
  it('has names in lower case, the raw path and query, and a form as base64', () => {
    expect(functionUrlEvent(parts)).toEqual({
      version: '2.0',
      routeKey: '$default',
      rawPath: '/slack/events',
      rawQueryString: 'a=1&b=2',
      headers: { 'content-type': FORM },
      requestContext: { http: { method: 'POST', path: '/slack/events' } },
      body: 'YT1i',
      isBase64Encoded: true,
    });
  });

  it.each([
    ['text/plain; charset=utf-8', false],
    ['application/json', false],
    ['application/xml', false],
    ['application/octet-stream', true],
    [undefined, true],
  ])('of the type %s has its body as base64: %s', (type, isBase64Encoded) => {
    const event = functionUrlEvent({ ...parts, headers: { 'content-type': type } });
    expect(event).toMatchObject({ isBase64Encoded, body: isBase64Encoded ? 'YT1i' : 'a=b' });
  });

  it('without a body has none', () => {
    expect(functionUrlEvent({ ...parts, body: Buffer.alloc(0) })).not.toHaveProperty('body');
  });

  it('is none above six megabytes, as base64 and with its headers', () => {
    const room = EVENT_BYTES_MAX - Buffer.byteLength(JSON.stringify({ ...functionUrlEvent(parts), body: '' }));
    const largest = Buffer.alloc(Math.floor(room / 4) * 3);
    expect(functionUrlEvent({ ...parts, body: largest })).not.toBeNull();
    expect(functionUrlEvent({ ...parts, body: Buffer.alloc(largest.length + 3) })).toBeNull();
  });
});

describe('a function behind an address', () => {
  const open: { close(): Promise<void> }[] = [];
  afterEach(() => Promise.all(open.splice(0).map((one) => one.close())));
  const serve = async (handler: FunctionUrlHandler) => {
    const server = await openFunctionUrl(handler);
    open.push(server);
    return server.url;
  };

  it('gets what was sent, and what it answers comes back', async () => {
    const events: FunctionUrlEvent[] = [];
    const url = await serve(async (event) => {
      events.push(event);
      return { statusCode: 401, headers: { 'x-why': 'because' }, body: 'no' };
    });
    const answer = await fetch(`${url}/slack/events`, { method: 'POST', headers: { 'X-One': '1' }, body: 'hello' });
    expect([answer.status, answer.headers.get('x-why'), await answer.text()]).toEqual([401, 'because', 'no']);
    expect(events).toMatchObject([{ rawPath: '/slack/events', body: 'hello', headers: { 'x-one': '1' } }]);
  });

  it('never sees what is too large, and a throw of it is a 502', async () => {
    let calls = 0;
    const url = await serve(async () => {
      calls += 1;
      throw new Error('broken');
    });
    const send = (bytes: number) =>
      fetch(url, { method: 'POST', body: Buffer.alloc(bytes) }).then(({ status }) => status);
    expect(await send(5_000_000)).toBe(413);
    expect(calls).toBe(0);
    expect(await send(4_000_000)).toBe(502);
  });
});
