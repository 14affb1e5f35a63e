import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { signRequest } from '../../functions/adapters/system/sign-request.ts';

type Data = string | ArrayBuffer | ArrayBufferView;

/** Node's hash in the shape that AWS's own signer asks for. */
class Sha256 {
  readonly #hash: ReturnType<typeof createHash> | ReturnType<typeof createHmac>;
  constructor(secret?: Data) {
    this.#hash = secret === undefined ? createHash('sha256') : createHmac('sha256', bytes(secret));
  }
  update(data: Data): void {
    this.#hash.update(bytes(data));
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
}
function bytes(data: Data): Uint8Array {
  if (typeof data === 'string') return Buffer.from(data);
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

const word = fc.stringMatching(/^[A-Za-z0-9+/=._-]{1,40}$/);

it('signs as the signer of AWS does, whatever the request, the credentials and the time', async () => {
  const requests = fc.record({
    service: fc.constantFrom('dynamodb', 'secretsmanager'),
    region: fc.constantFrom('eu-central-1', 'us-east-1', 'cn-north-1'),
    host: fc.constantFrom('dynamodb.eu-central-1.amazonaws.com', '127.0.0.1:4566'),
    target: word,
    body: fc.string({ unit: 'binary', maxLength: 300 }),
    accessKeyId: word,
    secretAccessKey: word,
    sessionToken: fc.option(word, { nil: undefined }),
    nowMs: fc.integer({ min: 0, max: 4_000_000_000_000 }),
  });
  await fc.assert(
    fc.asyncProperty(requests, async ({ service, region, host, target, body, nowMs, ...credentials }) => {
      const { accessKeyId, secretAccessKey, sessionToken } = credentials;
      const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': target };
      const url = new URL(`https://${host}/`);
      const ours = signRequest({ service, region, url, headers, body }, credentials, nowMs);
      const theirs = new SignatureV4({
        service,
        region,
        sha256: Sha256,
        applyChecksum: false,
        credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
      });
      const request = { method: 'POST', protocol: 'https:', hostname: url.hostname, path: '/', body };
      const signed = await theirs.sign({ ...request, headers: { ...headers, host } }, { signingDate: new Date(nowMs) });
      expect(ours).toEqual(signed.headers);
    }),
    { numRuns: 200 },
  );
});

it('signs a GET with its query as well', async () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test-secret' };
  const query = { ScheduleGroup: 'runbell/ticks & more', MaxResults: '10' };
  const url = new URL(`https://scheduler.eu-central-1.amazonaws.com/schedules?${new URLSearchParams(query)}`);
  const place = { service: 'scheduler', region: 'eu-central-1' };
  const nowMs = Date.UTC(2026, 10, 23);
  const ours = signRequest(
    { ...place, method: 'GET', url, headers: {}, body: '' },
    { ...credentials, sessionToken: undefined },
    nowMs,
  );
  const theirs = new SignatureV4({ ...place, sha256: Sha256, applyChecksum: false, credentials });
  const signed = await theirs.sign(
    {
      method: 'GET',
      protocol: 'https:',
      hostname: url.hostname,
      path: url.pathname,
      query,
      headers: { host: url.host },
    },
    { signingDate: new Date(nowMs) },
  );
  expect(ours).toEqual(signed.headers);
});
