import { defineConfig } from '../../functions/core/config/parse-config.ts';

/**
 * A MySQL server that you run yourself on an instance, with a password in Secrets Manager, looked at every 15
 * seconds. A function in a VPC reads the secret through an interface endpoint: 7.30 $ a month and zone.
 */
export default defineConfig({
  sampling: { everySeconds: 15 },
  slack: {
    channel: 'C0EXAMPLE01',
    workspaceId: 'T0EXAMPLE01',
    /** A secret of your own with "botToken" and "signingSecret", instead of the one that the stack makes. */
    secretArn: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:runbell/slack-AbCdEf',
  },
  people: [{ slackUserId: 'U0EXAMPLE01', name: 'On call' }],
  targets: [
    {
      id: 'shop-db',
      host: '10.0.12.34',
      user: 'runbell',
      credential: {
        kind: 'secret',
        arn: 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:runbell/shop-db-GhIjKl',
      },
      /** Better: { caFile: 'certificates/shop-db.pem' }, which is put beside the function. */
      tls: 'off',
      /** MySQL's admin_port or MariaDB's extra_port: answers when nobody else can get in. */
      adminPort: 33062,
    },
  ],
  applications: [
    {
      id: 'shop',
      kind: 'node',
      targets: ['shop-db'],
      hosts: ['i-00000000000000003', 'mi-00000000000000004'],
      directory: '/var/www/shop',
      user: 'shop',
      pm2: { home: '/home/shop/.pm2', processes: ['shop-web', 'shop-queue'], cli: '/usr/local/bin/pm2' },
      databaseUsers: ['shop'],
    },
  ],
  /** It normally stays under 50 of 500 connections: a share of the limit would be noticed far too late. */
  rules: { absolute: { raiseAt: 60, clearBelow: 50 } },
  network: {
    kind: 'vpc',
    vpcId: 'vpc-00000000000000001',
    subnetIds: ['subnet-00000000000000001'],
    availabilityZones: ['eu-central-1a'],
    securityGroupId: 'sg-00000000000000001',
    routeTableIds: ['rtb-00000000000000001'],
    secretsEndpoint: 'create',
  },
});
