import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { App } from 'aws-cdk-lib';
import * as z from 'zod';
import { createDynamoStores } from '../../../functions/adapters/dynamodb/dynamo-store.ts';
import type { ConfigInput } from '../../../functions/core/config/config.ts';
import type { ChunkStore } from '../../../functions/core/ports.ts';
import { RunbellStack } from '../../../lib/runbell-stack.ts';
import type { FilterPattern } from '../../../local/aws/event-source.ts';
import { createLocalAws } from '../../../local/aws/local-aws.ts';
import { Channel } from '../../../local/drill/channel.ts';
import { createLocalSlack } from '../../../local/slack/local-slack.ts';
import { createLocalSsm } from '../../../local/ssm/create-local-ssm.ts';
import { clientOf } from '../../support/signed.ts';
import { type GuardedEndpoint, guard } from './guarded-endpoint.ts';
import { type DeployedFunction, DeployedTemplate, REGION } from './template.ts';

const HOST = fileURLToPath(new URL('./lambda-host.cjs', import.meta.url));

export interface DeployedStack {
  readonly template: DeployedTemplate;
  readonly guarded: GuardedEndpoint;
  readonly channel: Channel;
  /** What was published, by subject. */
  readonly pages: readonly string[];
  readonly problems: readonly string[];
  /** Invokes the function whose logical id begins so. */
  invoke(idStart: string, event: unknown): Promise<unknown>;
  /** Puts all clocks forward: those of the functions, and that of the table, which theirs follow. */
  forward(ms: number): void;
  /** Stream records that a function was given, to be delivered once more. */
  readonly delivered: readonly { readonly name: string; readonly event: unknown }[];
  /** The samples in the table, past every role: what was stored before the story began. */
  readonly chunks: ChunkStore;
  /** Resolves when no invocation runs and no stream record waits. */
  settled(): Promise<void>;
  /** What the commands say that Systems Manager was given, oldest first. */
  comments(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export interface DeployedOptions {
  readonly config: ConfigInput;
  readonly runbooksFolder: string;
  readonly passwords: Readonly<Record<string, string>>;
  readonly hostEnvironment: Readonly<Record<string, string>>;
  /** Members of the workspace whom the configuration does not list. */
  readonly visitors: readonly string[];
}

/**
 * The synthesized stack at work on this machine: its bundles with its environment, woken by its filters, in processes
 * of their own, before an endpoint that lets each of them do what its synthesized role may.
 */
export async function startDeployed(options: DeployedOptions): Promise<DeployedStack> {
  const dir = mkdtempSync(join(tmpdir(), 'runbell-deployed-'));
  const outdir = join(dir, 'out');
  const app = new App({ outdir });
  const stack = new RunbellStack(app, 'runbell', { config: options.config, runbooksFolder: options.runbooksFolder });
  const { config, slackSecret, state } = stack.runbell;
  const json: unknown = app.synth().getStackByName('runbell').template;
  const template = new DeployedTemplate(json, outdir);
  const secret = { botToken: randomBytes(8).toString('hex'), signingSecret: randomBytes(8).toString('hex') };
  const problems: string[] = [];
  const pages: string[] = [];
  const delivered: { name: string; event: unknown }[] = [];
  const track = nameOf(template, 'RunbellTrack');
  const hostTags = { [config.hostTag.key]: config.hostTag.value };
  const ssm = createLocalSsm({
    documents: documentsOf(json),
    hosts: config.applications.flatMap(({ hosts }) =>
      hosts.map((id) => ({
        id,
        tags: hostTags,
        agentVersion: '3.3.3572.0',
        platform: 'Linux' as const,
        env: options.hostEnvironment,
      })),
    ),
    dir,
    requiredTag: config.hostTag,
    region: REGION,
    onEvent: (event) => void aws.functions.send(track, event),
  });
  let aheadMs = 0;
  const nowMs = () => Date.now() + aheadMs;
  const tableName = template.text(stack.resolve(state.table.tableName));
  const aws = await createLocalAws({
    region: REGION,
    nowMs,
    tableName,
    ssm,
    secrets: new Map([
      ...Object.entries(options.passwords),
      [template.text(stack.resolve(slackSecret.arn)), JSON.stringify(secret)],
    ]),
    onPublish: ({ subject }) => void pages.push(subject),
    log: (event, fields) => problems.push(`${event} ${JSON.stringify(fields)}`),
  });
  const guarded = await guard(aws, template, hostTags);
  const interact = nameOf(template, 'RunbellInteract');
  const slack = createLocalSlack({
    workspaceId: config.slack.workspaceId,
    workspaceName: 'Deployed',
    channels: [{ id: config.slack.channel, name: 'alerts' }],
    people: [
      ...config.people.map(({ slackUserId, name }) => ({ id: slackUserId, name })),
      ...options.visitors.map((id) => ({ id, name: id.toLowerCase() })),
    ],
    bot: { name: 'Runbell', userId: 'U0RUNBELL', botId: 'B0RUNBELL', appId: 'A0RUNBELL' },
    ...secret,
    interact: async (event) => answerShape.parse(await aws.functions.invoke(interact, event)),
  });
  await slack.listen(0);
  const children = await Promise.all(
    template.functions().map((one) => startFunction(one, guarded.url, `${slack.url}/api/`)),
  );
  for (const { name, invoke } of children) {
    const patterns = template
      .sources()
      .filter(({ functionName, arn }) => functionName === name && arn.includes(':table/'));
    const handler = (event: unknown) => {
      if (patterns.length > 0) delivered.push({ name, event });
      return invoke(event);
    };
    aws.functions.register(name, handler, {
      timeoutMs: 90_000,
      ...(patterns.length === 0
        ? {}
        : { stream: { filters: patterns.flatMap((one) => one.patterns) as FilterPattern[] } }),
    });
  }
  const { chunks } = createDynamoStores({ client: new DynamoDBClient(clientOf(aws)), tableName });
  return {
    template,
    guarded,
    chunks,
    channel: new Channel(slack),
    pages,
    problems,
    delivered,
    invoke: (idStart, event) => aws.functions.invoke(nameOf(template, idStart), event),
    forward: (forwardMs) => {
      aheadMs += forwardMs;
      for (const { child } of children) child.send({ forwardMs });
    },
    settled: () => aws.functions.settled(),
    comments: async () => {
      const { body } = await ssm.handle('AmazonSSM.ListCommands', {});
      return commandsShape
        .parse(body)
        .Commands.map(({ Comment }) => Comment)
        .reverse();
    },
    stop: async () => {
      await aws.close();
      for (const { child } of children) child.kill('SIGKILL');
      await slack.close();
      await guarded.close();
      await ssm.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const commandsShape = z.object({ Commands: z.array(z.object({ Comment: z.string() })) });
const answerShape = z.object({ statusCode: z.number(), body: z.string() });
const documentShape = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.object({ Name: z.string(), Content: z.string() }).partial().catch({}) }),
  ),
});

function documentsOf(template: unknown) {
  return Object.values(documentShape.parse(template).Resources).flatMap(({ Type, Properties: { Name, Content } }) =>
    Type === 'AWS::SSM::Document' && Name !== undefined && Content !== undefined
      ? [{ name: Name, content: JSON.parse(Content) as unknown }]
      : [],
  );
}

function nameOf(template: DeployedTemplate, idStart: string): string {
  const found = template.functions().filter(({ name }) => name.startsWith(idStart));
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} functions begin with ${idStart}`);
  return only.name;
}

const saidShape = z.object({
  id: z.union([z.number(), z.literal('ready')]),
  result: z.unknown().optional(),
  problem: z.string().optional(),
});

async function startFunction(one: DeployedFunction, endpointUrl: string, slackApiUrl: string) {
  const child: ChildProcess = fork(HOST, {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: {
      ...one.environment,
      PATH: process.env['PATH'] ?? '',
      LAMBDA_TASK_ROOT: one.folder,
      AWS_REGION: REGION,
      // The endpoint knows the function by it.
      AWS_ACCESS_KEY_ID: one.name,
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_ENDPOINT_URL: endpointUrl,
      RUNBELL_SLACK_API_URL: slackApiUrl,
    },
  });
  const waiting = new Map<number | 'ready', (said: z.output<typeof saidShape>) => void>();
  child.on('message', (message) => {
    const said = saidShape.parse(message);
    waiting.get(said.id)?.(said);
    waiting.delete(said.id);
  });
  await new Promise((resolve) => waiting.set('ready', resolve));
  let count = 0;
  const invoke = async (event: unknown): Promise<unknown> => {
    count += 1;
    const id = count;
    const said = await new Promise<z.output<typeof saidShape>>((resolve) => {
      waiting.set(id, resolve);
      child.send({ id, event });
    });
    if (said.problem !== undefined) throw new Error(said.problem);
    return said.result;
  };
  return { name: one.name, child, invoke };
}
