/**
 * Brings up a host for the runbooks on this machine and leaves it running:
 * `node test/hosts/up.ts`, and `node test/hosts/down.ts <directory>` takes it down again.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LaravelHost } from './laravel-host.ts';

const host = await LaravelHost.up();
const { application, database, dir } = host;
const config = {
  slack: { channel: 'C0ALERTS', workspaceId: 'T0LOCAL' },
  targets: [
    {
      id: 'shop-db',
      host: database.host,
      port: database.port,
      user: database.users.monitor.user,
      credential: { kind: 'environment', variable: 'DB_PASSWORD' },
      tls: 'off',
    },
  ],
  applications: [host.configured()],
};
const configFile = join(dir, 'runbell.config.mjs');
writeFileSync(configFile, `export default ${JSON.stringify(config, null, 2)};\n`);
writeFileSync(join(dir, 'environment'), `DB_PASSWORD=${database.users.monitor.password}\n`, { mode: 0o600 });
host.leave();
console.log(`Application  ${application.directory}, user ${application.user}, PM2_HOME ${application.pm2Home}
Database     ${database.name} ${database.version} on ${database.host}:${database.port}, at most ${database.maxConnections} connections
Web          php-fpm, asked by ${application.healthCommand}
Settings     ${configFile}, passwords in ${join(dir, 'environment')}
Take it down with: node test/hosts/down.ts ${dir}`);
process.exit(0);
