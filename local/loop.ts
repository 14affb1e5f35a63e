import { randomBytes } from 'node:crypto';
import * as z from 'zod';
import { createActHandler } from '../functions/act.handler.ts';
import type { Config } from '../functions/core/config/config.ts';
import type { ChunkStore, Log, Stores } from '../functions/core/ports.ts';
import type { Settings } from '../functions/core/settings.ts';
import { createInteractHandler, interactDeps } from '../functions/interact.handler.ts';
import { createNotifyHandler } from '../functions/notify.handler.ts';
import { createTrackHandler } from '../functions/track.handler.ts';
import { createWatchHandler } from '../functions/watch.handler.ts';
import { basicsOf, type Environment, once, type Place } from '../functions/wiring.ts';
import { catalogueOf, type Runbook } from '../lib/runbook-catalogue.ts';
import { createLocalAws, type LocalAws } from './aws/local-aws.ts';
import type { LocalLog } from './aws/local-functions.ts';
import { createLocalSlack, type LocalSlack } from './slack/local-slack.ts';
import { connectWorkspace, type RealWorkspace } from './slack/socket-mode.ts';
import { createLocalSsm } from './ssm/create-local-ssm.ts';

const TABLE = 'runbell-local';
const SLACK_SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:runbell-local-slack';
/** On AWS once a minute; here nobody wants to wait that long to see it. */
const SWEEP_MS = 20_000;

/** This machine, as SSM would call it. */
export const LOCAL_HOST = 'mi-0000000000000001';
export const CHANNEL_NAME = 'alerts';

export interface LoopOptions {
  readonly config: Config;
  readonly runbooks: readonly Runbook[];
  readonly dir: string;
  readonly port: number;
  readonly secrets: ReadonlyMap<string, string>;
  /** Who can be in the channel besides those that the configuration lists. */
  readonly visitors: readonly {
    readonly id: string;
    readonly name: string;
    readonly kind?: 'member' | 'guest' | 'foreign';
  }[];
  readonly log: Log;
  /** A real workspace instead of the page in the browser. */
  readonly workspace?: RealWorkspace;
}

const commandsSchema = z.object({ Commands: z.array(z.object({ Comment: z.string() })) });

/** The whole loop on this machine: the deployed handlers, adapters and documents, against local services. */
export interface Loop {
  readonly slack: LocalSlack;
  readonly settings: Settings;
  /** What stands in for AWS, for `npx runbell … --endpoint`. */
  readonly awsUrl: string;
  readonly stores: Stores & { readonly chunks: ChunkStore };
  /** Comments of the commands that SSM was really given for what people started, one each. */
  commandsSent(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export async function startLoop(options: LoopOptions): Promise<Loop> {
  const { config, runbooks, log } = options;
  const settings: Settings = { schema: 1, version: 'local', config, catalogue: catalogueOf(runbooks) };
  const { workspace } = options;
  const botToken = workspace?.botToken ?? randomBytes(16).toString('hex');
  const signingSecret = randomBytes(16).toString('hex');
  const secrets = new Map([...options.secrets, [SLACK_SECRET_ARN, JSON.stringify({ botToken, signingSecret })]]);

  let aws: LocalAws | null = null;
  const ssm = createLocalSsm({
    documents: runbooks.map(({ name, document }) => ({ name, content: document })),
    hosts: [localHost(config, options.dir)],
    dir: options.dir,
    requiredTag: config.hostTag,
    onEvent: (event) => void aws?.functions.send('track', event),
  });
  // A tick that is left out on a busy machine is made up for by the next one.
  const logAws: LocalLog = (event, fields) => log[event === 'tickLeftOut' ? 'info' : 'error'](event, fields);
  aws = await createLocalAws({ tableName: TABLE, ssm, secrets, log: logAws });
  const environment = awsEnvironment(aws.url);

  // Built at the first click: it needs the address of the Slack that calls it.
  const interact = once(() => createInteractHandler(interactDeps(place.environment, log)));
  const slack = createLocalSlack({
    workspaceId: config.slack.workspaceId,
    workspaceName: 'Runbell on this machine',
    channels: [{ id: config.slack.channel, name: CHANNEL_NAME }],
    people: [...config.people.map(({ slackUserId, name }) => ({ id: slackUserId, name })), ...options.visitors],
    bot: { name: 'Runbell', userId: 'U0RUNBELL', botId: 'B0RUNBELL', appId: 'A0RUNBELL' },
    botToken,
    signingSecret,
    interact: (event) => interact()(event),
  });
  if (workspace === undefined) await slack.listen(options.port);
  const slackApiUrl = workspace === undefined ? `${slack.url}/api/` : workspace.slackApiUrl;
  const slackPlace = slackApiUrl === undefined ? {} : { RUNBELL_SLACK_API_URL: slackApiUrl };
  const place: Place = { environment: { ...environment, ...slackPlace }, settings, log };
  const stopLocal = [() => aws.close(), () => slack.close(), () => ssm.close()];
  const socket =
    workspace === undefined
      ? null
      : await connectWorkspace(workspace, place.environment, log).catch(async (error: unknown) => {
          await stopAll(stopLocal);
          throw error;
        });
  register(aws, place, config);
  const { stores } = basicsOf(place);
  const commandsSent = async () => {
    const listed = commandsSchema.parse((await ssm.handle('AmazonSSM.ListCommands', {})).body);
    // Runbell's own looks are nobody's doing.
    return listed.Commands.map((command) => command.Comment).filter(
      (comment) => !comment.startsWith('runbell beside-'),
    );
  };
  return {
    slack,
    settings,
    awsUrl: aws.url,
    stores,
    commandsSent,
    stop: () => stopAll([async () => socket?.close(), ...stopLocal]),
  };
}

/** Each part is stopped even when the one before it could not be. */
async function stopAll(parts: readonly (() => Promise<void>)[]): Promise<void> {
  for (const stop of parts) await stop().catch(() => undefined);
}

function localHost(config: Config, dir: string) {
  return {
    id: LOCAL_HOST,
    tags: { [config.hostTag.key]: config.hostTag.value },
    agentVersion: '3.3.3572.0',
    platform: 'Linux',
    env: { RUNBELL_STATE_DIR: `${dir}/state` },
  } as const;
}

/** What Lambda and the stack would put there. The clients read it from the process, as they do when deployed. */
function awsEnvironment(url: string): Environment {
  process.env['AWS_ENDPOINT_URL'] = url;
  process.env['AWS_REGION'] ??= 'us-east-1';
  if (process.env['AWS_PROFILE'] === undefined) {
    process.env['AWS_ACCESS_KEY_ID'] ??= 'local';
    process.env['AWS_SECRET_ACCESS_KEY'] ??= 'local';
  }
  return {
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    ...process.env,
    RUNBELL_TABLE: TABLE,
    RUNBELL_SLACK_SECRET_ARN: SLACK_SECRET_ARN,
    RUNBELL_WATCH_FUNCTION: 'watch',
    RUNBELL_RUNNER_ROLE_ARN: 'arn:aws:iam::000000000000:role/runbell-local-runner',
  };
}

/** The same filters on the stream and the same ticks as the stack has. */
function register({ functions }: LocalAws, place: Place, config: Config): void {
  const wakesOn = (...marks: readonly (readonly [entity: string, owes: string])[]) => ({
    stream: {
      filters: marks.map(([entity, owes]) => ({
        dynamodb: { NewImage: { entity: { S: [entity] }, owes: { S: [owes] } } },
      })),
    },
  });
  functions.register('watch', createWatchHandler(place), { timeoutMs: 90_000 });
  functions.register(
    'notify',
    createNotifyHandler(place),
    wakesOn(['target', 'notice'], ['request', 'answer'], ['channel', 'notice'], ['freezes', 'notice']),
  );
  functions.register('act', createActHandler(place), wakesOn(['request', 'decision'], ['run', 'step']));
  functions.register('track', createTrackHandler(place));
  const everyMs = config.sampling.everySeconds * 1000;
  const tick = (nowMs: number) => ({
    kind: 'tick',
    shard: 0,
    scheduledTime: new Date(nowMs).toISOString(),
    delaySeconds: 0,
  });
  void functions.send('watch', tick(Date.now()));
  functions.every(everyMs, 'watch', tick);
  void functions.send('track', { kind: 'sweep' });
  functions.every(SWEEP_MS, 'track', () => ({ kind: 'sweep' }));
}
