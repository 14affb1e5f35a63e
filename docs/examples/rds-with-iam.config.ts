import { defineConfig } from '../../functions/core/config/parse-config.ts';

/**
 * An RDS instance and an Aurora cluster in private subnets, with IAM authentication: no password anywhere and no
 * hourly cost, because the token is signed inside the function and the table has a free gateway endpoint.
 */
export default defineConfig({
  slack: { channel: 'C0EXAMPLE01', workspaceId: 'T0EXAMPLE01' },
  people: [
    { slackUserId: 'U0EXAMPLE01', name: 'On call' },
    { slackUserId: 'U0EXAMPLE02', name: 'Second on call' },
  ],
  targets: [
    {
      id: 'orders-db',
      host: 'orders.example.eu-central-1.rds.amazonaws.com',
      user: 'runbell',
      credential: { kind: 'iam', region: 'eu-central-1', resourceId: 'db-EXAMPLEEXAMPLE0000000000000' },
    },
    {
      id: 'billing-db',
      /** The writer's endpoint: each instance of a cluster has a limit of its own. */
      host: 'billing.cluster-example.eu-central-1.rds.amazonaws.com',
      user: 'runbell',
      credential: { kind: 'iam', region: 'eu-central-1', resourceId: 'cluster-EXAMPLEEXAMPLE00000000' },
      /** Its cards go to another channel. */
      channel: 'C0EXAMPLE02',
    },
  ],
  applications: [
    {
      id: 'orders-api',
      kind: 'node',
      targets: ['orders-db', 'billing-db'],
      hosts: ['i-00000000000000001', 'i-00000000000000002'],
      directory: '/srv/orders-api',
      user: 'orders',
      pm2: { home: '/home/orders/.pm2', processes: ['orders-api', 'orders-worker'] },
      databaseUsers: ['orders', 'orders_worker'],
    },
  ],
  /** A restart during business hours should be the second person's decision too: only they may. */
  runbooks: { 'restart-workers': { allowed: ['U0EXAMPLE02'], cooldownSeconds: 600 } },
  /** New criticals go here at once: Slack wakes nobody at three in the morning. */
  page: { topicArn: 'arn:aws:sns:eu-central-1:000000000000:on-call' },
  network: {
    kind: 'vpc',
    vpcId: 'vpc-00000000000000001',
    subnetIds: ['subnet-00000000000000001', 'subnet-00000000000000002'],
    availabilityZones: ['eu-central-1a', 'eu-central-1b'],
    securityGroupId: 'sg-00000000000000001',
    routeTableIds: ['rtb-00000000000000001'],
  },
});
