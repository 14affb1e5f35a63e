import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSsmClient, inRunSession, type RunSessionDeps } from '../../../functions/adapters/ssm/run-session.ts';
import { SsmCommandRunner } from '../../../functions/adapters/ssm/ssm-command-runner.ts';
import type { CommandOrder } from '../../../functions/core/ports.ts';

const order: CommandOrder = {
  runId: 'run-0123456789abcdef',
  hostId: 'i-0123456789abcdef0',
  documentName: 'runbell-greet-12345678',
  parameters: {},
  executionTimeoutSeconds: 60,
};
const PLACE = {
  runnerRoleArn: 'arn:aws-cn:iam::000000000000:role/runner',
  region: 'cn-north-1',
  hostTag: { key: 'runbell', value: 'allowed' },
};

describe('a run session', () => {
  let signedWith: string[];
  let asked: Parameters<RunSessionDeps['assumeRole']>[0][];
  let opened: Awaited<ReturnType<RunSessionDeps['assumeRole']>>;
  let runner: SsmCommandRunner;
  let close: () => Promise<void>;

  beforeEach(async () => {
    signedWith = [];
    asked = [];
    opened = { kind: 'done', body: { accessKeyId: 'session-key', secretAccessKey: 'test', sessionToken: 'test' } };
    const server = createServer((request, response) => {
      signedWith.push(/Credential=([^/]+)/.exec(request.headers.authorization ?? '')?.[1] ?? '');
      request.resume().on('end', () => {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify({ Command: { CommandId: 'c-1' }, Commands: [] }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    vi.stubEnv('AWS_REGION', PLACE.region);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'own-key');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    const client = createSsmClient();
    const assumeRole: RunSessionDeps['assumeRole'] = async (request) => {
      asked.push(request);
      return opened;
    };
    runner = new SsmCommandRunner(client, inRunSession({ ...PLACE, assumeRole }));
    close = async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      vi.unstubAllEnvs();
    };
  });
  afterEach(() => close());

  it('sends with what was opened under the run id, and looks with the own credentials', async () => {
    expect(await runner.send(order)).toEqual({ kind: 'sent', commandId: 'c-1' });
    await runner.find(order, 0);
    expect(signedWith).toEqual(['session-key', 'own-key']);
    expect(asked.map(({ roleArn, sessionName }) => [roleArn, sessionName])).toEqual([
      [PLACE.runnerRoleArn, order.runId],
    ]);
  });

  it.each([
    ['an instance', 'i-0123456789abcdef0', 'arn:aws-cn:ec2:cn-north-1:000000000000:instance/i-0123456789abcdef0'],
    [
      'a hybrid node',
      'mi-0123456789abcdef0',
      'arn:aws-cn:ssm:cn-north-1:000000000000:managed-instance/mi-0123456789abcdef0',
    ],
  ])('is good for one document on %s that carries the tag, and for nothing else', async (_name, hostId, hostArn) => {
    await runner.send({ ...order, hostId });
    expect(asked[0]?.policy).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'ssm:SendCommand',
          Resource: 'arn:aws-cn:ssm:cn-north-1:000000000000:document/runbell-greet-12345678',
        },
        {
          Effect: 'Allow',
          Action: 'ssm:SendCommand',
          Resource: hostArn,
          Condition: { StringEquals: { 'ssm:resourceTag/runbell': 'allowed' } },
        },
      ],
    });
    // The service takes 2,048 characters.
    expect(JSON.stringify(asked[0]?.policy).length).toBeLessThan(2048);
  });

  it.each([
    [{ kind: 'refused', code: 'AccessDenied' } as const, 'may not assume its runner role (AccessDenied)'],
    [{ kind: 'failed', why: 'HTTP 503' } as const, 'no session could be opened for this run (HTTP 503)'],
  ])('that cannot be opened means that nothing was sent (%j)', async (answer, why) => {
    opened = answer;
    expect(await runner.send(order)).toEqual({ kind: 'notSent', why: expect.stringContaining(why) });
    expect(signedWith).toEqual([]);
  });
});
