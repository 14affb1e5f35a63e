#!/usr/bin/env node
/**
 * `npm run setup:test`: finds what the tests need beyond npm, says what it would install, and installs it on
 * Debian and Ubuntu as root or through sudo, after asking when there is a terminal to ask at.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';

/** What, how to see that it is there, and the distribution's package. */
const NEEDED = [
  { what: 'MariaDB server', paths: ['mariadbd'], packages: ['mariadb-server'] },
  { what: 'shellcheck', paths: ['shellcheck'], packages: ['shellcheck'] },
  { what: 'Chromium', paths: ['chromium', 'chromium-browser', 'google-chrome'], packages: ['chromium'] },
  { what: 'PHP with MySQL', paths: ['php'], module: 'pdo_mysql', packages: ['php-cli', 'php-mysql'] },
  { what: 'php-fpm', paths: [/^php-fpm[\d.]+$/], packages: ['php-fpm'] },
  { what: 'cgi-fcgi', paths: ['cgi-fcgi'], packages: ['libfcgi-bin'] },
  {
    what: "Laravel's framework",
    paths: ['../share/php/Illuminate/autoload.php'],
    packages: ['php-laravel-framework'],
  },
  { what: 'Redis', paths: ['redis-server'], packages: ['redis-server'] },
  { what: 'PHP with Redis', paths: ['php'], module: 'redis', packages: ['php-redis'] },
  { what: 'ss', paths: ['ss'], packages: ['iproute2'] },
  { what: 'chattr', paths: ['chattr'], packages: ['e2fsprogs'] },
];
const NOT_INSTALLABLE = [
  { what: 'moto_server (a local AWS for the deploy test)', paths: ['moto_server'] },
  { what: "MySQL's own server", paths: ['mysqld'] },
];

const folders = [...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/usr/local/sbin', '/usr/bin'];
const has = (folder, name) =>
  typeof name === 'string'
    ? existsSync(`${folder}/${name}`)
    : existsSync(folder) && readdirSync(folder).some((one) => name.test(one));
const hasModule = (module) =>
  module === undefined || spawnSync('php', ['-m'], { encoding: 'utf8' }).stdout?.split('\n').includes(module) === true;
const isThere = ({ paths, module }) =>
  paths.some((name) => folders.some((folder) => has(folder, name))) && hasModule(module);

for (const one of NOT_INSTALLABLE.filter((program) => !isThere(program))) {
  console.log(`not there, and not to be had from npm or Debian: ${one.what}; its tests are skipped`);
}
const missing = NEEDED.filter((program) => !isThere(program));
if (missing.length === 0) {
  console.log('Everything the tests need is installed.');
  process.exit(0);
}
const packages = missing.flatMap((program) => program.packages);
console.log(`Missing: ${missing.map((program) => program.what).join(', ')}.`);

const isRoot = process.getuid?.() === 0;
const sudo = isRoot ? [] : ['sudo', '-n'];
const canInstall = existsSync('/usr/bin/apt-get') && (isRoot || spawnSync('sudo', ['-n', 'true']).status === 0);
const byHand = `apt-get install ${packages.join(' ')}`;
if (!canInstall) {
  console.log(`They are installed here neither as root nor with sudo on Debian or Ubuntu. By hand: ${byHand}`);
  process.exit(1);
}
console.log(`Would install with apt-get: ${packages.join(' ')}`);
if (process.stdin.isTTY) {
  const ask = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await ask.question('Install now? [y/N] ');
  ask.close();
  if (!/^y(es)?$/i.test(answer.trim())) {
    console.log(`Nothing was installed. By hand: ${byHand}`);
    process.exit(1);
  }
}

const apt = (...args) => {
  const [program, ...rest] = [...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args];
  return spawnSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] }).status === 0;
};
// The lists may be old or, on a fresh machine, not there at all.
const installed = apt('update') && apt('install', '-y', '--no-install-recommends', ...packages);
const stillMissing = NEEDED.filter((program) => !isThere(program));
if (!installed || stillMissing.length > 0) {
  console.log(
    `Could not install: ${stillMissing.map((program) => program.what).join(', ') || packages.join(', ')}. By hand: ${byHand}`,
  );
  process.exit(1);
}
// Debian starts the server that it installs; the tests bring up their own, so this one only takes memory.
console.log(`Installed: ${packages.join(' ')}`);
