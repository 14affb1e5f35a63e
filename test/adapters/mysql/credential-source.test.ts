import { describe, expect, it } from 'vitest';
import {
  ConfiguredCredentialSource,
  type CredentialDeps,
} from '../../../functions/adapters/mysql/credential-source.ts';
import type { TargetConfig } from '../../../functions/core/config/config.ts';
import { targetAt } from './fixture.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:orders-db';
const MINUTE_MS = 60_000;

function setUp(changes: Partial<CredentialDeps> = {}) {
  const world = { nowMs: 0, secret: 'first', reads: 0 };
  const credentials = new ConfiguredCredentialSource({
    clock: { nowMs: () => world.nowMs, sleep: async () => undefined },
    environment: {},
    readSecret: async () => {
      world.reads += 1;
      return world.secret;
    },
    awsCredentials: { accessKeyId: 'test-key-id', secretAccessKey: 'test-key' },
    ...changes,
  });
  return { world, credentials };
}

function withCredential(credential: TargetConfig['credential']): TargetConfig {
  return { ...targetAt(3306, 'runbell', { credential }), host: 'orders.example.eu-west-1.rds.amazonaws.com' };
}

const secretTarget = withCredential({ kind: 'secret', arn: ARN });
const iamTarget = withCredential({ kind: 'iam', region: 'eu-west-1', resourceId: 'db-ABC' });

describe('a password from the environment', () => {
  const target = withCredential({ kind: 'environment', variable: 'ORDERS_PASSWORD' });

  it('is what the variable holds, and unavailable without one', async () => {
    const { credentials } = setUp({ environment: { ORDERS_PASSWORD: 'test-password' } });
    expect(await credentials.password(target, null)).toEqual({ kind: 'password', password: 'test-password' });
    expect(await setUp().credentials.password(target, null)).toEqual({
      kind: 'unavailable',
      why: 'the environment variable ORDERS_PASSWORD is not set',
    });
  });
});

describe('a password from a secret', () => {
  it.each([
    ['{"username":"runbell","password":"in-json"}', 'in-json'],
    ['bare-password', 'bare-password'],
    ['{not-json-but-a-password', '{not-json-but-a-password'],
  ])('is found in %s', async (secret, password) => {
    const { credentials } = setUp({ readSecret: async () => secret });
    expect(await credentials.password(secretTarget, null)).toEqual({ kind: 'password', password });
  });

  it.each(['', '{}', '{"password":""}', '{"password":7}'])('is unavailable in %j', async (secret) => {
    const { credentials } = setUp({ readSecret: async () => secret });
    expect(await credentials.password(secretTarget, null)).toMatchObject({
      kind: 'unavailable',
      why: 'the secret orders-db holds no "password"',
    });
  });

  it('is read once and kept, but read anew when it was refused and when it is old', async () => {
    const { world, credentials } = setUp();
    const ask = async (refused: string | null) => {
      const answer = await credentials.password(secretTarget, refused);
      return answer.kind === 'password' ? answer.password : answer.why;
    };
    expect([await ask(null), await ask(null), world.reads]).toEqual(['first', 'first', 1]);
    world.secret = 'second';
    expect([await ask(null), await ask('first'), await ask(null), world.reads]).toEqual([
      'first',
      'second',
      'second',
      2,
    ]);
    world.secret = 'third';
    world.nowMs = 16 * MINUTE_MS;
    expect([await ask(null), world.reads]).toEqual(['third', 3]);
  });

  it('is read once for all databases that share it, however many ask at once', async () => {
    const { credentials, world } = setUp();
    const ids = ['a', 'b', 'c'];
    await Promise.all(ids.map((id) => credentials.password({ ...secretTarget, id }, null)));
    expect(world.reads).toBe(1);
    world.nowMs += 20 * MINUTE_MS;
    await Promise.all(ids.map((id) => credentials.password({ ...secretTarget, id }, null)));
    expect(world.reads).toBe(2);
  });

  it('stays in use when the secret store fails, unless the server refuses it', async () => {
    let fails = false;
    const readSecret = async () => {
      if (fails) throw Object.assign(new Error('quotes test-password'), { name: 'AccessDeniedException' });
      return 'test-password';
    };
    const { world, credentials } = setUp({ readSecret });
    await credentials.password(secretTarget, null);
    fails = true;
    world.nowMs = 60 * MINUTE_MS;
    expect(await credentials.password(secretTarget, null)).toEqual({ kind: 'password', password: 'test-password' });
    expect(await credentials.password(secretTarget, 'test-password')).toEqual({
      kind: 'unavailable',
      why: 'the secret orders-db could not be read (AccessDeniedException)',
    });
  });
});

describe('an IAM token', () => {
  it('is signed here for host, port and user, kept for ten minutes and not longer', async () => {
    const { world, credentials } = setUp();
    const first = await credentials.password(iamTarget, null);
    const token = first.kind === 'password' ? first.password : first.why;
    const { hostname, port, searchParams } = new URL(`https://${token}`);
    expect([hostname, port]).toEqual([iamTarget.host, '3306']);
    expect(Object.fromEntries(searchParams)).toMatchObject({
      Action: 'connect',
      DBUser: 'runbell',
      'X-Amz-Expires': '900',
      'X-Amz-Credential': expect.stringContaining('/eu-west-1/rds-db/'),
    });
    world.nowMs = 9 * MINUTE_MS;
    expect(await credentials.password(iamTarget, null)).toBe(first);
    world.nowMs = 11 * MINUTE_MS;
    expect(await credentials.password(iamTarget, null)).not.toBe(first);
  });

  it('is not signed a second time in the take that refused it, but in the next', async () => {
    const { credentials } = setUp();
    const first = await credentials.password(iamTarget, null);
    const token = first.kind === 'password' ? first.password : '';
    expect(await credentials.password(iamTarget, token)).toBe(first);
    expect(await credentials.password(iamTarget, null)).not.toBe(first);
  });

  it('is unavailable without credentials of the function', async () => {
    const awsCredentials = async () => {
      throw Object.assign(new Error('no role'), { name: 'CredentialsProviderError' });
    };
    const { credentials } = setUp({ awsCredentials });
    expect(await credentials.password(iamTarget, null)).toEqual({
      kind: 'unavailable',
      why: 'no IAM token could be signed (CredentialsProviderError)',
    });
  });
});
