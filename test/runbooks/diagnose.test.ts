import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SOON } from '../support/soon.ts';
import { ConfigHost, type Wanted } from './support/config-host.ts';
import { Pm2Host, STEADY } from './support/pm2-host.ts';

/** Stands where the database would be: takes connections and says nothing. */
let server: Server;
let port = 0;
const sockets = new Set<Socket>();
const daemons = new Set<Pm2Host>();
const hosts = new Set<ConfigHost>();
beforeAll(async () => {
  server = createServer((socket) => sockets.add(socket.on('error', () => {})));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});
afterAll(async () => {
  await Promise.all([...daemons].map((pm2) => pm2.close()));
  for (const socket of sockets) socket.destroy();
  server.close();
  for (const host of hosts) host.close();
});

function newHost() {
  const [host, pm2] = [new ConfigHost(), new Pm2Host()];
  hosts.add(host);
  daemons.add(pm2);
  const holds = (count: number) =>
    `for (let i = 0; i < ${count}; i++) require('net').connect(${port}, '127.0.0.1').on('error', () => {});
     setInterval(() => {}, 1000);`;
  const look = (processes: readonly string[], wanted: Wanted = {}) =>
    host.run('diagnose', {
      ...wanted,
      application: { pm2: { home: pm2.home, processes: [...processes], cli: pm2.tools.pm2Cli }, ...wanted.application },
      environment: { SSM_DatabasePorts: String(port), ...wanted.environment },
    });
  const untilHeld = async (count: number) => {
    while (sockets.size < count) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  return { host, pm2, holds, look, untilHeld };
}

describe('diagnose', { timeout: 120_000 }, () => {
  it('says who holds connections, most first, without any login, and changes nothing', async () => {
    const { host, pm2, holds, look, untilHeld } = newHost();
    await pm2.start('worker', holds(3));
    await pm2.start('queue', holds(5));
    await untilHeld(8);
    const [before, list] = [host.look(), await pm2.list()];
    const done = await look(['worker', 'queue']);

    expect(done).toMatchObject({ status: 0, stderr: '', result: { ending: 'done' } });
    // Other tests hold connections to the same port.
    expect(done.result?.lines.filter((line) => !line.startsWith('another program'))).toEqual([
      'ages are not known: no login for the database lies on this host; name an option file (databaseLoginFile)',
      `queue holds 5 connections, pids ${list[1]?.pid}:5`,
      `worker holds 3 connections, pids ${list[0]?.pid}:3`,
    ]);
    expect([host.look(), (await pm2.list()).map((one) => one.pid)]).toEqual([before, list.map((one) => one.pid)]);
    const details = join(host.dir, 'state', 'details', 'diagnose.run-1.i-0123456789abcdef0.log');
    expect(readFileSync(details, 'utf8')).not.toMatch(/PM2_HOME|test-password/);
  });

  it('counts what orphans of a killed daemon hold, and starts no daemon', async () => {
    const { host, pm2, look, untilHeld } = newHost();
    const held = sockets.size;
    // Unlike a Node program, one in another language does not end with its daemon.
    const open = `/dev/tcp/127.0.0.1/${port}`;
    const program = pm2.write('worker', `exec 3<>${open} 4<>${open}; exec sleep 600`);
    await pm2.pm2('-s', 'start', program, '--name', 'worker', '--interpreter', '/bin/bash');
    await untilHeld(held + 2);
    const [pid, daemon] = [await pm2.pidOf('worker'), pm2.daemonPid()];
    process.kill(daemon, 'SIGKILL');
    while (pm2.pids().includes(daemon)) await new Promise((resolve) => setTimeout(resolve, 20));
    const done = await look(['worker']);
    expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
    expect(done.result?.lines.join('\n')).toMatch(/^PM2: no PM2 daemon runs for /m);
    expect(done.result?.lines, host.told(done)).toContain(`orphan worker holds 2 connections, pids ${pid}:2`);
    // What lives on is alive, and the daemon that would start it again is gone.
    expect(done.result?.app).toEqual({ up: 1, down: 1 });
    expect(pm2.pids()).toEqual([pid]);
  });

  it('counts what of the application runs: what crashes at once is down, what somebody stopped is neither', async () => {
    const { pm2, look } = newHost();
    const names = ['worker', 'mailer', 'crashing', 'paused'];
    for (const name of ['worker', 'mailer', 'paused']) await pm2.start(name, STEADY);
    await pm2.start('crashing', 'setTimeout(() => process.exit(1), 1200);');
    await pm2.pm2('-s', 'stop', 'paused');
    const health = (command: string) => ({ application: { healthCommand: command } });
    expect((await look(names, health('/bin/true'))).result).toMatchObject({ app: { up: 3, down: 1 }, changed: 'no' });
    await pm2.pm2('-s', 'delete', 'crashing');
    const failing = await look(names.slice(0, 2), health('/bin/false'));
    expect(failing.result).toMatchObject({ app: { up: 2, down: 1 } });
    expect(failing.result?.lines).toContain('the health command fails');
  });

  it('counts what was stopped as down where nothing else is left, and what does not exist', async () => {
    const { pm2, look } = newHost();
    await pm2.start('paused', STEADY);
    await pm2.pm2('-s', 'stop', 'paused');
    expect((await look(['paused'])).result?.app).toEqual({ up: 0, down: 1 });
    expect((await look(['misspelled'])).result?.app).toEqual({ up: 0, down: 1 });
  });

  it('counts nothing as running once daemon and workers are gone, and nothing at all of a daemon that does not answer', async () => {
    const { pm2, look } = newHost();
    await pm2.start('worker', STEADY);
    const daemon = pm2.daemonPid();
    process.kill(daemon, 'SIGSTOP');
    expect((await look(['worker', 'mailer'])).result?.app).toBeUndefined();
    process.kill(daemon, 'SIGCONT');
    process.kill(daemon, 'SIGKILL');
    await vi.waitFor(() => expect(pm2.pids()).toEqual([]), SOON);
    const dead = await look(['worker', 'mailer']);
    expect(dead.result).toMatchObject({ ending: 'done', app: { up: 0, down: 2 } });
  });

  it.runIf(process.getuid?.() === 0)('counts connections through a unix socket, by process', async () => {
    const { pm2, look } = newHost();
    const socket = join(pm2.dir, 'home', 'mysqld.sock');
    const taken: Socket[] = [];
    const local = createServer((one) => taken.push(one)).listen(socket);
    await new Promise((resolve) => local.once('listening', resolve));
    chmodSync(socket, 0o777);
    await pm2.start(
      'worker',
      `for (let i = 0; i < 3; i++) require('net').connect(${JSON.stringify(socket)}); setInterval(() => {}, 1000);`,
    );
    while (taken.length < 3) await new Promise((resolve) => setTimeout(resolve, 20));
    const done = await look(['worker']);
    for (const one of taken) one.destroy();
    local.close();
    expect(done.result?.lines.find((line) => line.startsWith('worker'))).toMatch(
      /^worker holds 3 connections, 3 through the unix socket, whose ages are not known, pids \d+:3$/,
    );
  });

  it('names programs that are not the application’s, and shows the end of its own log masked', async () => {
    const { pm2, look } = newHost();
    await pm2.start(
      'worker',
      "console.error('Error: connect ECONNREFUSED 10.0.0.7:3306 token=test-secret'); setInterval(() => {}, 1000);",
    );
    const open = `/dev/tcp/127.0.0.1/${port}`;
    const other = spawn('/bin/bash', ['-c', `exec 3<>${open}; exec sleep 600`], { stdio: 'ignore', detached: true });
    const before = sockets.size;
    while (sockets.size === before) await new Promise((resolve) => setTimeout(resolve, 20));
    const log = join(pm2.home, 'logs', 'worker-error.log');
    while (!existsSync(log) || readFileSync(log, 'utf8') === '')
      await new Promise((resolve) => setTimeout(resolve, 20));
    const done = await look(['worker']);
    process.kill(-(other.pid ?? 0), 'SIGKILL');
    const text = done.result?.lines.join('\n');
    expect(text).toMatch(new RegExp(`^another program \\(sleep\\) holds \\d connections, pids.* ${other.pid}:1`, 'm'));
    expect(text).toMatch(/^worker-error\.log: Error: connect ECONNREFUSED \*$/m);
    expect(text).not.toContain('test-secret');
  });

  it('says why a login file cannot be used', async () => {
    const { host, look } = newHost();
    const file = host.write('login.cnf', '[client]\n', 0o644);
    const done = await look(['worker'], { application: { databaseLoginFile: file } });
    expect(done.result?.lines[0]).toMatch(/^ages are not known: the login file .* must be a file of user id/);
  });
});
