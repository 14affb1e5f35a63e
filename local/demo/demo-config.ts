import type { ConfigInput } from '../../functions/core/config/config.ts';
import type { RunningDatabase } from '../database/new-login.ts';
import { LOCAL_HOST } from '../loop.ts';
import type { DemoApplication } from './demo-application.ts';

export const DEMO_SECRET_ARN = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:runbell-local-database';
export const DEMO_TARGET = 'shop-db';

/** Enough for a small application to fill within a minute. */
export const DEMO_MAX_CONNECTIONS = 60;

/** What somebody with this application would write, with shorter waits: nobody watches a demonstration for an hour. */
export function demoConfig(database: RunningDatabase, application: DemoApplication): ConfigInput {
  return {
    name: 'runbell',
    sampling: { everySeconds: 15 },
    slack: { channel: 'C0ALERTS', workspaceId: 'T0LOCAL' },
    people: [
      { slackUserId: 'U0ONCALL', name: 'On call (you)' },
      { slackUserId: 'U0SECOND', name: 'Second on call' },
    ],
    targets: [
      {
        id: DEMO_TARGET,
        host: database.host,
        port: database.port,
        user: database.users.monitor.user,
        credential: { kind: 'secret', arn: DEMO_SECRET_ARN },
        tls: 'off',
      },
    ],
    applications: [
      {
        id: application.name,
        kind: application.kind,
        targets: [DEMO_TARGET],
        hosts: [LOCAL_HOST],
        directory: application.directory,
        user: application.user,
        pm2: { home: application.pm2Home, processes: [...application.processes], cli: application.pm2Cli },
        databaseUsers: [database.users.app.user],
        phpFpmUnit: application.phpFpmUnit,
        healthCommand: application.healthCommand,
        ecosystemFile: application.ecosystemFile,
      },
    ],
    quietSeconds: 30,
    verify: { windowSeconds: 60, relapseSeconds: 300 },
    runbooks: { 'restart-workers': { cooldownSeconds: 30 } },
  };
}
