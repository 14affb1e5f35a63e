import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSignedAwsCall } from '../../functions/adapters/system/signed-aws-call.ts';
import { AwsStub, refuse, stubCredentials } from './aws-stub.ts';

describe('a signed call', () => {
  let aws: AwsStub;

  beforeEach(async () => {
    aws = await new AwsStub().listen();
  });
  afterEach(() => aws.close());

  const get = (environment = aws.environment()) =>
    createSignedAwsCall(environment)('secretsmanager', 'secretsmanager.GetSecretValue', { SecretId: 'größer ✓' });

  it('reaches the service with a signature over everything that matters', async () => {
    aws.secretString = 'x';
    expect(await get()).toEqual({ kind: 'done', body: { SecretString: 'x' } });
    expect(aws.calls).toMatchObject([
      {
        target: 'secretsmanager.GetSecretValue',
        contentType: 'application/x-amz-json-1.1',
        body: { SecretId: 'größer ✓' },
        isSigned: true,
      },
    ]);
  });

  it('is told from one with another key by the service', async () => {
    await get({ ...aws.environment(), AWS_SECRET_ACCESS_KEY: 'another-key' });
    expect(aws.calls[0]?.isSigned).toBe(false);
  });

  it('takes the endpoint of its own service before the common one', async () => {
    await get({
      ...aws.environment(),
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      AWS_ENDPOINT_URL_SECRETS_MANAGER: aws.url,
    });
    expect(aws.calls).toHaveLength(1);
  });

  it('keeps its connection', async () => {
    const call = createSignedAwsCall(aws.environment());
    let connections = 0;
    aws.server.on('connection', () => {
      connections += 1;
    });
    for (const SecretId of ['a', 'b', 'c']) await call('secretsmanager', 'secretsmanager.GetSecretValue', { SecretId });
    expect(connections).toBe(1);
  });

  it('says by which name the service refused', async () => {
    aws.instead = (_, response) => refuse(response, 'com.amazonaws.x#ResourceNotFoundException', 'no such thing');
    expect(await get()).toEqual({ kind: 'refused', code: 'ResourceNotFoundException', message: 'no such thing' });
  });

  it.each<[string, number, string]>([
    ['an error of the service', 500, '{"__type":"InternalServerError"}'],
    ['an answer that is no JSON', 200, '<html>'],
    ['a refusal that is no JSON', 403, 'blocked'],
    ['an endless answer', 200, `"${'x'.repeat(1_200_000)}"`],
  ])('takes %s for no answer', async (_, status, body) => {
    aws.instead = (_call, response) => void response.writeHead(status).end(body);
    expect(await get()).toMatchObject({ kind: 'failed' });
  });

  it('ends in time when there is no answer', async () => {
    aws.instead = () => {};
    expect(await get()).toMatchObject({ kind: 'failed' });
  });

  it('ends in time when an answer begins and does not end', async () => {
    aws.instead = (_, response) => void response.writeHead(200, { 'content-length': '2' }).write('{');
    expect(await get()).toMatchObject({ kind: 'failed' });
  });

  it.each(['http://127.0.0.1:1', 'not a url'])('never throws: %s', async (url) => {
    expect(await get({ ...aws.environment(), AWS_ENDPOINT_URL: url })).toMatchObject({ kind: 'failed' });
  });
});

it('a kept connection that was closed in the meantime is opened again without the caller noticing', async () => {
  const sockets: Socket[] = [];
  // Answers the first request of every connection, and resets the connection at the second.
  const server = createServer((socket) => {
    sockets.push(socket);
    let seen = '';
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      seen += chunk.toString();
      const requests = seen.split('POST /').length - 1;
      if (requests > 1) socket.resetAndDestroy();
      else if (seen.endsWith('{}')) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = createSignedAwsCall({ ...stubCredentials, AWS_ENDPOINT_URL: url });
  const answers = [await call('dynamodb', 'x', {}), await call('dynamodb', 'x', {})];
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  const done = { kind: 'done', body: {} };
  expect(answers).toEqual([done, done]);
  expect(sockets).toHaveLength(2);
});
