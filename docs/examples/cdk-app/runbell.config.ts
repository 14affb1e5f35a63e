import { defineConfig } from 'runbell/config';

/** `runbell/config` and not `runbell`: the command reads this file too, and needs no CDK for it. */
export default defineConfig({
  name: 'orders',
  slack: { channel: 'C0EXAMPLE01', workspaceId: 'T0EXAMPLE01' },
  people: [{ slackUserId: 'U0EXAMPLE01', name: 'On call' }],
  targets: [
    {
      id: 'orders-db',
      host: 'orders-db.example.com',
      user: 'runbell',
      credential: { kind: 'iam', region: 'eu-central-1', resourceId: 'db-EXAMPLEEXAMPLE0000000000000' },
    },
  ],
});
