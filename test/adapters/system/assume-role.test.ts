import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAssumeRole } from '../../../functions/adapters/system/assume-role.ts';
import { createSignedPost } from '../../../functions/adapters/system/signed-aws-call.ts';
import { type Answer, startAwsEndpoint } from './aws-endpoint.ts';

const CREDENTIALS = `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
  <AssumedRoleUser><Arn>arn:aws:sts::000000000000:assumed-role/runner/run-1</Arn></AssumedRoleUser>
  <Credentials><AccessKeyId>key-1</AccessKeyId><SecretAccessKey>a/b+c=</SecretAccessKey>
  <SessionToken>token/+==</SessionToken><Expiration>2026-01-01T00:15:00Z</Expiration></Credentials>
</AssumeRoleResult></AssumeRoleResponse>`;
const DENIED =
  '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>';
const POLICY = { Version: '2012-10-17', Statement: [] };

describe('assuming a role', () => {
  let answers: (Answer | 'hangUp')[];
  let endpoint: Awaited<ReturnType<typeof startAwsEndpoint>>;
  beforeEach(async () => {
    answers = [];
    endpoint = await startAwsEndpoint((_request, count) => answers[count - 1] ?? { status: 200, body: CREDENTIALS });
  });
  afterEach(() => endpoint.stop());

  const assume = () =>
    createAssumeRole(createSignedPost(endpoint.environment))({
      roleArn: 'arn:aws:iam::000000000000:role/runner',
      sessionName: 'run-1',
      policy: POLICY,
    });

  it('asks the regional STS for the shortest session, with its name and its policy, signed', async () => {
    expect(await assume()).toEqual({
      kind: 'done',
      body: { accessKeyId: 'key-1', secretAccessKey: 'a/b+c=', sessionToken: 'token/+==' },
    });
    const [request] = endpoint.received;
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      Action: 'AssumeRole',
      Version: '2011-06-15',
      RoleArn: 'arn:aws:iam::000000000000:role/runner',
      RoleSessionName: 'run-1',
      DurationSeconds: '900',
      Policy: JSON.stringify(POLICY),
    });
    expect(request?.headers.authorization).toContain('/eu-central-1/sts/aws4_request');
  });

  it('asks once more where nothing came back, and not where the answer was no', async () => {
    answers = ['hangUp', { status: 200, body: CREDENTIALS }];
    expect((await assume()).kind).toBe('done');
    expect(endpoint.received).toHaveLength(2);
    answers = [...answers, { status: 403, body: DENIED }];
    expect(await assume()).toEqual({ kind: 'refused', code: 'AccessDenied', message: 'not authorized' });
    expect(endpoint.received).toHaveLength(3);
  });

  it.each([
    ['an answer without credentials', { status: 200, body: '<AssumeRoleResponse/>' }],
    ['something that is not STS', { status: 404, body: 'no such page' }],
    ['trouble of the service', { status: 503, body: DENIED }],
  ])('is sure of nothing after %s', async (_name, answer) => {
    answers = [answer, answer];
    expect(await assume()).toEqual({ kind: 'failed', why: `HTTP ${answer.status}` });
  });
});
