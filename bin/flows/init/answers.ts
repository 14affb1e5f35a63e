import type { ConfigInput } from '../../../functions/core/config/config.ts';
import { type ConfigProblem, parseConfig } from '../../../functions/core/config/parse-config.ts';

type TargetInput = ConfigInput['targets'][number];
type ApplicationInput = NonNullable<ConfigInput['applications']>[number];

/** What init knows. What it does not know stays null, and the file says what belongs there. */
export interface Answers {
  readonly name: string;
  readonly everySeconds: 60 | 30 | 15;
  readonly channel: string | null;
  readonly workspaceId: string | null;
  readonly person: { readonly id: string; readonly name: string } | null;
  readonly targetId: string;
  readonly host: string | null;
  readonly port: number;
  readonly databaseUser: string;
  readonly credential: TargetInput['credential'] | null;
  readonly tls: 'rds' | 'system' | 'off';
  readonly applicationId: string;
  readonly kind: 'node' | 'laravel';
  readonly hosts: readonly string[];
  readonly directory: string | null;
  readonly unixUser: string | null;
  readonly processes: readonly string[];
  readonly network: ConfigInput['network'] | null;
  /** Whether Runbell may keep copies of configuration files on the hosts without a click; null: nobody was asked, yes. */
  readonly keepsCopies: boolean | null;
}

export const NO_ANSWERS: Answers = {
  name: 'runbell',
  everySeconds: 60,
  channel: null,
  workspaceId: null,
  person: null,
  targetId: 'main-db',
  host: null,
  port: 3306,
  databaseUser: 'runbell',
  credential: null,
  tls: 'rds',
  applicationId: 'main-app',
  kind: 'node',
  hosts: [],
  directory: null,
  unixUser: null,
  processes: [],
  network: null,
  keepsCopies: null,
};

/** Stands where an answer is missing: valid, and nobody's. `EXAMPLE` in it is what doctor looks for. */
export const PLACEHOLDERS = {
  channel: 'C0EXAMPLE01',
  workspaceId: 'T0EXAMPLE01',
  person: { id: 'U0EXAMPLE01', name: 'On call' },
  host: 'main-db.example.internal',
  credential: {
    kind: 'secret',
    arn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:EXAMPLE-AbCdEf',
  },
  directory: '/srv/EXAMPLE',
  unixUser: 'deploy',
  processes: ['EXAMPLE'],
} as const;

/** The configuration that these answers make. */
export function configOf(answers: Answers): ConfigInput {
  const person = answers.person ?? PLACEHOLDERS.person;
  const target: TargetInput = {
    id: answers.targetId,
    host: answers.host ?? PLACEHOLDERS.host,
    port: answers.port,
    user: answers.databaseUser,
    credential: answers.credential ?? PLACEHOLDERS.credential,
    tls: answers.tls,
  };
  const user = answers.unixUser ?? PLACEHOLDERS.unixUser;
  const application: ApplicationInput = {
    id: answers.applicationId,
    kind: answers.kind,
    targets: [answers.targetId],
    hosts: [...answers.hosts],
    directory: answers.directory ?? PLACEHOLDERS.directory,
    user,
    pm2: {
      home: `/home/${user}/.pm2`,
      processes: answers.processes.length > 0 ? [...answers.processes] : [...PLACEHOLDERS.processes],
    },
  };
  return {
    name: answers.name,
    sampling: { everySeconds: answers.everySeconds },
    slack: {
      channel: answers.channel ?? PLACEHOLDERS.channel,
      workspaceId: answers.workspaceId ?? PLACEHOLDERS.workspaceId,
    },
    people: [{ slackUserId: person.id, name: person.name }],
    targets: [target],
    applications: [application],
    network: answers.network ?? { kind: 'none' },
    snapshots: { off: answers.keepsCopies === false },
  };
}

/** What the schema says against these answers; the paths are those of the file. */
export function answerProblems(answers: Answers): readonly ConfigProblem[] {
  const parsed = parseConfig(configOf(answers));
  return parsed.kind === 'valid' ? [] : parsed.problems;
}

/** What the schema says against one answer alone; undefined: nothing. */
export function problemOf(change: Partial<Answers>): string | undefined {
  return answerProblems({ ...NO_ANSWERS, ...change })[0]?.message;
}

/** What a person still has to write, each with where it is found. */
export function leftToFill(answers: Answers): readonly string[] {
  const missing: readonly (readonly [boolean, string])[] = [
    [answers.channel === null, 'slack.channel: in Slack, the channel\'s name, "View channel details", at the bottom'],
    [answers.workspaceId === null, 'slack.workspaceId: the T… in the address of Slack in a browser'],
    [answers.person === null, 'people: a member id; in Slack, profile, "More", "Copy member ID"'],
    [answers.host === null, 'targets[0].host: the address of the database itself, not of a proxy'],
    [
      answers.credential === null,
      "targets[0].credential: { kind: 'iam', region, resourceId } on RDS, else the ARN of a secret",
    ],
    [
      answers.hosts.length === 0,
      'applications[0].hosts: instance ids; without any, runbooks are suggested and not runnable',
    ],
    [answers.directory === null, 'applications[0].directory: where the application lives on its hosts'],
    [
      answers.unixUser === null,
      'applications[0].user and pm2.home: who owns it there; on the host: ps -eo user,cmd | grep PM2',
    ],
    [answers.processes.length === 0, 'applications[0].pm2.processes: as pm2 list shows them'],
    [answers.network === null, 'network: the VPC of the database, unless it has a public address'],
  ];
  return missing.filter(([isMissing]) => isMissing).map(([, text]) => text);
}
