import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DescribeDocumentCommand, DescribeInstanceInformationCommand, ListDocumentsCommand } from '@aws-sdk/client-ssm';
import { afterEach, describe, expect, it } from 'vitest';
import { createSsmClient } from '../../../functions/adapters/ssm/run-session.ts';
import { createLocalSsm, type LocalSsmOptions } from '../../../local/ssm/create-local-ssm.ts';
import { parseDocument } from '../../../local/ssm/document.ts';
import type { SsmEvent } from '../../../local/ssm/events.ts';
import { SOON } from '../../support/soon.ts';
import { listen } from './listen.ts';
import { createStage, documentOf, hostId, hostOf, type Seen, type Stage, step } from './stage.ts';

const echo = documentOf([step('only', ['echo ok'])]);
const ids = ['i-0000000000000000a', 'i-0000000000000000b', 'i-0000000000000000c'];

describe('the local Run Command service', () => {
  let stage: Stage;
  afterEach(() => stage.close());

  const start = async (content: unknown, options: Partial<LocalSsmOptions> = {}) => {
    stage = await createStage(content, options);
  };

  describe('refuses', () => {
    it.each<[string, object, string]>([
      ['an unknown document', { DocumentName: 'other' }, 'InvalidDocument: Document other does not exist.'],
      [
        'another content than was meant',
        { DocumentHash: 'abc', DocumentHashType: 'Sha256' },
        'document hash abc does not match',
      ],
      ['an unknown host', { InstanceIds: ['i-0fffffffffffffff0'] }, 'InvalidInstanceId'],
      ['a host named twice', { InstanceIds: [hostId, hostId] }, 'DuplicateInstanceId'],
      ['no host at all', { InstanceIds: [] }, 'ValidationException'],
      ['a delivery time below thirty seconds', { TimeoutSeconds: 29 }, 'ValidationException'],
      ['a comment over a hundred characters', { Comment: 'x'.repeat(101) }, 'ValidationException'],
      ['what is not built here', { OutputS3BucketName: 'bucket' }, 'ValidationException'],
    ])('%s', async (_what, change, message) => {
      await start(echo);
      await expect(stage.send(change)).rejects.toThrow(message);
    });

    it.each<[string, object, readonly string[] | null]>([
      ['a missing value', { type: 'String' }, null],
      ['two values for one string', { type: 'String' }, ['a', 'b']],
      ['a value that does not match', { type: 'String', allowedPattern: '^[a-z]+$' }, ['a1']],
      ['a trailing newline, as RE2 does', { type: 'String', allowedPattern: '^[a-z]+$' }, ['a\n']],
      ['a value that is not allowed', { type: 'String', allowedValues: ['a', 'b'] }, ['c']],
      ['too few characters', { type: 'String', minChars: 2 }, ['a']],
      ['too many characters', { type: 'String', maxChars: 2 }, ['abc']],
      ['a pattern with lookahead', { type: 'String', allowedPattern: '^(?!b)a$' }, ['a']],
      ['a pattern with lookbehind', { type: 'String', allowedPattern: '^a(?<=a)$' }, ['a']],
      ['a pattern with a back-reference', { type: 'String', allowedPattern: '^(a)\\1$' }, ['aa']],
      ['a pattern with more than a thousand repeats', { type: 'String', allowedPattern: '^a{1,1001}$' }, ['a']],
      ['a pattern that is none', { type: 'String', allowedPattern: '^(a$' }, ['a']],
    ])('%s', async (_what, parameter, given) => {
      await start(documentOf([step('only', ['echo ok'])], { P: parameter }));
      await expect(stage.send(given === null ? {} : { Parameters: { P: given } })).rejects.toThrow(
        'InvalidParameters: P ',
      );
    });

    it('a parameter that the document does not have', async () => {
      await start(echo);
      await expect(stage.send({ Parameters: { P: ['a'] } })).rejects.toThrow('InvalidParameters: P is not a parameter');
    });

    it('a parameter named like a property of every object', async () => {
      await start(echo);
      await expect(stage.send({ Parameters: { constructor: ['a'] } })).rejects.toThrow('InvalidParameters');
    });

    it('an operation that is not built here', async () => {
      await start(echo);
      expect(await stage.call('DeleteDocument', {})).toMatchObject({
        status: 400,
        __type: 'UnknownOperationException',
      });
    });
  });

  it('takes unanchored patterns as RE2 does, which is why ours are anchored', async () => {
    await start(documentOf([step('only', ['echo ok'])], { P: { type: 'String', allowedPattern: '[a-z]{1,8}' } }));
    expect((await stage.run({ Parameters: { P: ['bob; touch x'] } })).invocation.Status).toBe('Success');
  });

  it('takes the default of a parameter, and the right hash', async () => {
    const content = documentOf([step('only', ['echo {{ P }}'])], { P: { type: 'String', default: 'calm' } });
    await start(content);
    const { steps } = await stage.run({
      DocumentHash: parseDocument('doc', content).sha256,
      DocumentHashType: 'Sha256',
    });

    expect(steps['only']?.StandardOutputContent).toBe('calm\n');
  });

  it.each<[string, object]>([
    ['an unknown schema', { ...echo, schemaVersion: '9.9' }],
    ['an unknown interpolation', documentOf([step('only', [])], { P: { type: 'String', interpolationType: 'NOPE' } })],
    ['a parameter name with an underscore', documentOf([step('only', [])], { my_param: { type: 'String' } })],
    ['no step', documentOf([])],
    ['more than 64 KB', documentOf([step('only', ['x'.repeat(70_000)])])],
  ])('does not start with a document of %s', async (_what, content) => {
    await start(echo);
    const options = { documents: [{ name: 'bad', content }], hosts: [], dir: stage.dir, requiredTag: null };
    expect(() => createLocalSsm(options)).toThrow('document bad');
  });

  it('shows nothing of a command until it has become visible', async () => {
    let nowMs = 1_000_000;
    await start(echo, { nowMs: () => nowMs, visibleAfterMs: 400 });
    const commandId = await stage.send({ Comment: 'mine' });
    const query = { CommandId: commandId, InstanceId: hostId };

    expect(await stage.call('GetCommandInvocation', query)).toMatchObject({
      status: 400,
      __type: 'InvocationDoesNotExist',
    });
    expect(await stage.call('ListCommands', {})).toMatchObject({ Commands: [] });
    nowMs += 400;
    expect(await stage.call('GetCommandInvocation', query)).toMatchObject({ status: 200, PluginName: 'only' });
    expect(await stage.call('ListCommands', {})).toMatchObject({
      Commands: [{ CommandId: commandId, Comment: 'mine' }],
    });
  });

  it('wants a step named where a document has several', async () => {
    await start(documentOf([step('one', ['echo 1']), step('two', ['echo 2'])]));
    const query = { CommandId: await stage.send(), InstanceId: hostId };

    expect(await stage.call('GetCommandInvocation', query)).toMatchObject({ __type: 'InvalidPluginName' });
    expect(await stage.call('GetCommandInvocation', { ...query, PluginName: 'two' })).toMatchObject({ status: 200 });
  });

  it('lists newest first, in pages, by host, document and time', async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    await start(echo, { nowMs: () => nowMs });
    const sent: string[] = [];
    for (let count = 0; count < 3; count += 1) {
      sent.unshift(await stage.send());
      nowMs += 1_000;
    }
    const list = async (query: object): Promise<[string[], unknown]> => {
      const { Commands, NextToken } = await stage.call('ListCommands', query);
      return [(Commands as { CommandId: string }[]).map(({ CommandId }) => CommandId), NextToken];
    };

    expect(await list({ MaxResults: 2 })).toEqual([sent.slice(0, 2), '2']);
    expect(await list({ MaxResults: 2, NextToken: '2' })).toEqual([sent.slice(2), undefined]);
    expect(await list({ InstanceId: 'i-0fffffffffffffff0' })).toEqual([[], undefined]);
    expect(await list({ Filters: [{ key: 'DocumentName', value: 'other' }] })).toEqual([[], undefined]);
    expect(await list({ Filters: [{ key: 'InvokedAfter', value: '2026-01-01T00:00:01Z' }] })).toEqual([
      sent.slice(0, 1),
      undefined,
    ]);
  });

  describe('with several hosts', () => {
    const hosts = ids.map((id, index) => hostOf({ id, tags: { Runbell: 'yes', Part: index < 2 ? 'web' : 'db' } }));
    const all = (limits: object): object => ({ InstanceIds: ids, ...limits });
    const details = async (commandId: string): Promise<string> => {
      const seen = await Promise.all(ids.map((id) => stage.ended(commandId, id)));
      return seen.map(({ StatusDetails }) => StatusDetails).join(' ');
    };
    const parent = async (): Promise<string> => {
      const { Commands } = await stage.call('ListCommands', {});
      return (Commands as Seen[])[0]?.StatusDetails ?? '';
    };

    it('goes one by one with MaxConcurrency 1', async () => {
      const log = 'echo "$AWS_SSM_INSTANCE_ID $1" >> "$DIR/log"';
      await start(echo);
      const state = stage;
      const lines = ['log() { '.concat(log, '; }'), 'log on', 'sleep 0.05', 'log off'];
      stage = await createStage(documentOf([step('only', lines)]), {
        hosts: hosts.map((host) => ({ ...host, env: { DIR: state.dir } })),
      });

      expect(await details(await stage.send(all({ MaxConcurrency: '1' })))).toBe('Success Success Success');
      expect((await readFile(join(state.dir, 'log'), 'utf8')).trim().split('\n')).toEqual(
        ids.flatMap((id) => [`${id} on`, `${id} off`]),
      );
      await state.close();
    });

    it('stops after the first error with MaxErrors 0', async () => {
      await start(documentOf([step('only', ['exit 1'])]), { hosts });

      expect(await details(await stage.send(all({ MaxConcurrency: '1', MaxErrors: '0' })))).toBe(
        'Failed Terminated Terminated',
      );
      expect(await parent()).toBe('Failed');
    });

    it('goes on while the errors are within MaxErrors', async () => {
      await start(documentOf([step('only', ['case $AWS_SSM_INSTANCE_ID in *a) exit 1;; esac'])]), { hosts });

      expect(await details(await stage.send(all({ MaxConcurrency: '34%', MaxErrors: '34%' })))).toBe(
        'Failed Success Success',
      );
      expect(await parent()).toBe('Incomplete');
    });

    it('finds hosts by tag, and says so when there is none', async () => {
      await start(echo, { hosts });
      const byTag = (value: string): object => ({ InstanceIds: [], Targets: [{ Key: 'tag:Part', Values: [value] }] });

      const commandId = await stage.send(byTag('web'));
      expect((await stage.ended(commandId, ids[1])).Status).toBe('Success');
      expect(await stage.call('ListCommands', {})).toMatchObject({ Commands: [{ TargetCount: 2 }] });
      await stage.send(byTag('none'));
      expect(await parent()).toBe('NoInstancesInTag');
    });

    it('calls the command a success although only one of three hosts was reached', async () => {
      const [, ...others] = hosts;
      const options = {
        hosts: [hosts[0] ?? hostOf(), ...others.map((host) => ({ ...host, reach: 'undeliverable' as const }))],
      };
      await start(echo, options);

      expect(await details(await stage.send(all({})))).toBe('Success Undeliverable Undeliverable');
      expect(await parent()).toBe('Success');
    });
  });

  it('denies access to a host without the required tag in its part, not in the answer to the send', async () => {
    await start(echo, { hosts: [hostOf({ tags: {} })], requiredTag: { key: 'Runbell', value: 'yes' } });

    expect(await stage.ended(await stage.send())).toMatchObject({
      Status: 'Failed',
      StatusDetails: 'AccessDenied',
      CommandPlugins: [],
    });
  });

  it('gives up on a silent host when delivery and execution time are over', async () => {
    let nowMs = 1_000_000;
    await start(documentOf([step('only', ['echo ok'], { timeoutSeconds: 30 })]), {
      hosts: [hostOf({ reach: 'silent' })],
      nowMs: () => nowMs,
    });
    const query = { CommandId: await stage.send({ TimeoutSeconds: 60 }), InstanceId: hostId };

    nowMs += 89_999;
    expect(await stage.call('GetCommandInvocation', query)).toMatchObject({ Status: 'Pending', ResponseCode: -1 });
    nowMs += 1;
    expect(await stage.call('GetCommandInvocation', query)).toMatchObject({
      Status: 'TimedOut',
      StatusDetails: 'DeliveryTimedOut',
    });
  });

  it('stays with the delivery timeout of a script that ends too late', async () => {
    let nowMs = 1_000_000;
    await start(echo);
    const { dir } = stage;
    await stage.ssm.close();
    const lines = [
      'touch "$DIR/on"',
      'for _ in $(seq 3000); do [ -e "$DIR/go" ] && break; sleep 0.02; done',
      'touch "$DIR/off"',
    ];
    const late = await createStage(documentOf([step('only', lines, { timeoutSeconds: 30 })]), {
      hosts: [hostOf({ env: { DIR: dir } })],
      nowMs: () => nowMs,
    });
    const commandId = await late.send({ TimeoutSeconds: 60 });
    await expect.poll(() => existsSync(join(dir, 'on')), SOON).toBe(true);
    nowMs += 90_000;

    expect((await late.ended(commandId)).StatusDetails).toBe('DeliveryTimedOut');
    await writeFile(join(dir, 'go'), '');
    await expect.poll(() => existsSync(join(dir, 'off')), SOON).toBe(true);
    await late.close();
    expect((await late.ended(commandId)).StatusDetails).toBe('DeliveryTimedOut');
  });

  it('cancels a command that no host has begun', async () => {
    await start(echo, { hosts: [hostOf({ reach: 'silent' })] });
    const commandId = await stage.send();

    expect(await stage.call('CancelCommand', { CommandId: 'other' })).toMatchObject({ __type: 'InvalidCommandId' });
    await stage.call('CancelCommand', { CommandId: commandId });
    expect((await stage.ended(commandId)).Status).toBe('Cancelled');
  });

  describe('tells events', () => {
    const heard: SsmEvent[] = [];
    const story = () =>
      heard.map(
        ({ 'detail-type': type, detail }) => `${type.includes('Invocation') ? 'part' : 'whole'} ${detail['status']}`,
      );
    const run = async (options: Partial<LocalSsmOptions> = {}): Promise<string> => {
      heard.length = 0;
      await start(echo, { onEvent: (event) => heard.push(event), nowMs: () => Date.UTC(2026, 0, 1), ...options });
      const commandId = await stage.send({ TimeoutSeconds: 60 });
      await stage.ended(commandId);
      return commandId;
    };

    it('in the shape and order that EventBridge has them', async () => {
      const commandId = await run();

      await expect.poll(story, SOON).toEqual(['part InProgress', 'whole InProgress', 'part Success', 'whole Success']);
      const common = {
        'command-id': commandId,
        'document-name': 'doc',
        'requested-date-time': '2026-01-01T00:00:00.000Z',
      };
      expect(heard[0]).toEqual({
        version: '0',
        id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        'detail-type': 'EC2 Command Invocation Status-change Notification',
        source: 'aws.ssm',
        account: '000000000000',
        time: '2026-01-01T00:00:00Z',
        region: 'us-east-1',
        resources: [`arn:aws:ec2:us-east-1:000000000000:instance/${hostId}`],
        detail: { ...common, 'instance-id': hostId, status: 'InProgress' },
      });
      expect(heard[3]?.['detail-type']).toBe('EC2 Command Status-change Notification');
      expect(heard[3]?.detail).toEqual({
        ...common,
        'expire-after': '2026-01-01T01:01:00.000Z',
        parameters: {},
        status: 'Success',
      });
    });

    it('once per change of the whole, however many hosts have a part in it', async () => {
      heard.length = 0;
      const hosts = ids.map((id) => hostOf({ id }));
      await start(echo, { hosts, onEvent: (event) => heard.push(event) });
      const commandId = await stage.send({ InstanceIds: ids });
      for (const id of ids) await stage.ended(commandId, id);

      await expect.poll(() => story().filter((line) => line === 'part Success').length, SOON).toBe(3);
      await expect
        .poll(() => story().filter((line) => line.startsWith('whole')), SOON)
        .toEqual(['whole InProgress', 'whole Success']);
    });

    it('as badly as one wants: lost, twice, and out of order', async () => {
      const delays: Record<string, number[]> = { InProgress: [120], Success: [0, 60] };
      await run({
        eventDelaysMs: ({ 'detail-type': type, detail }) =>
          type.includes('Invocation') ? (delays[String(detail['status'])] ?? []) : [],
      });

      await expect.poll(() => story().toSorted(), SOON).toEqual(['part InProgress', 'part Success', 'part Success']);
    });
  });

  it('shows hosts and documents to the real client', async () => {
    await start(echo, {
      hosts: [hostOf(), hostOf({ id: 'mi-0123456789abcdef0', reach: 'silent', tags: { Part: 'x' } })],
    });
    const server = await listen(stage.ssm);
    process.env['AWS_ACCESS_KEY_ID'] = 'test';
    process.env['AWS_SECRET_ACCESS_KEY'] = 'test';
    const client = createSsmClient({ endpoint: server.url, region: 'us-east-1' });
    const hosts = async (Filters: { Key: string; Values: string[] }[]) =>
      (await client.send(new DescribeInstanceInformationCommand({ Filters }))).InstanceInformationList?.map(
        ({ InstanceId, PingStatus, AgentVersion, ResourceType }) =>
          `${InstanceId} ${PingStatus} ${AgentVersion} ${ResourceType}`,
      );

    expect(await hosts([])).toEqual([
      `${hostId} Online 3.3.3572.0 EC2Instance`,
      'mi-0123456789abcdef0 ConnectionLost 3.3.3572.0 ManagedInstance',
    ]);
    expect(await hosts([{ Key: 'InstanceIds', Values: [hostId] }])).toHaveLength(1);
    expect(await hosts([{ Key: 'tag:Part', Values: ['x'] }])).toHaveLength(1);
    const { Document } = await client.send(new DescribeDocumentCommand({ Name: 'doc' }));
    expect(Document?.Hash).toBe(parseDocument('doc', echo).sha256);
    await expect(client.send(new ListDocumentsCommand({}))).rejects.toThrow('not built here');
    client.destroy();
    await server.close();
  });
});
