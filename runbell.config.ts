import { defineConfig } from './functions/core/config/parse-config.ts';

/**
 * What Runbell watches, and who may do something about it.
 *
 * Every id here is made up: `npx cdk synth` and the tests work with it, a deployment needs your own.
 * docs/examples has more: RDS with IAM, a VPC with a password secret, a fleet.
 * Mistakes are all named at once, before anything is started or changed.
 */
export default defineConfig({
  /** Names the stack and its SSM documents. */
  name: 'runbell',

  /** How often every database is looked at: 60, 30 or 15 seconds. */
  sampling: { everySeconds: 60 },

  slack: {
    /** In Slack: the channel's name, View channel details, at the bottom. */
    channel: 'C0EXAMPLE01',
    /** Clicks from any other workspace are refused. */
    workspaceId: 'T0EXAMPLE01',
    /** Without `secretArn` the stack makes an empty secret for the bot token and the signing secret. */
  },

  /** Who may run runbooks. Nobody listed: runbooks are suggested and not runnable. */
  people: [{ slackUserId: 'U0EXAMPLE01', name: 'On call' }],

  targets: [
    {
      id: 'orders-db',
      /** The instance itself, not a proxy: behind a proxy Runbell would count the proxy's connections. */
      host: 'orders-db.example.internal',
      /** Needs USAGE and PROCESS, nothing else. */
      user: 'runbell',
      /** A token signed on the spot, no password anywhere. For other databases: { kind: 'secret', arn }. */
      credential: { kind: 'iam', region: 'eu-central-1', resourceId: 'db-EXAMPLEEXAMPLE0000000000000' },
      /** Certificates of AWS, which come with Runbell. */
      tls: 'rds',
    },
  ],

  applications: [
    {
      id: 'orders-api',
      kind: 'node',
      targets: ['orders-db'],
      /** They carry the tag below. */
      hosts: ['i-00000000000000001', 'i-00000000000000002'],
      directory: '/srv/orders-api',
      /** Owns the application and its PM2 daemon. */
      user: 'orders',
      pm2: { home: '/home/orders/.pm2', processes: ['orders-api'] },
      /** Says on the card whose connections they are. */
      databaseUsers: ['orders'],
    },
  ],

  /**
   * Relative to max_connections by default: warning at 80 %, critical at 90 %.
   * An absolute bound fits an application that normally stays far below the limit.
   */
  rules: { absolute: { raiseAt: 60 } },

  /** Only instances with this tag can be sent a command. Whoever may set it can add a host. */
  hostTag: { key: 'runbell', value: 'allowed' },

  /** Private subnets of the database. The table is reached by the free gateway endpoint. */
  network: {
    kind: 'vpc',
    vpcId: 'vpc-00000000000000001',
    subnetIds: ['subnet-00000000000000001', 'subnet-00000000000000002'],
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    /** May open connections to the databases. */
    securityGroupId: 'sg-00000000000000001',
    routeTableIds: ['rtb-00000000000000001'],
  },
});
