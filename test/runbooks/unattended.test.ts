import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDocument } from '../../lib/runbook/build-document.ts';
import { type Delivered, deliver } from './support/deliver.ts';
import { libraries, SMALL_MANIFEST, SMALL_PARAMETERS, sha256Hex, smallScript } from './support/small-runbook.ts';

const isRoot = process.getuid?.() === 0;
let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'runbell-unattended-'));
  chmodSync(root, 0o755);
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Where the host has a program, or null. */
function where(name: string): string | null {
  const folders = ['/usr/bin', '/bin', '/usr/sbin', '/sbin'];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path)) ?? null;
}

function newHost(): string {
  const dir = mkdtempSync(join(root, 'host-'));
  chmodSync(dir, 0o755);
  return dir;
}

const run = (dir: string, script: string, environment: Readonly<Record<string, string>> = {}): Promise<Delivered> =>
  deliver(dir, script, { ...SMALL_PARAMETERS, ...environment });

/** A script around a few lines, with these files of the library. */
function scriptWith(names: readonly string[], body: string): string {
  const sources = names.map((name) => `source ../lib/${name}.sh\n`).join('');
  const scriptText = `#!/bin/bash\nset -euo pipefail\n${sources}main() {\nbegin\n: "\${SSM_Word:?}"\n${body}\n}\nmain\n`;
  const manifest = SMALL_MANIFEST;
  return buildDocument({ appName: 'test', manifest, scriptText, libraries: libraries(), sha256Hex }).script;
}

describe.concurrent('the clock of the host', () => {
  it.each([
    ['forward', 'SECONDS=100000'],
    ['back', 'SECONDS=-100000'],
  ])('may be set %s while a script runs, and its limits stay', async (_, set) => {
    const body = `${set}; local s=0; outside 2 sleep 9 || s=$?; seconds_left 0; say "$s $((SECONDS_LEFT > 10)) $((SECONDS_LEFT < 30))"; done_well`;
    expect((await run(newHost(), smallScript(body))).result?.lines).toEqual(['124 1 1']);
  });
});

describe.concurrent('a host that lacks something', () => {
  /** The same script with another PATH, where links to what the host has lie. */
  function withPrograms(script: string, change: (folder: string) => void): { dir: string; script: string } {
    const dir = newHost();
    const folder = join(dir, 'bin');
    mkdirSync(folder);
    for (const name of NEEDED) symlinkSync(where(name) ?? '/absent', join(folder, name));
    change(folder);
    return { dir, script: script.replace(/^export PATH=.*$/m, `export PATH=${folder}`) };
  }
  const NEEDED = (
    'awk cat chmod chown date find flock getent grep head id mkdir mv readlink realpath rm runuser sed sha256sum sh sleep ' +
    'sort stat tail tee timeout tr'
  ).split(' ');

  it('is refused by the name of the program, and not by what came of its absence', async () => {
    const { dir, script } = withPrograms(smallScript('done_well'), (folder) => {
      for (const name of ['flock', 'getent']) rmSync(join(folder, name));
    });
    const done = await run(dir, script);
    expect(done).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(done.result?.reason).toBe('this host lacks the programs flock getent; nothing was changed');
    expect(existsSync(join(dir, 'state'))).toBe(false);
  });

  it.runIf(where('busybox') !== null)('is refused with the programs of a busybox, whose words are others', async () => {
    const { dir, script } = withPrograms(smallScript('done_well'), (folder) => {
      for (const name of ['timeout', 'find']) {
        rmSync(join(folder, name));
        symlinkSync(where('busybox') ?? '', join(folder, name));
      }
    });
    expect((await run(dir, script)).result?.reason).toMatch(/^timeout or find of this host is not GNU's; nothing was/);
  });

  it('may still be looked at where nothing can be written, and says so; a change is refused', async () => {
    const dir = newHost();
    writeFileSync(join(dir, 'state'), 'a file is in the way');
    const { snapshot: _, ...rest } = SMALL_MANIFEST;
    const look = await run(dir, smallScript('say seen; done_well', 'begin', { ...rest, risk: 'read' }));
    expect(look).toMatchObject({ status: 0, stderr: '', result: { ending: 'done' } });
    expect(look.result?.lines).toEqual([
      'seen',
      expect.stringMatching(/state cannot be used.*so there are no details$/),
    ]);
    expect((await run(dir, smallScript('done_well'))).result?.ending).toBe('refused');
  });
});

describe.concurrent('a full disk', () => {
  /** Everything that this run would write of itself has no room. */
  function fullHost(): string {
    const dir = newHost();
    const state = join(dir, 'state');
    for (const folder of ['', 'locks', 'ledger']) mkdirSync(join(state, folder), { mode: 0o700 });
    symlinkSync('/dev/full', join(state, 'locks', 'shop'));
    symlinkSync('/dev/full', join(state, 'ledger', 'small.run-1.i-0123456789abcdef0.new'));
    return dir;
  }

  it('refuses a change before it begins, and the same run is let in once there is room', async () => {
    const dir = fullHost();
    const done = await run(dir, smallScript('done_well'));
    expect(done).toMatchObject({ status: 20, stderr: '', result: { ending: 'refused' } });
    expect(done.result?.reason).toMatch(/cannot be written, perhaps the disk is full; nothing was changed$/);
    rmSync(join(dir, 'state', 'ledger', 'small.run-1.i-0123456789abcdef0.new'));
    expect(await run(dir, smallScript('done_well'))).toMatchObject({ status: 0, result: { ending: 'done' } });
  });

  it('hinders nobody who only looks', async () => {
    const { snapshot: _, ...rest } = SMALL_MANIFEST;
    const done = await run(fullHost(), smallScript('say seen; done_well', 'begin', { ...rest, risk: 'read' }));
    expect(done).toMatchObject({ status: 0, stderr: '', result: { ending: 'done' } });
    expect(done.result?.lines[0]).toBe('seen');
  });
});

describe.concurrent('the locale and the file mask of the agent', () => {
  it('reach no script: numbers have points, new files are root’s alone, those of a user have his', async () => {
    const body = `say "$(printf '%.1f' 1.5) $(umask)"; choose_user "$(id -un nobody)"; say "$(as_user 5 sh -c 'umask; printf %.1f 1.5')"; done_well`;
    const done = await run(newHost(), `${smallScript(isRoot ? body : 'say "1.5 0077"; done_well')}`, {
      LC_ALL: 'de_DE.UTF-8',
      LANG: 'de_DE.UTF-8',
      LANGUAGE: 'de',
    });
    expect(done.result?.lines[0]).toBe('1.5 0077');
    if (isRoot) expect(done.result?.lines[1]).toBe('0022?1.5');
  });
});

describe.runIf(isRoot)('a user who wants to be root', () => {
  const nobody = Number(execFileSync('id', ['-u', 'nobody'], { encoding: 'utf8' }));

  it('has no program of his run by root, although his process calls itself a php-fpm master', async () => {
    const dir = newHost();
    const folder = join(dir, 'planted-fpm');
    mkdirSync(folder);
    const [program, config, seen] = [join(folder, 'php-fpm'), join(folder, 'php-fpm.conf'), join(folder, 'seen')];
    copyFileSync('/bin/bash', program);
    for (const path of [folder, program]) chownSync(path, nobody, nobody);
    // As php-fpm's own test it would be called with -tt, which bash reads as a file of commands to be read.
    writeFileSync(config, '');
    const child = spawn(program, ['-c', 'read -r line'], {
      argv0: `php-fpm: master process (${config})`,
      uid: nobody,
      gid: nobody,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    await once(child, 'spawn');
    const script = scriptWith(
      ['runbook', 'user', 'proc', 'connections', 'fpm'],
      `outside() { printf '%s\\n' "root $2" >>'${seen}'; shift; "$@"; }
       as_user() { printf '%s\\n' "user $2" >>'${seen}'; return 1; }
       RUN_USER=nobody RUN_UID=${nobody}
       has_systemd() { false; }
       if find_fpm planted-fpm; then check_fpm || true; fi
       RUN_UID=1; if find_fpm planted-fpm; then say found; else say "$FPM_WHY"; fi
       done_well`,
    );
    const done = await run(dir, script);
    child.kill('SIGKILL');
    const calls = readFileSync(seen, 'utf8').split('\n');
    expect(calls).toContain(`user ${program}`);
    expect(calls).not.toContain(`root ${program}`);
    expect(done.result?.lines[0]).toMatch(/belongs to user id \d+, so this script may not reload it$/);
  });

  it('is not taken for root’s php-fpm by what he calls a program that becomes root', async () => {
    const dir = newHost();
    const folder = join(dir, 'planted-fpm');
    mkdirSync(folder);
    const [program, config, seen] = [join(folder, 'become'), join(folder, 'php-fpm.conf'), join(folder, 'seen')];
    copyFileSync('/bin/sleep', program);
    chmodSync(program, 0o4755);
    writeFileSync(config, '');
    const child = spawn(program, ['60'], {
      argv0: `php-fpm: master process (${config})`,
      uid: nobody,
      gid: nobody,
      stdio: 'ignore',
    });
    await once(child, 'spawn');
    const script = scriptWith(
      ['runbook', 'user', 'proc', 'connections', 'fpm'],
      `RUN_USER=nobody RUN_UID=${nobody}
       has_systemd() { false; }
       say "$(process_owner ${child.pid})"
       outside() { printf '%s\\n' "root $2" >>'${seen}'; shift; "$@"; }
       if find_fpm planted-fpm; then check_fpm || true; else say "$FPM_WHY"; fi
       done_well`,
    );
    const done = await run(dir, script);
    child.kill('SIGKILL');
    expect(readFileSync(seen, 'utf8')).not.toContain(`root ${program}`);
    expect(done.result?.lines).toEqual(['0', expect.stringMatching(/is not a php-fpm master$/)]);
  });

  it('cannot put another login file into the place of the one that was looked at', async () => {
    const dir = newHost();
    const [own, open, safe] = ['own', 'open', 'safe'].map((name) => join(dir, name));
    for (const folder of [own, open, safe]) {
      mkdirSync(folder ?? '');
      writeFileSync(join(folder ?? '', 'login.cnf'), '[client]\n', { mode: 0o600 });
    }
    chownSync(own ?? '', nobody, nobody);
    chmodSync(open ?? '', 0o777);
    symlinkSync(safe ?? '', join(dir, 'link'));
    const folders = [own, open, join(dir, 'link'), safe];
    const looks = folders.map((folder) => `is_out_of_reach '${folder}/login.cnf' && say yes || say no`);
    const done = await run(
      dir,
      scriptWith(['runbook', 'user', 'laravel', 'sessions'], `${looks.join('\n')}\ndone_well`),
    );
    expect(done.result?.lines).toEqual(['no', 'no', 'no', 'yes']);
  });
});

describe('many processes', () => {
  it('are counted without a program for each: a thousand workers of one master, with their connections', async () => {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const sockets = Array.from({ length: 3 }, () => connect(port, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const dir = newHost();
    const body = `for i in {1..1000}; do (exec -a 'php-fpm: pool shop' sleep 60) & done
      FPM_PID=$$ started=$NOW
      while workers=$(fpm_workers) && words=($workers) && ((\${#words[@]} < 1000)); do sleep 0.2; done
      outside() { printf x >>'${dir}/programs'; shift; "$@"; }
      workers=$(fpm_workers); connections_of $$ ${port} >/dev/null
      say "$(few "$workers")"; say "$(wc -c <'${dir}/programs')"
      kill $(jobs -p); done_well`;
    const done = await run(dir, scriptWith(['runbook', 'user', 'proc', 'connections', 'fpm'], body));
    const own = `read_ends ${process.pid}; HOLDER_PORTS=${port}; SEEN_IN=' '; add_holder app ${process.pid}; say "\${HOLDS[app]}"; done_well`;
    const held = await run(newHost(), smallScript(own));
    for (const socket of sockets) socket.destroy();
    server.close();
    expect(done.result?.lines[0]).toMatch(/^(\d+ ){4}\(1000 in all\) $/);
    // Two for the connections, whatever their number is.
    expect(done.result?.lines[1]).toBe('2');
    expect(held.result?.lines).toEqual(['3']);
  });
});

describe('what the server wrote', () => {
  it('is 1040 by its words, and not by a number in a path or a line', async () => {
    const texts = [
      'SQLSTATE[HY000] [1040] Too many connections',
      'ERROR 1040 (08004): Too many connections',
      'ERROR 2002 (HY000): Received error packet before completion of TLS handshake. ... 1040 - Too many connections',
      'PHP Fatal error: Uncaught TypeError in /srv/app/Connection.php:1040',
      'SQLSTATE[HY000] [2002] Connection refused (Host: 10.1040.example)',
    ];
    const looks = texts.map((text) => `is_1040 '${text}' && say yes || say no`).join('\n');
    const done = await run(newHost(), scriptWith(['runbook', 'user', 'laravel'], `${looks}\ndone_well`));
    expect(done.result?.lines).toEqual(['yes', 'yes', 'yes', 'no', 'no']);
  });

  /** As mysql 9.7.4 printed them, to a login with PROCESS and CONNECTION_ADMIN. */
  const MYSQL = `#!/bin/sh
    echo 'mysql: [Warning] Using a password on the command line interface can be insecure.' >&2
    case "$*" in
      *system_variables*) echo "ERROR 1109 (42S02) at line 1: Unknown table 'SYSTEM_VARIABLES' in information_schema" >&2; exit 1 ;;
      *variables_info*) echo COMMAND_LINE ;;
      *KILL*) echo 'ERROR 1094 (HY000) at line 1: Unknown thread id: 999999' >&2; exit 1 ;;
      *1226*) echo "ERROR 1226 (42000): User 'app' has exceeded the 'max_user_connections' resource (current value: 1)" >&2; exit 1 ;;
      *processlist*) printf '9\\tlocalhost:47464\\tSleep\\t11\\n5\\tlocalhost\\tDaemon\\t92\\n' ;;
    esac\n`;

  it('is told apart as MySQL’s own client says it', async () => {
    const dir = newHost();
    const client = join(dir, 'client');
    writeFileSync(client, MYSQL, { mode: 0o755 });
    const body = `LOGIN=file LOGIN_FILE=/none MYSQL_PROGRAM='${client}' s=0
      say "$(database_rows 'FROM information_schema.system_variables' || database_rows 'FROM performance_schema.variables_info')"
      say "$(database_rows 'FROM processlist' 'KILL 999999')" || s=$?
      database_rows 'FROM processlist' 'KILL 999999' || s=$?; say "$s"
      s=0; database_rows 'as 1226' || s=$?; say "$s $(login_problem "$s")"; done_well`;
    const done = await run(dir, scriptWith(['runbook', 'user', 'laravel', 'sessions'], body));
    expect(done.result?.lines).toEqual([
      'COMMAND_LINE',
      '9?localhost:47464?Sleep?11?5?localhost?Daemon?92',
      '8',
      '4 the database refuses this login as well (1040, or its user has as many as it may)',
    ]);
  });

  it('is rows where its client also warns, and no warning is taken for one', async () => {
    const dir = newHost();
    const client = join(dir, 'client');
    writeFileSync(client, '#!/bin/sh\necho "WARNING: option --ssl-verify-server-cert is disabled" >&2\necho 7\n', {
      mode: 0o755,
    });
    const body = `LOGIN=file LOGIN_FILE=/none MYSQL_PROGRAM='${client}'; say "$(database_rows 'SELECT 7')"; done_well`;
    const done = await run(dir, scriptWith(['runbook', 'user', 'laravel', 'sessions'], body));
    expect(done.result?.lines).toEqual(['7']);
  });
});
