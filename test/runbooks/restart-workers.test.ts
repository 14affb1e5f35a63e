import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { describeWith } from '../support/needs.ts';
import { STEADY } from './support/pm2-host.ts';
import { onHost, restart } from './support/restart.ts';

const isRoot = process.getuid?.() === 0;
const CRASHES_AT_ONCE = 'process.exit(1);';
/** Longer than PM2's second, so PM2 never counts it as unstable. */
const CRASHES_LATER = 'setTimeout(() => process.exit(1), 1300);';

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`) && !/ [ZX] /.test(stat(pid));
const stat = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '');

describe.concurrent('restart-workers', { timeout: 180_000 }, () => {
  it('restarts the named processes, leaves others alone and reports old and new pids', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      await host.start('queue', STEADY, '-i', '2');
      await host.start('web', STEADY);
      const before = await host.list();
      const done = await restart(host, { processes: ['worker', 'queue', 'elsewhere'] });
      const after = await host.list();

      const pids = (name: string, list: typeof before) => list.filter((one) => one.name === name).map((one) => one.pid);
      expect(done.stdout.split('\n')).toHaveLength(2);
      expect(done).toMatchObject({ status: 0, stderr: '', result: { ending: 'done', reason: '', dryRun: false } });
      const [worker, ...queue] = done.result?.processes ?? [];
      expect(worker).toMatchObject({ name: 'worker', pmId: 0, restarts: 1, state: 'up' });
      expect(queue).toMatchObject([{ name: 'queue' }, { name: 'queue' }]);
      expect([worker?.oldPid, worker?.newPid]).toEqual([...pids('worker', before), ...pids('worker', after)]);
      expect(queue.map((one) => one.oldPid)).toEqual(pids('queue', before));
      expect(queue.map((one) => one.newPid)).toEqual(pids('queue', after));
      expect(pids('queue', after)).not.toEqual(pids('queue', before));
      expect(pids('web', after)).toEqual(pids('web', before));
      expect(done.result?.lines[0]).toBe("elsewhere: this host's PM2 has no process of that name");
      expect(done.result?.lines[1]).toMatch(/^worker\[0\]: pid \d+ -> \d+, up \d+ s, connections 0 -> 0$/);
      expect(host.pids().filter((one) => one === host.daemonPid())).toHaveLength(1);
      // The raw list holds the environment of whoever started the processes.
      const log = join(host.dir, 'state', 'details', 'restart-workers.run-1.i-0123456789abcdef0.log');
      expect(statSync(log).mode & 0o777).toBe(0o600);
      expect(done.stdout + readFileSync(log, 'utf8')).not.toMatch(/PM2_HOME|pm_exec_path/);
    }));

  it('acts once when the same run is delivered again and while it is at work, and answers with the first result', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      const [first, overlapping] = await Promise.all([restart(host), restart(host)]);
      const pid = await host.pidOf('worker');
      const later = await restart(host);

      expect(first).toMatchObject({ status: 0, result: { ending: 'done', processes: [{ restarts: 1 }] } });
      expect(overlapping.stdout).toBe(first.stdout);
      expect(later.stdout).toBe(first.stdout);
      expect(await host.pidOf('worker')).toBe(pid);
    }));

  it('calls it failed when a process crashes at every start', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      await host.start('queue', STEADY);
      host.write('worker', CRASHES_AT_ONCE);
      const done = await restart(host, { processes: ['worker', 'queue'] });

      expect(done).toMatchObject({ status: 30, result: { ending: 'failed' } });
      expect(done.result?.reason).toBe('1 of 2 processes did not come up and stay up: worker[0]');
      expect(done.result?.lines[0]).toMatch(/^worker\[0\]: (crashed at every start|did not stay up)/);
      expect(done.result?.lines[1]).toMatch(/^queue\[1\]: pid \d+ -> \d+/);
      expect(done.result?.processes).toMatchObject([{ state: 'down' }, { state: 'up' }]);
    }));

  it('calls it failed when a process crashes later than PM2 counts', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      host.write('worker', CRASHES_LATER);
      const done = await restart(host);

      expect(done).toMatchObject({ status: 30, result: { ending: 'failed' } });
      expect(done.result?.lines[0]).toMatch(/^worker\[0\]: did not stay up: PM2 restarted it \d times more within 6 s/);
    }));

  it('lets a Laravel worker finish its job before PM2 starts the next', () =>
    onHost(async (host) => {
      const finished = join(host.dir, 'home', 'finished');
      const finishes = `process.on('SIGTERM', () => setTimeout(() => {
        require('fs').writeFileSync(${JSON.stringify(finished)}, String(process.pid)); process.exit(0); }, 1200));`;
      await host.start('worker', finishes + STEADY);
      await host.start('stubborn', `process.on('SIGTERM', () => {});${STEADY}`);
      const old = await host.pidOf('worker');
      const done = await restart(host, {
        processes: ['worker', 'stubborn'],
        application: { kind: 'laravel' },
        person: { DrainSeconds: '4' },
      });

      expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
      expect(done.result?.lines).toEqual([
        `Laravel: ${join(host.dir, 'application')} is not a Laravel application that ${host.user} can read`,
        expect.stringMatching(/^worker\[0\]: drained, pid/),
        expect.stringMatching(/^stubborn\[1\]: cut, pid/),
      ]);
      expect(readFileSync(finished, 'utf8')).toBe(String(old));
    }));

  it('sends a Node worker its configured signal, and nobody a signal that would end it at once', () =>
    onHost(async (host) => {
      const finished = join(host.dir, 'home', 'finished');
      const finishes = `process.on('SIGUSR2', () => setTimeout(() => {
        require('fs').writeFileSync(${JSON.stringify(finished)}, String(process.pid)); process.exit(0); }, 800));`;
      await host.start('worker', finishes + STEADY);
      await host.start('plain', STEADY);
      const old = await host.pidOf('worker');
      const done = await restart(host, {
        processes: ['worker', 'plain'],
        application: { drainSignal: 'SIGUSR2' },
        person: { DrainSeconds: '10' },
      });

      expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
      expect(done.result?.lines[0]).toMatch(/^worker\[0\]: drained, pid/);
      expect(done.result?.lines[1]).toMatch(/^plain\[1\]: pid/);
      expect(readFileSync(finished, 'utf8')).toBe(String(old));
    }));

  it('reloads what runs in cluster mode, so that nobody is turned away, also from its file', () =>
    onHost(async (host) => {
      const socket = join(host.dir, 'home', 'web.sock');
      const program = host.write(
        'web',
        `const server = require('http').createServer((_, answer) => answer.end(process.argv[2]));
         server.listen(${JSON.stringify(socket)});
         // The daemon has to know that it leaves before it goes, or a connection that is on its way to it is lost.
         process.on('SIGINT', () => require('cluster').worker.disconnect());
         process.on('disconnect', () => server.close(() => process.exit(0)));`,
      );
      const file = host.write('ecosystem.config', '');
      const ecosystem = (args: string) =>
        writeFileSync(
          file,
          `module.exports = { apps: [{ name: 'web', script: ${JSON.stringify(program)}, args: '${args}',
            exec_mode: 'cluster', instances: 2, kill_timeout: 8000 }] };`,
        );
      ecosystem('one');
      await host.pm2('-s', 'start', file);
      const before = (await host.list()).map((one) => one.pid);
      while ((await ask(socket)) !== 'one') await new Promise((resolve) => setTimeout(resolve, 20));
      const plan = await restart(host, { dryRun: true, processes: ['web'] });
      expect(plan.result?.lines[0]).toMatch(
        /would be reloaded: the next one starts, then this one gets 8000 ms to leave$/,
      );

      const [done, answers] = await whileAsking(socket, restart(host, { processes: ['web'] }));
      expect(done).toMatchObject({ status: 0, result: { ending: 'done' } });
      const rows = [0, 1].map((id) =>
        expect.stringMatching(new RegExp(`^web\\[${id}\\]: reloaded, pid ${before[id]} -> `)),
      );
      expect(done.result?.lines).toEqual(rows);
      expect(new Set(answers)).toEqual(new Set(['one']));

      ecosystem('two');
      const application = { ecosystemFile: file };
      const change = { runId: 'run-2', processes: ['web'], application, person: { Reload: 'yes' } };
      const [read, more] = await whileAsking(socket, restart(host, change));
      expect(read).toMatchObject({ status: 0, result: { ending: 'done' } });
      expect(new Set(more)).toEqual(new Set(['one', 'two']));
      expect(await ask(socket)).toBe('two');
      expect((await host.list()).map((one) => one.pm_id)).toEqual([0, 1]);
    }));

  it('says what it would do and changes nothing in a dry run', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      await host.start(
        'parent',
        `require('child_process').spawn('sleep', ['600']); ${STEADY}`,
        '--kill-timeout',
        '3000',
      );
      const [pid, parent] = [await host.pidOf('worker'), await host.pidOf('parent')];
      const done = await restart(host, { dryRun: true, processes: ['worker', 'parent'] });

      expect(done).toMatchObject({ status: 0, result: { ending: 'done', dryRun: true } });
      expect(done.result?.lines).toEqual([
        `worker[0]: pid ${pid}, online, connections 0, would be restarted, with 1600 ms to leave`,
        `parent[1]: pid ${parent}, online, connections 0, would be restarted, with 3000 ms to leave, and its 1 child processes with it`,
      ]);
      expect(await host.pidOf('worker')).toBe(pid);
      expect(existsSync(join(host.dir, 'state'))).toBe(false);
    }));

  it('fails when no process matches, and names those that PM2 has', () =>
    onHost(async (host) => {
      await host.start('web', STEADY);
      const done = await restart(host, { processes: ['worker', 'queue'] });

      expect(done).toMatchObject({ status: 30, result: { ending: 'failed', processes: [] } });
      expect(done.result?.reason).toBe(
        'PM2 has no process named worker or queue, so nothing was restarted; it has: web',
      );
    }));

  it('leaves alone what a person has stopped', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      await host.pm2('-s', 'stop', 'worker');
      const done = await restart(host);

      expect(done).toMatchObject({ status: 0, result: { ending: 'nothingToDo' } });
      expect(await host.list()).toMatchObject([{ pm2_env: { status: 'stopped' } }]);
    }));

  it('fails when there is no daemon, starts none and names the orphans of the killed one', () =>
    onHost(async (host) => {
      // A Node program that is still booting ends with its daemon; others, such as PHP workers, stay.
      await host.pm2('-s', 'start', '/bin/sleep', '--name', 'worker', '--interpreter', 'none', '--', '600');
      const worker = await host.pidOf('worker');
      process.kill(host.daemonPid(), 'SIGKILL');
      const done = await restart(host);

      expect(done).toMatchObject({ status: 30, result: { ending: 'failed' } });
      expect(done.result?.reason).toMatch(/^no PM2 daemon runs for .*none was started either$/);
      expect(done.result?.lines).toEqual([`orphan of a killed PM2 daemon: worker pid ${worker}`]);
      expect(host.pids()).toEqual([worker]);

      await host.start('queue', STEADY);
      const beside = await restart(host, { dryRun: true, processes: ['queue'] });
      expect(beside.result?.lines).toEqual([
        `orphan of a killed PM2 daemon: worker pid ${worker}`,
        expect.stringMatching(
          /^queue\[0\]: pid \d+, online, connections 0, would be restarted, with 1600 ms to leave$/,
        ),
      ]);
    }));

  it('starts no daemon either when the socket is gone or the daemon dies under its hands', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      const worker = await host.pidOf('worker');
      rmSync(join(host.home, 'rpc.sock'));
      const lost = await restart(host);
      expect(lost).toMatchObject({ status: 20, result: { ending: 'refused' } });
      expect(lost.result?.reason).toMatch(/has lost its socket/);

      // A socket file that nobody listens on looks alive until pm2 connects and would start a daemon.
      const nobodyListens = `require('net').createServer().listen(${JSON.stringify(join(host.home, 'rpc.sock'))}, () => process.kill(process.pid, 'SIGKILL'))`;
      await host.runAsUser('-e', nobodyListens).catch(() => null);
      const done = await restart(host, { runId: 'run-2' });
      expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
      expect(done.result?.reason).toMatch(/gave no list of its processes; nothing was changed$/);
      expect(host.pids().toSorted()).toEqual([host.daemonPid(), worker].toSorted());
    }));

  it('refuses a daemon that hangs, whether it is stopped or only silent', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      process.kill(host.daemonPid(), 'SIGSTOP');
      const done = await restart(host);
      expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
      expect(done.result?.reason).toMatch(/is stopped by a signal and answers nobody/);

      process.kill(host.daemonPid(), 'SIGCONT');
      await host.silenceDaemon();
      const silent = await restart(host, { runId: 'run-2' });
      expect(silent).toMatchObject({ status: 20, result: { ending: 'refused' } });
      expect(silent.result?.reason).toMatch(/did not answer within 15 s; nothing was changed$/);
      expect(host.pids()).toHaveLength(3);
    }));

  it('refuses every user but the configured owner of the daemon', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      const pid = await host.pidOf('worker');
      const other = await restart(host, { application: { user: 'daemon' } });
      expect(other).toMatchObject({ status: 20, result: { ending: 'refused' } });
      expect(other.result?.reason).toMatch(isRoot ? /belongs to user id \d+, not to daemon/ : /may not act as daemon/);

      const root = await restart(host, { runId: 'run-2', environment: { SSM_User: 'root' } });
      expect(root.result?.reason).toMatch(/must not run as root; nothing was changed$/);
      const absent = await restart(host, { runId: 'run-3', application: { user: 'no-such-user' } });
      expect(absent.result?.reason).toBe('this host has no user no-such-user; nothing was changed');
      expect(await host.pidOf('worker')).toBe(pid);
    }));

  it('reads past a banner and finds pm2 where the configuration says', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      rmSync(join(host.home, 'touch'));
      const done = await restart(host, {
        dryRun: true,
        application: { pm2: { home: host.home, processes: ['worker'], cli: host.tools.pm2Cli } },
      });
      expect(done.result?.lines[0]).toMatch(/^worker\[0\]: pid \d+, online/);

      const wrapper = host.write('pm2-wrapper', '#!/bin/sh\nexit 0\n');
      const refused = await restart(host, {
        application: { pm2: { home: host.home, processes: ['worker'], cli: wrapper } },
      });
      expect(refused.result?.reason).toMatch(/is not a node script that \w+ can read; nothing was changed$/);
    }));

  it('finds pm2 beside the node of the daemon, goes on with a replaced node and refuses a deleted one', () =>
    onHost(
      async (host) => {
        await host.start('worker', STEADY);
        expect(await restart(host, { dryRun: true })).toMatchObject({ result: { ending: 'done' } });
        rmSync(host.tools.node);
        const deleted = await restart(host, { runId: 'run-2' });
        expect(deleted).toMatchObject({ status: 20, result: { ending: 'refused' } });
        expect(deleted.result?.reason).toMatch(/node program .*nvm\/bin\/node was deleted/);
        host.putNode(host.tools.node);
        const replaced = await restart(host, { dryRun: true });
        expect(replaced).toMatchObject({ result: { ending: 'done' } });
        expect(replaced.result?.lines[0]).toMatch(/^node was replaced since the PM2 daemon started/);
      },
      { ownNode: true },
    ));

  it.runIf(isRoot)('refuses a daemon of root', () =>
    onHost(
      async (host) => {
        await host.start('worker', STEADY);
        const done = await restart(host, { environment: { SSM_User: 'nobody' } });
        expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
        expect(done.result?.reason).toMatch(/runs as root, and Runbell runs nothing as root's PM2/);
      },
      { asRoot: true },
    ),
  );

  it('refuses when two daemons claim the same home', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      for (const socket of ['rpc.sock', 'pub.sock']) rmSync(join(host.home, socket));
      await host.pm2('-s', 'ping');
      const done = await restart(host);
      expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
      expect(done.result?.reason).toMatch(/^several PM2 daemons run for .* \(pids \d+ \d+\)/);
    }));

  it('finds the daemon behind another spelling of its home', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      const spelled = `${host.dir}/home/../home/.pm2/`;
      expect(await restart(host, { dryRun: true, home: spelled })).toMatchObject({ result: { ending: 'done' } });
    }));

  it('keeps names of strangers away from every shell and out of the result', () =>
    onHost(async (host) => {
      const mark = join(host.dir, 'home', 'hit');
      await host.start('worker', STEADY);
      const steady = host.write('steady', STEADY);
      await host.pm2('-s', 'start', steady, '--name', `$(touch ${mark})`);
      await host.pm2('-s', 'start', steady, '--name', `"; touch ${mark}; "`);
      await host.start('all', STEADY);
      const all = await host.pidOf('all');
      const done = await restart(host, { processes: ['worker'] });
      expect(done).toMatchObject({ status: 0, result: { ending: 'done', processes: [{ name: 'worker' }] } });
      expect(await host.pidOf('all')).toBe(all);

      const hostile = { SSM_Processes: `worker; touch ${mark}`, SSM_RunId: 'run-2' };
      const refused = await restart(host, { environment: hostile });
      expect(refused).toMatchObject({ status: 20, result: { ending: 'refused' } });
      expect(refused.stdout).not.toContain(mark);
      expect(existsSync(mark)).toBe(false);
    }));

  it('refuses before it acts when it cannot keep state', () =>
    onHost(async (host) => {
      await host.start('worker', STEADY);
      const pid = await host.pidOf('worker');
      writeFileSync(join(host.dir, 'file'), '');
      const done = await restart(host, { environment: { RUNBELL_STATE_DIR: join(host.dir, 'file') } });
      expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
      expect(await host.pidOf('worker')).toBe(pid);
      expect(isAlive(pid)).toBe(true);
    }));
});

describeWith('php', 'restart-workers with PHP', () => {
  it('sends SIGTERM to a queue worker that finishes its job on it, and not to one that PHP would end', () =>
    onHost(async (host) => {
      const ears =
        'pcntl_async_signals(true); foreach ([SIGTERM, SIGCONT] as $one) pcntl_signal($one, function () { exit(0); });';
      for (const [name, code] of [
        ['deaf', ''],
        ['hears', ears],
      ] as const) {
        const script = host.write(name, `<?php ${code} while (true) { sleep(1); }`);
        await host.pm2('-s', 'start', script, '--name', name, '--interpreter', 'php', '--', 'queue:work', '--sleep=1');
      }
      const plan = await restart(host, {
        dryRun: true,
        processes: ['deaf', 'hears'],
        application: { kind: 'laravel' },
      });
      const lines = plan.result?.lines.slice(-2);
      expect(lines?.[0]).toMatch(/^deaf\[0\]: .*, would be restarted, with 1600 ms to leave$/);
      expect(lines?.[1]).toMatch(/^hears\[1\]: .*, would get 30 s to finish its job \(SIGTERM\), then be restarted$/);
    }));
});

const ANSWER_MS_MAX = 30_000;

/** What a server says, or why there was no answer. */
function ask(socketPath: string): Promise<string> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path: '/', agent: false }, (answer) => {
      let text = '';
      answer.on('data', (chunk) => {
        text += chunk;
      });
      answer.on('end', () => resolve(text));
      // Cut off within its answer: there is no end then.
      answer.on('error', (error) => resolve(error.message));
    });
    asked.on('error', (error) => resolve(error.message));
    asked.setTimeout(ANSWER_MS_MAX, () => asked.destroy(new Error(`no answer within ${ANSWER_MS_MAX} ms`)));
    asked.end();
  });
}

/** Asks again and again until the run has ended. */
async function whileAsking<T>(socketPath: string, run: Promise<T>): Promise<readonly [T, readonly string[]]> {
  const answers: string[] = [];
  let isOver = false;
  const ended = run.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    answers.push(await ask(socketPath));
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return [await ended, answers];
}
