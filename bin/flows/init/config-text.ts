import { type Answers, configOf } from './answers.ts';

/** The file: typed, commented, and the same configuration as `configOf`. `importFrom` gives `defineConfig`. */
export function configText(answers: Answers, importFrom: string): string {
  const config = configOf(answers);
  const [target] = config.targets;
  const [application] = config.applications ?? [];
  const [person] = config.people ?? [];
  const { pm2 } = application ?? {};
  return `import { defineConfig } from '${importFrom}';

/**
 * What Runbell watches, and who may do something about it. docs/install.md has every setting;
 * mistakes are all named at once, before anything is started or changed. No secret belongs in here.
 */
export default defineConfig({
  /** Names the stack and its SSM documents. */
  name: ${literal(config.name)},

  /** How often every database is looked at: 60, 30 or 15 seconds. */
  sampling: ${literal(config.sampling)},

  slack: {
    /** ${note(answers.channel === null, "in Slack, the channel's name, View channel details, at the bottom.")} */
    channel: ${literal(config.slack.channel)},
    /** ${note(answers.workspaceId === null, 'clicks from any other workspace are refused.')} */
    workspaceId: ${literal(config.slack.workspaceId)},
  },

  /** ${note(answers.person === null, 'who may run runbooks. Nobody listed: they are suggested and not runnable.')} */
  people: [${literal(person)}],

  targets: [
    {
      id: ${literal(target?.id)},
      /** ${note(answers.host === null, 'the server itself, not a proxy: behind one, its connections would be counted.')} */
      host: ${literal(target?.host)},
      port: ${literal(target?.port)},
      /** Needs PROCESS and nothing else; npx runbell doctor prints the statements. */
      user: ${literal(target?.user)},
      /** ${note(answers.credential === null, 'a reference, never a password.')} */
      credential: ${literal(target?.credential)},
      /** 'rds': Amazon's certificates, which come with Runbell. 'system', { caFile }, or 'off' written out. */
      tls: ${literal(target?.tls)},
    },
  ],

  applications: [
    {
      id: ${literal(application?.id)},
      kind: ${literal(application?.kind)},
      /** On the cards of these databases its runbooks are offered. */
      targets: ${literal(application?.targets)},
      /** ${note(answers.hosts.length === 0, 'where it runs. They carry the tag runbell=allowed.')} */
      hosts: ${literal(application?.hosts)},
      /** ${note(answers.directory === null, 'where it lives on the host.')} */
      directory: ${literal(application?.directory)},
      /** ${note(answers.unixUser === null, 'owns the application and its PM2 daemon. Never root.')} */
      user: ${literal(application?.user)},
      /** ${note(answers.processes.length === 0, 'PM2_HOME of that daemon, and the processes that may be restarted.')} */
      pm2: ${literal(pm2)},
    },
  ],

  /**
   * At first, once a day and after each incident Runbell keeps copies of the application's configuration files on its
   * hosts, without a click: .env among them, or what configFiles names, in a folder that only root can read. Rolling back
   * needs them. off: true leaves it to runs that change something, and to people.
   */
  snapshots: ${literal(config.snapshots)},

  /** ${note(answers.network === null, networkNote(answers))} */
  network: ${literal(config.network)},
});
`;
}

/** A comment, with a mark where the value below it is a stand-in. */
function note(isMissing: boolean, text: string): string {
  return isMissing ? `FILL IN: ${text}` : `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function networkNote({ network }: Answers): string {
  if (network?.kind !== 'vpc') {
    return "'none' reaches public addresses only; { kind: 'vpc', vpcId, subnetIds, … } for a private database.";
  }
  const costs =
    network.secretsEndpoint === 'create' ? ' The endpoint for passwords costs 7.30 $ a month and zone.' : '';
  return `the security group must be let in by the database's.${costs}`;
}

/** A value as a person would write it. */
function literal(value: unknown): string {
  if (typeof value === 'string') return `'${value.replace(/[\\']/g, '\\$&')}'`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([name, inner]) => `${name}: ${literal(inner)}`)
    .join(', ')} }`;
}
