import { defineConfig } from '../../functions/core/config/parse-config.ts';

/**
 * For `npm start -- --config docs/examples/laptop.config.ts`: your own database and your own PM2 application on this
 * machine. The password comes from an environment variable, which a deployment would refuse.
 */
export default defineConfig({
  sampling: { everySeconds: 15 },
  slack: { channel: 'C0EXAMPLE01', workspaceId: 'T0EXAMPLE01' },
  people: [{ slackUserId: 'U0EXAMPLE01', name: 'Me' }],
  targets: [
    {
      id: 'dev-db',
      host: '127.0.0.1',
      user: 'runbell',
      credential: { kind: 'environment', variable: 'DB_PASSWORD' },
      tls: 'off',
    },
  ],
  applications: [
    {
      id: 'dev-app',
      kind: 'node',
      targets: ['dev-db'],
      hosts: ['mi-00000000000000001'],
      directory: '/home/me/app',
      user: 'me',
      pm2: { home: '/home/me/.pm2', processes: ['app'] },
    },
  ],
  /** Short, so that a rehearsal ends while you watch. */
  quietSeconds: 30,
});
