import * as z from 'zod';
import { maintenance, rules, target } from './target-config.ts';
import {
  absolutePath,
  commandLine,
  configFile,
  hostId,
  id,
  joinedCommands,
  processName,
  seconds,
  secretArn,
  share,
  slackChannelId,
  slackGroupId,
  slackUserId,
  unixUser,
} from './values.ts';

const application = z.strictObject({
  id,
  kind: z.enum(['node', 'laravel']),
  /** Default: `observe`. */
  observe: z.boolean().optional(),
  targets: z.array(id).min(1, 'name at least one target that this application uses'),
  hosts: z.array(hostId).max(50, 'at most 50 hosts').default([]),
  /** Where the application lives on the host. */
  directory: absolutePath,
  /** The Unix user that owns the application and its PM2 daemon. Never root. */
  user: unixUser.refine((name) => name !== 'root', 'PM2 must not run as root; name the user that owns the application'),
  pm2: z.strictObject({
    /** PM2_HOME of the daemon, usually `/home/<user>/.pm2`. */
    home: absolutePath,
    processes: z.array(processName).min(1, 'name at least one PM2 process'),
    /** The `pm2` program, when it lies neither beside the daemon's node nor on its PATH. */
    cli: absolutePath.optional(),
  }),
  /** Database users of this application, to say whose connections they are. */
  databaseUsers: z.array(z.string().min(1)).default([]),
  phpFpmUnit: z
    .string()
    .regex(/^[\w@.-]{1,80}$/)
    .optional(),
  /** The `php` program, when the one on the usual PATH is not the application's. */
  php: absolutePath.optional(),
  /** Ends with 0 when the application serves people: asked after its web side was reloaded or its files changed. */
  healthCommand: commandLine.optional(),
  /** The file that its PM2 processes are started from. Read again only when somebody asks for it. */
  ecosystemFile: absolutePath.optional(),
  /** On the hosts, root's alone: an option file of the mysql client with an administrative login, to look and to end sessions. */
  databaseLoginFile: absolutePath.optional(),
  /** Files below the directory that are kept in versions and can be rolled back. Default: the usual ones of its kind. */
  configFiles: z
    .array(configFile)
    .min(1, 'name at least one file, or leave it out for the usual ones')
    .refine((files) => files.join(',').length <= 900, 'use at most 900 characters for all files together')
    .optional(),
  /** Node: what makes a worker finish its job and leave. Default: PM2's own stop, SIGINT and then `kill_timeout`. */
  drainSignal: z.enum(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']).optional(),
  /** Node: what clears its caches, by a name that people choose from. Nothing else can be run. */
  cacheCommands: z
    .record(
      z.string().regex(/^[a-z][a-z0-9-]{0,19}$/, 'use 1 to 20 lower-case letters, digits and hyphens'),
      commandLine,
    )
    .refine(
      (commands) => joinedCommands(commands).length <= 900,
      'use at most 900 characters for all commands together',
    )
    .optional(),
});

const runbookSetting = z.strictObject({
  /** Slack member ids and user group ids; default: everybody listed in `people` and `userGroups`. */
  allowed: z.array(z.union([slackUserId, slackGroupId], 'use a Slack member id or user group id')).optional(),
  cooldownSeconds: seconds(0, 86_400).optional(),
  /** A second person has to agree. Off unless written out. */
  approval: z
    .strictObject({
      /** Who may agree; default: whoever may run it. Never the one who asked. */
      allowed: z.array(z.union([slackUserId, slackGroupId], 'use a Slack member id or user group id')).optional(),
      withinSeconds: seconds(60, 3600).default(600),
      /** How many different people, besides the one who asks. */
      approvers: z.number().int().min(1, 'use 1 to 5').max(5, 'use 1 to 5').default(1),
    })
    .optional(),
  /** Why one person alone may let it add load to a database that is near its limit; without it a second one agrees. */
  aloneNearLimit: z
    .string()
    .trim()
    .min(1, 'say why, for those who read the form')
    .max(200, 'use at most 200 characters')
    .optional(),
  /** Attempts, failed ones too, per application. */
  budget: z
    .strictObject({
      runs: z.number().int().min(1, 'use 1 to 40').max(40, 'use 1 to 40').default(10),
      perSeconds: seconds(60, 86_400).default(3600),
    })
    .prefault({}),
  /** Of an application's hosts, in one run. Over it nothing runs at all; a share is at least one host. */
  hosts: z
    .strictObject({
      atMost: z.number().int().min(1, 'use at least 1').max(50, 'at most 50 hosts').optional(),
      atMostShare: share.optional(),
    })
    .prefault({}),
});

const network = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({
    kind: z.literal('vpc'),
    vpcId: z.string().regex(/^vpc-[0-9a-f]{8,17}$/, 'use a VPC id such as "vpc-0abc1234567890def"'),
    subnetIds: z
      .array(z.string().regex(/^subnet-[0-9a-f]{8,17}$/, 'use subnet ids such as "subnet-0abc1234567890def"'))
      .min(1),
    availabilityZones: z.array(z.string()).min(1),
    securityGroupId: z.string().regex(/^sg-[0-9a-f]{8,17}$/, 'use a security group id such as "sg-0abc1234567890def"'),
    /** Route tables of those subnets: they get the free DynamoDB gateway endpoint. Empty: it is there already. */
    routeTableIds: z.array(z.string().regex(/^rtb-[0-9a-f]{8,17}$/)).default([]),
    /** How a password secret is reached: `create` costs 7.30 $ a month and zone. */
    secretsEndpoint: z.enum(['create', 'existing', 'egress-only-ipv6']).optional(),
  }),
]);

export const configSchema = z.strictObject({
  /** Names the stack and its documents. */
  name: id.default('runbell'),
  sampling: z
    .strictObject({
      everySeconds: z.union([z.literal(60), z.literal(30), z.literal(15)], 'use 60, 30 or 15').default(60),
    })
    .prefault({}),
  slack: z.strictObject({
    channel: slackChannelId,
    /** Takes what a channel refuses for good: it was archived, or the bot was taken out of it. */
    fallbackChannel: slackChannelId.optional(),
    /** Clicks from other workspaces are refused. */
    workspaceId: z.string().regex(/^T[A-Z0-9]{4,20}$/, 'use a workspace id such as "T012AB3CD"'),
    /** JSON with "botToken" and "signingSecret". Default: the stack makes an empty one. */
    secretArn: secretArn.optional(),
  }),
  /** Who may run runbooks. Nobody listed: runbooks are suggested and not runnable. */
  people: z
    .array(
      z.strictObject({
        slackUserId,
        name: z.string().min(1).max(80),
        /** Only for somebody of another workspace. Whoever is listed by id may be a guest or a bot. */
        workspaceId: z
          .string()
          .regex(/^[TE][A-Z0-9]{4,20}$/, 'use a Slack workspace id such as "T012AB3CD"')
          .optional(),
      }),
    )
    .default([]),
  /** Who may start alone what needs a second person, with a reason and heard by everybody. Nobody unless written out. */
  breakGlass: z.array(z.union([slackUserId, slackGroupId], 'use a Slack member id or user group id')).default([]),
  /** Everything but the last step: a click says on the hosts what would be done, and changes nothing. */
  observe: z.boolean().default(false),
  /** Groups whose members count as listed. Guests in them do not, unless `people` names them. */
  userGroups: z.array(z.strictObject({ slackGroupId, name: z.string().min(1).max(80) })).default([]),
  targets: z.array(target).min(1, 'name at least one target').max(1000),
  applications: z.array(application).default([]),
  rules: rules.prefault({}),
  runbooks: z.record(id, runbookSetting).default({}),
  /** Healthy for this long resolves an incident; four times longer after each end in eight hours. */
  quietSeconds: seconds(5, 3600).default(150),
  /** The same trouble again within this time reopens the incident on its card. */
  reopenSeconds: seconds(0, 86_400).default(1800),
  verify: z
    .strictObject({
      /** After it, a run that did not help is called so. */
      windowSeconds: seconds(10, 3600).default(300),
      /** Trouble again within this time after a recovery is a relapse. */
      relapseSeconds: seconds(10, 86_400).default(900),
    })
    .prefault({}),
  /** Copies of the applications' configuration on their hosts. A run that changes something always makes one first. */
  snapshots: z
    .strictObject({
      /** When Runbell looks after them each day; it also does after a recovery. */
      atUtc: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'use a time of day such as "03:30"')
        .default('03:30'),
      /** Versions that each host keeps. */
      keep: z.number().int().min(2, 'use 2 to 99').max(99, 'use 2 to 99').default(20),
      off: z.boolean().default(false),
    })
    .prefault({}),
  /** While nobody has it: one reminder in the thread, then the page topic. A running action stops neither. */
  reminder: z
    .strictObject({
      afterSeconds: seconds(60, 86_400).default(600),
      pageAfterSeconds: seconds(60, 86_400).default(1200),
      /** Who is called by name in the thread after that, one after the other. */
      escalation: z
        .array(z.strictObject({ slackUserId, afterSeconds: seconds(60, 86_400) }))
        .max(10, 'at most 10 people')
        .default([]),
      off: z.boolean().default(false),
    })
    .prefault({}),
  /** When a target says nothing because somebody works on it. */
  maintenance: z.array(maintenance).max(100, 'at most 100 windows').default([]),
  page: z
    .strictObject({
      topicArn: z.string().regex(/^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}$/, 'use the ARN of an SNS topic'),
      /** A critical notice that Slack does not have after this long goes out by the topic. */
      afterSeconds: seconds(30, 3600).default(120),
    })
    .optional(),
  /** The SSM tag that a host must carry. */
  hostTag: z
    .strictObject({ key: z.string().min(1).max(128), value: z.string().min(1).max(256) })
    .default({ key: 'runbell', value: 'allowed' }),
  network: network.default({ kind: 'none' }),
});

export type Config = z.output<typeof configSchema>;

export type ConfigInput = z.input<typeof configSchema>;

export type TargetConfig = Config['targets'][number];

export type ApplicationConfig = Config['applications'][number];

export type MaintenanceConfig = Config['maintenance'][number];

export type RulesConfig = Config['rules'];
