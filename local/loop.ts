import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import * as z from 'zod';
import type { Config } from '../functions/core/config/config.ts';
import type { ChunkStore, Log, Stores } from '../functions/core/ports.ts';
import type { Settings } from '../functions/core/settings.ts';
import { createInteractHandler, interactDeps } from '../functions/interact.handler.ts';
import { type AwsPlace, basicsOf, type Environment, once, type Place } from '../functions/wiring.ts';
import { catalogueOf, type Runbook } from '../lib/runbook-catalogue.ts';
import { holdApplications } from './application-lock.ts';
import { environmentOf, writeKeys } from './aws/keys-file.ts';
import { createLocalAws, type LocalAws } from './aws/local-aws.ts';
import type { LocalLog } from './aws/local-functions.ts';
import { privateFolder } from './private-folder.ts';
import { registerFunctions } from './register-functions.ts';
import { createLocalSlack, type LocalSlack } from './slack/local-slack.ts';
import { connectWorkspace, type RealWorkspace } from './slack/socket-mode.ts';
import { createLocalSsm } from './ssm/create-local-ssm.ts';

const TABLE = 'runbell-local';
const SLACK_SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:runbell-local-slack';

/** This machine, as SSM would call it. */
export const LOCAL_HOST = 'mi-0000000000000001';
export const CHANNEL_NAME = 'alerts';

export interface LoopOptions {
  readonly config: Config;
  readonly runbooks: readonly Runbook[];
  /** Only this user enters it. Scripts, and what other programs need to reach this loop, are written there. */
  readonly dir: string;
  /** Where scripts keep their ledger, locks and copies, as `RUNBELL_STATE_DIR` on a host. Default: in `dir`. */
  readonly stateDir?: string | undefined;
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
  /** What stands in for AWS: where it is, for `npx runbell … --endpoint`, and what it wants to be signed with. */
  readonly aws: AwsPlace;
  readonly stores: Stores & { readonly chunks: ChunkStore };
  /** Comments of the commands that SSM was really given for what people started, one each. */
  commandsSent(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

/** Throws where another loop of this machine has one of the applications. */
export async function startLoop(options: LoopOptions): Promise<Loop> {
  const stateDir = privateFolder(options.stateDir ?? join(options.dir, 'state'));
  const held = await holdApplications(options.config.applications);
  try {
    const loop = await startHeld(options, stateDir);
    return { ...loop, stop: () => stopAll([loop.stop, held.release]) };
  } catch (error) {
    await held.release();
    throw error;
  }
}

async function startHeld(options: LoopOptions, stateDir: string): Promise<Loop> {
  const { config, runbooks, log } = options;
  const settings: Settings = { schema: 1, version: 'local', config, catalogue: catalogueOf(runbooks) };
  const { workspace } = options;
  const botToken = workspace?.botToken ?? randomBytes(16).toString('hex');
  const signingSecret = randomBytes(16).toString('hex');
  const secrets = new Map([...options.secrets, [SLACK_SECRET_ARN, JSON.stringify({ botToken, signingSecret })]]);

  let aws: LocalAws | null = null;
  const ssm = createLocalSsm({
    documents: runbooks.map(({ name, document }) => ({ name, content: document })),
    hosts: [localHost(config, stateDir)],
    dir: options.dir,
    requiredTag: config.hostTag,
    onEvent: (event) => void aws?.functions.send('track', event),
  });
  // A tick that is left out on a busy machine is made up for by the next one.
  const logAws: LocalLog = (event, fields) => log[event === 'tickLeftOut' ? 'info' : 'error'](event, fields);
  aws = await createLocalAws({ tableName: TABLE, ssm, secrets, log: logAws });
  const awsPlace: AwsPlace = { endpoint: aws.url, region: aws.region, credentials: aws.credentials };
  writeKeys(options.dir, awsPlace);
  const environment = lambdaEnvironment(awsPlace);

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
  const place: Place = { environment: { ...environment, ...slackPlace }, settings, log, aws: awsPlace };
  const stopLocal = [() => aws.close(), () => slack.close(), () => ssm.close()];
  const socket =
    workspace === undefined
      ? null
      : await connectWorkspace(workspace, place.environment, log).catch(async (error: unknown) => {
          await stopAll(stopLocal);
          throw error;
        });
  registerFunctions(aws.functions, place);
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
    aws: awsPlace,
    stores,
    commandsSent,
    stop: () => stopAll([async () => socket?.close(), ...stopLocal]),
  };
}

/** Each part is stopped even when the one before it could not be. */
async function stopAll(parts: readonly (() => Promise<void>)[]): Promise<void> {
  for (const stop of parts) await stop().catch(() => undefined);
}

function localHost(config: Config, stateDir: string) {
  return {
    id: LOCAL_HOST,
    tags: { [config.hostTag.key]: config.hostTag.value },
    agentVersion: '3.3.3572.0',
    platform: 'Linux',
    env: { RUNBELL_STATE_DIR: stateDir },
  } as const;
}

/**
 * What Lambda and the stack would put there. The process's own environment stays as it is: who logs in to a database
 * by IAM does so with the user's own credentials, and what is started here inherits none of ours.
 */
function lambdaEnvironment(place: AwsPlace): Environment {
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  return {
    ...Object.fromEntries(others),
    ...environmentOf(place),
    RUNBELL_TABLE: TABLE,
    RUNBELL_SLACK_SECRET_ARN: SLACK_SECRET_ARN,
    RUNBELL_WATCH_FUNCTION: 'watch',
    RUNBELL_RUNNER_ROLE_ARN: 'arn:aws:iam::000000000000:role/runbell-local-runner',
  };
}
