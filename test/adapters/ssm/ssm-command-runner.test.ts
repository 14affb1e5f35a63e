import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createSsmClient } from '../../../functions/adapters/ssm/run-session.ts';
import { SsmCommandRunner } from '../../../functions/adapters/ssm/ssm-command-runner.ts';
import type { CommandOrder } from '../../../functions/core/ports.ts';
import { createLocalSsm } from '../../../local/ssm/create-local-ssm.ts';
import { commandRunnerContract } from '../../contracts/command-runner.contract.ts';
import { listen } from '../../local/ssm/listen.ts';

process.env['AWS_ACCESS_KEY_ID'] = 'test';
process.env['AWS_SECRET_ACCESS_KEY'] = 'test';

const name = 'runbell-greet-12345678';
const content = {
  schemaVersion: '2.2',
  parameters: { Name: { type: 'String', interpolationType: 'ENV_VAR', allowedPattern: '^[a-z]{1,20}$' } },
  mainSteps: [
    {
      action: 'aws:runShellScript',
      name: 'run',
      precondition: { StringEquals: ['platformType', 'Linux'] },
      inputs: {
        timeoutSeconds: '60',
        runCommand: [
          '#!/bin/bash',
          'set -euo pipefail',
          'for _ in {1..500}; do [ -e "$MAY_FINISH" ] && break; sleep 0.02; done',
          'echo "hello $SSM_Name"',
          'if [ "$SSM_Name" = three ]; then exit 3; fi',
        ],
      },
    },
  ],
};

const order: CommandOrder = {
  runId: 'run-0123456789abcdef',
  hostId: 'i-0123456789abcdef0',
  documentName: name,
  parameters: { Name: 'demo' },
  executionTimeoutSeconds: 60,
};

commandRunnerContract('SsmCommandRunner against the local Systems Manager', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'runbell-ssm-'));
  const gate = join(dir, 'gate');
  let nowMs = Date.now();
  const ssm = createLocalSsm({
    documents: [{ name, content }],
    hosts: [{ id: order.hostId, tags: {}, agentVersion: '3.3.3572.0', platform: 'Linux', env: { MAY_FINISH: gate } }],
    dir,
    requiredTag: null,
    nowMs: () => nowMs,
    visibleAfterMs: 500,
  });
  let fault: string | null = null;
  let taken = 0;
  const server = await listen({
    async handle(target, body) {
      const now = target.endsWith('SendCommand') ? fault : null;
      if (now !== null) fault = null;
      if (now === 'throttle') return { status: 400, body: { __type: 'ThrottlingException', message: 'Rate exceeded' } };
      if (now === 'loseRequest') throw new Error('reset before the service had it');
      const answer = await ssm.handle(target, body);
      if (target.endsWith('SendCommand') && answer.status === 200) taken += 1;
      if (now === 'loseAnswer') throw new Error('reset after the service took it');
      return answer;
    },
  });
  const client = createSsmClient({ endpoint: server.url, region: 'us-east-1' });
  return {
    runner: new SsmCommandRunner(client),
    order,
    sinceMs: nowMs,
    next(wanted) {
      fault = wanted;
    },
    async becomeVisible() {
      nowMs += 500;
    },
    async letFinish() {
      await writeFile(gate, '');
    },
    taken: () => taken,
    async close() {
      client.destroy();
      await server.close();
      await ssm.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
});

describe('SsmCommandRunner', () => {
  let answer: { status: number; body: unknown } | 'reset' | 'silence';
  let requests: { target: string; body: Record<string, unknown> }[];
  let close: () => Promise<void>;
  let runner: SsmCommandRunner;

  beforeEach(async () => {
    requests = [];
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const body: Record<string, unknown> = JSON.parse(Buffer.concat(chunks).toString());
      requests.push({ target: String(request.headers['x-amz-target']), body });
      if (answer === 'reset') response.destroy();
      else if (answer !== 'silence') {
        const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body);
        response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.1' }).end(text);
      }
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const client = createSsmClient({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', requestMsMax: 300 });
    runner = new SsmCommandRunner(client);
    close = async () => {
      client.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
  });
  afterEach(() => close());

  it('orders one host, the exact document and the run in the comment', async () => {
    answer = { status: 200, body: { Command: { CommandId: 'c-1' } } };

    expect(await runner.send(order)).toEqual({ kind: 'sent', commandId: 'c-1' });
    expect(requests).toEqual([
      {
        target: 'AmazonSSM.SendCommand',
        body: {
          DocumentName: name,
          InstanceIds: [order.hostId],
          Parameters: { Name: ['demo'] },
          Comment: 'runbell run-0123456789abcdef',
          TimeoutSeconds: 60,
          MaxConcurrency: '1',
          MaxErrors: '0',
        },
      },
    ]);
  });

  it.each<[string, typeof answer]>([
    ['a reset connection', 'reset'],
    ['silence', 'silence'],
    ['a server error', { status: 500, body: { __type: 'InternalServerError' } }],
    ['an overloaded server', { status: 503, body: { __type: 'ServiceUnavailable' } }],
    ['throttling told with a server error', { status: 503, body: { __type: 'ThrottlingException' } }],
    ['a redirect', { status: 302, body: { __type: 'InvalidDocument' } }],
    ['a request timeout', { status: 400, body: { __type: 'RequestTimeoutException' } }],
    ['a refusal without a name', { status: 403, body: {} }],
    ['a refusal by something that is not the service', { status: 403, body: '<html>proxy</html>' }],
    ['an empty refusal', { status: 429, body: '' }],
    ['an answer without a command', { status: 200, body: {} }],
  ])('promise 3: calls %s unclear and asks once', async (_what, given) => {
    answer = given;

    expect((await runner.send(order)).kind).toBe('unclear');
    expect(requests).toHaveLength(1);
  });

  it.each(['ThrottlingException', 'TooManyRequestsException', 'RequestLimitExceeded'])(
    'promise 3: calls an explicit %s throttled and leaves trying again to its caller',
    async (code) => {
      answer = { status: 400, body: { __type: code, message: 'Rate exceeded' } };

      expect(await runner.send(order)).toEqual({ kind: 'throttled' });
      expect(requests).toHaveLength(1);
    },
  );

  it.each([
    ['InvalidDocument', /no document runbell-greet-12345678 .* deploy/],
    ['InvalidInstanceId', /does not reach i-0123456789abcdef0/],
    ['AccessDeniedException', /role may not send .* tag/],
    ['InvalidParameters', /refused the parameters: because/],
    ['UnsupportedPlatformType', /not for the platform/],
    ['ExpiredTokenException', /ExpiredTokenException/],
  ])('says in a sentence why the service refused with %s', async (code, sentence) => {
    answer = { status: 400, body: { __type: code, message: 'because' } };

    expect(await runner.send(order)).toEqual({ kind: 'notSent', why: expect.stringMatching(sentence) });
  });

  it('refuses a client that would repeat a request', async () => {
    const client = createSsmClient({ region: 'us-east-1' });
    client.config.maxAttempts = async () => 3;

    await expect(new SsmCommandRunner(client).send(order)).rejects.toThrow('repeats requests');
  });

  it.each([
    ['Pending', 'Pending', 'running'],
    ['InProgress', 'InProgress', 'running'],
    ['Delayed', 'Delayed', 'running'],
    ['Cancelling', 'Cancelling', 'running'],
    ['Success', 'Success', 'Success'],
    ['Failed', 'Failed', 'Failed'],
    ['Failed', 'Undeliverable', 'Undeliverable'],
    ['Failed', 'AccessDenied', 'AccessDenied'],
    ['Failed', 'Access Denied', 'AccessDenied'],
    ['Failed', 'Terminated', 'Terminated'],
    ['Failed', 'InvalidPlatform', 'InvalidPlatform'],
    ['Failed', 'RateExceeded', 'Other'],
    ['TimedOut', 'ExecutionTimedOut', 'TimedOut'],
    ['TimedOut', 'Delivery Timed Out', 'DeliveryTimedOut'],
    ['TimedOut', '', 'TimedOut'],
    ['Cancelled', 'Cancelled', 'Cancelled'],
    ['Paused', 'Paused', 'unclear'],
  ])('reads %s with details %j as %s', async (status, details, expected) => {
    answer = { status: 200, body: { Status: status, StatusDetails: details, ResponseCode: 1 } };

    const look = await runner.look('c-1', order.hostId);
    expect(look.kind === 'ended' ? look.status : look.kind).toBe(expected);
  });

  it('does not see an invocation whose step the service does not have yet', async () => {
    answer = { status: 400, body: { __type: 'InvalidPluginName' } };

    expect(await runner.look('c-1', order.hostId)).toEqual({ kind: 'notVisible' });
  });

  it('calls a look and a search without an answer unclear', async () => {
    answer = 'reset';

    expect((await runner.look('c-1', order.hostId)).kind).toBe('unclear');
    expect((await runner.find(order, 0)).kind).toBe('unclear');
  });

  it('searches every page for exactly its comment, and gives up as unclear, never as not found', async () => {
    answer = { status: 200, body: { Commands: [{ CommandId: 'c-2', Comment: 'runbell run-0' }], NextToken: 'more' } };

    expect((await runner.find(order, Date.UTC(2026, 0, 2, 3, 4, 5))).kind).toBe('unclear');
    expect(requests).toHaveLength(20);
    expect(requests[1]?.body).toEqual({
      InstanceId: order.hostId,
      Filters: [
        { key: 'DocumentName', value: name },
        { key: 'InvokedAfter', value: '2026-01-02T02:59:05Z' },
      ],
      MaxResults: 50,
      NextToken: 'more',
    });
  });
});
