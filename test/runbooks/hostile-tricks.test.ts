import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readableTools } from '../../local/demo/readable-tools.ts';
import { describeWith } from '../support/needs.ts';
import type { HostileHost } from './hostile/host.ts';
import { problemsOf } from './hostile/judge.ts';
import { onHostile } from './hostile/on-hostile.ts';
import { EVERYTHING } from './hostile/payloads.ts';

const isRoot = process.getuid?.() === 0;

describe.runIf(isRoot).concurrent('an attacker who knows the scripts', () => {
  it.each([
    ['snapshot-config', {}],
    ['snapshot-config', { POSIXLY_CORRECT: '1' }],
    ['diagnose', { SHELLOPTS: 'xtrace' }],
  ])('has %s take nothing from an environment that was spoiled: %j', (id, more) =>
    onHostile(id, {}, async (host) => {
      const ran = await host.run(id, undefined, { ...spoiledEnvironment(host), ...more });
      expect(problemsOf(host, ran), ran.stdout).toEqual([]);
      expect(ran.result?.ending).toBe('done');
    }),
  );

  it.runIf(existsSync('/usr/bin/su'))('has root run no program that is root’s only by its setuid bit', () =>
    onHostile('reload-web', { application: { phpFpmUnit: 'borrowed' } }, async (host) => {
      const title = `php-fpm: master process (${host.dir}/borrowed/fpm.conf)`;
      const { uid, gid } = host.owner;
      const child = spawn('/usr/bin/su', ['root'], { argv0: title, uid, gid, stdio: ['pipe', 'ignore', 'ignore'] });
      await once(child, 'spawn');
      const ran = await host.run('reload-web');
      child.kill('SIGKILL');
      expect(problemsOf(host, ran), ran.stdout).toEqual([]);
      expect(ran.result).toMatchObject({ ending: 'refused' });
      expect(ran.result?.reason).not.toMatch(/own test/);
    }),
  );

  it.each(['b:in', 'b\nin', '$(touch owned)'])(
    'gets no folder named %j into a path that root’s programs are found by',
    (name) =>
      onHostile('restart-workers', {}, async (host) => {
        for (const child of host.daemons) child.kill('SIGKILL');
        const folder = `attacker/${name}`;
        for (const [at, to] of [
          ['node', '../plant.sh'],
          ['pm2', '../bin/pm2'],
        ] as const)
          host.link(`${folder}/${at}`, to);
        await host.process('node', `PM2 v6.0.8: God Daemon (${host.pm2Home})`, IDLE, { PATH: '/usr/bin:/bin' }, folder);
        expect(problemsOf(host, await host.run('restart-workers'))).toEqual([]);
      }),
  );

  it('writes no line of his into what is kept, though his folder has one in its name', () =>
    onHostile('snapshot-config', {}, async (host) => {
      const real = 'home/release\ndirectory /srv\nfile absent 600 0 0 1 .env';
      host.put(`${real}/.env`, 'A=1\n');
      host.link('home/current', join(host.dir, real));
      const ran = await host.run('snapshot-config', undefined, { SSM_Directory: join(host.dir, 'home', 'current') });
      expect(problemsOf(host, ran), ran.stdout).toEqual([]);
      const manifest = join(host.dir, 'state', 'config', 'shop', '1', 'manifest');
      const text = existsSync(manifest) ? readFileSync(manifest, 'utf8') : '';
      expect(text.match(/^directory /gm)?.length ?? 0).toBeLessThan(2);
    }));

  it.each(['restart-workers', 'diagnose'])('keeps %s no longer than its time with a list that is too long', (id) =>
    onHostile(id, {}, async (host) => {
      const row = (at: number) => `p ${at} @PID@ 0 100 1600 fork no online worker\n`;
      host.put('attacker/honest/list', Array.from({ length: 1000 }, (_, at) => row(at)).join(''));
      const ran = await host.run(id);
      expect(problemsOf(host, ran), ran.stdout).toEqual([]);
      expect(ran.stdout).toContain('lists more than 100 processes of these names');
    }),
  );

  it('tells no name of another process that is none', () =>
    onHostile('restart-workers', { payload: EVERYTHING }, async (host) => {
      const [text = ''] = EVERYTHING.texts(host.command);
      host.put('attacker/honest/list', `o mailer ${text} <!channel> \u001b[2J\n`);
      const ran = await host.run('restart-workers');
      expect(problemsOf(host, ran), ran.stdout).toEqual([]);
      expect(ran.result?.reason).toMatch(/it has: mailer$/);
    }));

  it.each(['restart-workers', 'diagnose'])('has %s believe no field of PM2’s own list', (id) =>
    onHostile(id, { payload: EVERYTHING }, async (host) => {
      const { node } = readableTools({ dir: host.dir, uid: host.owner.uid, packages: [] });
      for (const child of host.daemons) child.kill('SIGKILL');
      host.put('attacker/list.json', JSON.stringify(hostileList(EVERYTHING.texts(host.command))));
      const print = `process.stdout.write(require('fs').readFileSync('${host.attacker}/list.json'))`;
      host.put('attacker/real/pm2', `#!/usr/bin/env node\n${print}\n`, 0o755);
      const program = join(host.folder('attacker/real'), 'node');
      copyFileSync(node, program);
      const { uid, gid } = host.owner;
      const argv0 = `PM2 v6.0.8: God Daemon (${host.pm2Home})`;
      const env = { PM2_HOME: host.pm2Home, PATH: '/usr/bin:/bin' };
      const child = spawn(program, ['-e', 'setInterval(() => {}, 1e6)'], { argv0, uid, gid, stdio: 'ignore', env });
      await once(child, 'spawn');
      const ran = await host.run(id, 60);
      child.kill('SIGKILL');
      rmSync(program);
      expect(problemsOf(host, ran), ran.stdout).toEqual([]);
    }),
  );
});

describeWith('php', 'an attacker’s autoload.php', () => {
  it.runIf(isRoot)('answers for the database and has root calculate with nothing', () =>
    onHostile('end-idle-connections', { payload: EVERYTHING }, async (host) => {
      const [text = ''] = EVERYTHING.texts(host.command);
      host.put(
        'home/app/vendor/autoload.php',
        `<?php echo "\\nrunbell row ", strpos($argv[1], 'COUNT(*)') ? ${JSON.stringify(text).replaceAll('$', '\\$')}
          : (strpos($argv[1], 'time DESC') ? "7\\tdemo\\t127.0.0.1:4\\t900" : "7"), "\\n"; exit(0);\n`,
      );
      const ran = await host.run('end-idle-connections', undefined, { SSM_Php: 'auto' });
      expect(problemsOf(host, ran), ran.stdout).toEqual([]);
      expect(ran.result?.lines.join()).toMatch(/1 sessions were ended/);
    }),
  );
});

const IDLE = 'while :; do /bin/sleep 60; done';

/** What a careless line in the agent's unit or in /etc/environment could bring. */
function spoiledEnvironment(host: HostileHost): Record<string, string> {
  const { command, attacker } = host;
  const spoiled = host.put('attacker/spoiled.sh', `${command}\n`, 0o755);
  return {
    BASH_ENV: spoiled,
    ENV: spoiled,
    'BASH_FUNC_find%%': `() { ${command}; command find "$@"; }`,
    'BASH_FUNC_stat%%': `() { ${command}; command stat "$@"; }`,
    'BASH_FUNC_timeout%%': `() { ${command}; command timeout "$@"; }`,
    PS4: `$(${command})`,
    BASHOPTS: 'nocasematch:extdebug',
    IFS: '/.',
    GLOBIGNORE: '*',
    TMPDIR: host.folder('attacker/tmp'),
    NODE_OPTIONS: `--require ${attacker}/spoiled.sh`,
    PHPRC: attacker,
    LD_LIBRARY_PATH: attacker,
    LIBMYSQL_PLUGINS: `${attacker}/spoiled`,
    TZ: `:${attacker}/spoiled.sh`,
    LC_ALL: 'tr_TR.UTF-8',
  };
}

/** One process for every field and text, and one as it should be. */
function hostileList(texts: readonly string[]): readonly object[] {
  const env = {
    status: 'online',
    pm_uptime: 0,
    restart_time: 0,
    kill_timeout: 1600,
    exec_mode: 'fork_mode',
    watch: false,
    namespace: 'default',
    args: [] as readonly string[],
    created_at: 0,
    pm_exec_path: '/srv/a.js',
    env: {},
  };
  const process = { name: 'worker', pm_id: 0, pid: 4_000_000, pm2_env: env };
  const numbers = [-1, 1e300, 0.5, null, [], {}, true];
  return [...texts, ...numbers].flatMap((text) => [
    ...['name', 'pm_id', 'pid', 'pm2_env'].map((key) => ({ ...process, [key]: text })),
    ...Object.keys(env).map((key) => ({ ...process, pm2_env: { ...env, [key]: text } })),
  ]);
}
