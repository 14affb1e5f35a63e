import { request as httpRequest } from 'node:http';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { ListCommandsCommand, SSMClient } from '@aws-sdk/client-ssm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createAssumeRole } from '../../../functions/adapters/system/assume-role.ts';
import { signRequest } from '../../../functions/adapters/system/sign-request.ts';
import { createSignedPost } from '../../../functions/adapters/system/signed-aws-call.ts';
import { createLocalAws, type LocalAws, type LocalAwsOptions } from '../../../local/aws/local-aws.ts';

const SECRET = 'the-password';
const SECRET_ID = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:db';
const GET_SECRET = { 'x-amz-target': 'secretsmanager.GetSecretValue' };
const SECRET_BODY = JSON.stringify({ SecretId: SECRET_ID });
const started: LocalAws[] = [];

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(started.splice(0).map((aws) => aws.close()));
});

async function start(options: Partial<LocalAwsOptions> = {}) {
  const aws = await createLocalAws({
    tableName: 'runbell-test',
    secrets: new Map([[SECRET_ID, SECRET]]),
    ssm: { handle: async () => ({ status: 200, body: { Commands: [] } }) },
    ...options,
  });
  started.push(aws);
  return aws;
}

const clientOf = ({ url, credentials }: LocalAws, change: object = {}) => ({
  endpoint: url,
  region: 'us-east-1',
  credentials: { ...credentials, ...change },
  maxAttempts: 1,
});

/** A request that was signed by hand and may be changed afterwards, as it reaches the endpoint byte for byte. */
interface Sent {
  readonly service?: string;
  readonly region?: string;
  readonly nowMs?: number;
  readonly method?: 'GET';
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly sessionToken?: string;
  readonly keys?: LocalAws['credentials'];
  readonly change?: (headers: Record<string, string>) => Record<string, string>;
  readonly sentBody?: string;
}

async function send(aws: LocalAws, sent: Sent = {}): Promise<{ readonly status: number; readonly text: string }> {
  const { service = 'secretsmanager', region = 'us-east-1', body = SECRET_BODY, headers = GET_SECRET } = sent;
  const url = new URL(aws.url + (sent.path ?? '/'));
  const unsigned = {
    service,
    region,
    url,
    headers,
    body,
    ...(sent.method === undefined ? {} : { method: sent.method }),
  };
  const keys = { ...(sent.keys ?? aws.credentials), sessionToken: sent.sessionToken };
  const signed = signRequest(unsigned, keys, sent.nowMs ?? Date.now());
  return raw(url, sent.change?.(signed) ?? signed, sent.sentBody ?? body, sent.method ?? 'POST');
}

function raw(url: URL, headers: Readonly<Record<string, string>>, body: string, method = 'POST') {
  return new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
    const request = httpRequest(url, { method, headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    request.on('error', reject).end(body);
  });
}

const signatureOf = (headers: Record<string, string>) => headers['authorization'] ?? '';
const withAuthorization = (change: (text: string) => string) => (headers: Record<string, string>) => ({
  ...headers,
  authorization: change(signatureOf(headers)),
});

describe('the local AWS endpoint', () => {
  it('has other keys at every start, and answers who signs with them', async () => {
    const [one, other] = [await start(), await start()];
    expect(one.credentials.accessKeyId).not.toBe(other.credentials.accessKeyId);
    expect(one.credentials.secretAccessKey).toMatch(/^.{40,}$/);
    expect(await send(one)).toMatchObject({ status: 200, text: expect.stringContaining(SECRET) });
    expect((await send(other, { keys: one.credentials })).text).not.toContain(SECRET);
  });

  it.each<[string, object, string]>([
    ['a key that it did not give', { accessKeyId: 'test' }, 'UnrecognizedClientException'],
    ['another secret', { secretAccessKey: 'test' }, 'InvalidSignatureException'],
    ['a session token that belongs to no session', { sessionToken: 'test' }, 'UnrecognizedClientException'],
  ])('refuses every client that signs with %s, by the name that AWS has for it', async (_, change, name) => {
    const aws = await start();
    const called = vi.fn();
    aws.functions.register('act', called);
    const place = clientOf(aws, change);
    const refusal = { name, $metadata: { httpStatusCode: 400 } };
    await expect(
      new SecretsManagerClient(place).send(new GetSecretValueCommand({ SecretId: SECRET_ID })),
    ).rejects.toMatchObject(refusal);
    await expect(new DynamoDBClient(place).send(new ListTablesCommand({}))).rejects.toMatchObject(refusal);
    await expect(new SSMClient(place).send(new ListCommandsCommand({}))).rejects.toMatchObject(refusal);
    const invoke = new LambdaClient(place).send(new InvokeCommand({ FunctionName: 'act' }));
    await expect(invoke).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 403 } });
    expect(called).not.toHaveBeenCalled();
  });

  it.each<[string, object, string]>([
    ['a key that it did not give', { accessKeyId: 'test' }, 'InvalidClientTokenId'],
    ['another secret', { secretAccessKey: 'test' }, 'SignatureDoesNotMatch'],
  ])('refuses who publishes or assumes a role with %s, as the query services do', async (_, change, name) => {
    const onPublish = vi.fn();
    const aws = await start({ onPublish });
    const publish = new SNSClient(clientOf(aws, change)).send(
      new PublishCommand({ TopicArn: 'arn:aws:sns:us-east-1:000000000000:page', Message: 'full' }),
    );
    await expect(publish).rejects.toMatchObject({ name, $metadata: { httpStatusCode: 403 } });
    expect(onPublish).not.toHaveBeenCalled();
    expect(await sessionOf(aws, change)).toMatchObject({ kind: 'refused', code: name });
  });

  it.each<[string, Sent, string]>([
    ['no signature', { change: ({ authorization: _, ...rest }) => rest }, 'MissingAuthenticationTokenException'],
    ['a made-up one', { change: withAuthorization(() => 'AWS4-HMAC-SHA256 x') }, 'IncompleteSignatureException'],
    ['another scheme', { change: withAuthorization(() => 'Bearer x') }, 'IncompleteSignatureException'],
    ['no date', { change: ({ 'x-amz-date': _, ...rest }) => rest }, 'IncompleteSignatureException'],
    [
      'one digit changed',
      { change: withAuthorization((text) => text.replace(/.$/, (last) => (last === '0' ? '1' : '0'))) },
      'InvalidSignatureException',
    ],
    ['another body', { sentBody: JSON.stringify({ SecretId: `${SECRET_ID} ` }) }, 'InvalidSignatureException'],
    [
      'another operation',
      { headers: { 'x-amz-target': 'secretsmanager.ListSecrets' }, change: (signed) => ({ ...signed, ...GET_SECRET }) },
      'InvalidSignatureException',
    ],
    ['another path', { path: '/?a=1', change: (signed) => signed }, 'ok'],
    ['another region', { region: 'eu-central-1' }, 'InvalidSignatureException'],
    ['another service', { service: 'dynamodb' }, 'InvalidSignatureException'],
    ['a time six minutes ago', { nowMs: Date.now() - 360_000 }, 'InvalidSignatureException'],
    ['a time six minutes ahead', { nowMs: Date.now() + 360_000 }, 'InvalidSignatureException'],
    [
      'an operation that was not signed',
      { headers: {}, change: (signed) => ({ ...signed, ...GET_SECRET }) },
      'InvalidSignatureException',
    ],
    [
      'a hash in place of the body',
      { headers: { ...GET_SECRET, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' } },
      'InvalidSignatureException',
    ],
  ])('judges a request with %s', async (what, sent, expected) => {
    const { text } = await send(await start(), sent);
    if (expected === 'ok') return expect(text, what).toContain(SECRET);
    expect(text).toContain(expected);
    expect(text).not.toContain(SECRET);
  });

  it('reads a path as its signature does, so that no other function answers than the one that was signed', async () => {
    const aws = await start();
    const [act, track] = [vi.fn(), vi.fn()];
    aws.functions.register('act', act);
    aws.functions.register('track', track);
    const pathOf = (name: string) => `/2015-03-31/functions/${name}/invocations`;
    const url = new URL(aws.url + pathOf('track'));
    const place = { service: 'lambda', region: aws.region, url, headers: {}, body: '{}' };
    const signed = signRequest(place, { ...aws.credentials, sessionToken: undefined }, Date.now());
    const path = `${pathOf('act')}/../../track/invocations`;
    const answered = await new Promise((resolve) => {
      httpRequest({ host: url.hostname, port: url.port, path, method: 'POST', headers: signed }, ({ statusCode }) =>
        resolve(statusCode),
      ).end('{}');
    });
    expect(answered).toBe(400);
    expect([act, track].map(({ mock }) => mock.calls.length)).toEqual([0, 0]);
  });

  it('takes a signature that is four minutes old, and says how late an older one is', async () => {
    const aws = await start();
    expect((await send(aws, { nowMs: Date.now() - 240_000 })).text).toContain(SECRET);
    expect((await send(aws, { nowMs: Date.now() - 3_600_000 })).text).toMatch(
      /Signature expired: \d+T\d+Z is now earlier/,
    );
    expect((await send(aws, { nowMs: Date.now() + 3_600_000 })).text).toMatch(/Signature not yet current/);
  });

  it('is reached again by a client whose clock is an hour off, as on AWS', async () => {
    const aws = await start({ nowMs: () => Date.now() + 3_600_000 });
    const client = new SecretsManagerClient({ ...clientOf(aws), maxAttempts: 2 });
    const answer = await client.send(new GetSecretValueCommand({ SecretId: SECRET_ID }));
    expect(answer.SecretString).toBe(SECRET);
  });

  it('gives a session of its own keys, good for as long as was asked and with its token only', async () => {
    let aheadMs = 0;
    const aws = await start({ nowMs: () => Date.now() + aheadMs });
    const opened = await sessionOf(aws);
    if (opened.kind !== 'done') throw new Error(JSON.stringify(opened));
    const session = opened.body;
    expect(session.accessKeyId).not.toBe(aws.credentials.accessKeyId);
    const list = { service: 'ssm', headers: { 'x-amz-target': 'AmazonSSM.ListCommands' }, body: '{}' };
    const { sessionToken, ...keys } = session;
    expect(await send(aws, { ...list, keys, sessionToken })).toMatchObject({ status: 200 });
    expect((await send(aws, { ...list, keys })).text).toContain('UnrecognizedClientException');
    expect((await send(aws, { ...list, keys, sessionToken: 'other' })).text).toContain('UnrecognizedClientException');
    aheadMs = 900_001;
    const late = { ...list, keys, sessionToken, nowMs: Date.now() + aheadMs };
    expect((await send(aws, late)).text).toContain('ExpiredTokenException');
  });

  it('reads what nobody signed no further than its headers, and no more than a service takes', async () => {
    const aws = await start();
    const answers = raw(new URL(aws.url), { ...GET_SECRET, 'content-length': '1000000000' }, '');
    expect((await answers).text).toContain('MissingAuthenticationTokenException');
    expect((await send(aws, { body: `"${'x'.repeat(2_000_000)}"` })).status).toBe(413);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['another name for this machine', { host: 'rebound.example' }],
    ['another port', { host: '127.0.0.1:1' }],
    ['no port', { host: '127.0.0.1' }],
    ['a page of its own name', { origin: 'http://127.0.0.1' }],
    ['any page', { origin: 'https://site.example' }],
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
  ])('refuses what comes by %s, however well it is signed', async (_, headers) => {
    const aws = await start();
    const { status, text } = await send(aws, {
      change: (signed) => ({ ...signed, ...headers }),
    });
    expect(text).not.toContain(SECRET);
    expect(status).toBe(403);
  });
});

function sessionOf(aws: LocalAws, change: { readonly accessKeyId?: string; readonly secretAccessKey?: string } = {}) {
  const { accessKeyId, secretAccessKey } = { ...aws.credentials, ...change };
  const environment = {
    AWS_ENDPOINT_URL: aws.url,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  const roleArn = 'arn:aws:iam::000000000000:role/runner';
  return createAssumeRole(createSignedPost(environment))({ roleArn, sessionName: 'run-1', policy: {} });
}
