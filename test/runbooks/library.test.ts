import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Delivered, deliver } from './support/deliver.ts';
import { SMALL_PARAMETERS, smallScript } from './support/small-runbook.ts';

let root = '';
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'runbell-library-'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A host of its own for each test, because they run at once. */
function newHost() {
  const dir = mkdtempSync(join(root, 'host-'));
  const mark = join(dir, 'mark');
  const run = (body: string, environment: Readonly<Record<string, string>> = {}): Promise<Delivered> =>
    deliver(dir, smallScript(body), { ...SMALL_PARAMETERS, RUNBELL_MARK: mark, ...environment });
  const marks = (): number => (existsSync(mark) ? readFileSync(mark, 'utf8').length : 0);
  const untilMarked = async (): Promise<void> => {
    while (marks() === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  return { dir, run, marks, untilMarked };
}

const isRunning = (pid: number): boolean =>
  existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));

const ACT = 'printf x >>"$RUNBELL_MARK"';

describe.concurrent('the endings of a script', () => {
  it.each([
    ['done_well', 0, 'done', ''],
    ['nothing_to_do "it is well"', 0, 'nothingToDo', 'it is well'],
    ['refuse "not like this"', 20, 'refused', 'not like this; nothing was changed'],
    ['fail "it broke"', 30, 'failed', 'it broke'],
  ])('%s exits with %i and says %s', async (call, status, ending, reason) => {
    const result = { ending, reason, lines: [], processes: [], dryRun: false };
    expect(await newHost().run(call)).toMatchObject({ status, stderr: '', result });
  });

  it.each([
    'exit 194',
    'exit 168',
    'kill -KILL "$BASHPID" & wait $! || exit $?',
    'false',
    'echo "$NOT_SET"',
    'no_such_command',
  ])('makes a failure of "%s", whatever its status means to the agent', async (call) => {
    const ended = await newHost().run(`${ACT}\n${call}`);
    expect(ended).toMatchObject({ status: 30, result: { ending: 'failed' } });
    expect(ended.result?.reason).toMatch(/^the script stopped unexpectedly at line (\d+|unknown) \(status \d+\)/);
  });

  it('says so when it is told to stop', async () => {
    const ended = await newHost().run('kill -TERM $$; sleep 5');
    expect(ended).toMatchObject({ status: 30, result: { reason: expect.stringMatching(/^the run was told to stop/) } });
  });
});

describe.concurrent('the result line', () => {
  it('is one JSON line whatever the texts hold', async () => {
    const { result, stdout } = await newHost().run(
      `say $'a "quote", a \\\\ backslash, \\n\\t\\e[31m, caf\\xc3\\xa9'; say '& \\1 %s'; done_well`,
    );
    expect(result?.lines).toEqual([`a 'quote', a / backslash, ???[31m, caf??`, '& /1 %s']);
    expect(stdout.split('\n')).toHaveLength(2);
  });

  it('stays below 4,000 bytes however much there is to say', async () => {
    const much = `local i
      for i in {1..40}; do say "$(printf '"%.0s' {1..400})"; done
      for i in {1..40}; do report_process "$(printf 'x%.0s' {1..99})" 999999999 999999999 999999999 999999999 999999999 "$(printf 'x%.0s' {1..99})"; done
      fail "$(printf '\\\\%.0s' {1..999})"`;
    const { result, stdout } = await newHost().run(much);
    expect(stdout.length).toBeLessThan(4000);
    expect(result).toMatchObject({ ending: 'failed' });
    expect(result?.lines).toHaveLength(10);
  });

  it('comes first and alone, and what programs print goes to the details', async () => {
    const { dir, run } = newHost();
    const ended = await run('echo noise; echo more >&2; outside 5 echo from-outside; say "a line"; done_well');
    expect(ended).toMatchObject({ stderr: '', result: { ending: 'done', lines: ['a line'] } });
    expect(ended.stdout).not.toContain('noise');
    const log = readdirSync(join(dir, 'state', 'details'))[0] ?? '';
    expect(readFileSync(join(dir, 'state', 'details', log), 'utf8')).toBe('noise\nmore\nfrom-outside\na line\n');
  });

  it('is not held up by what a program leaves in the background', async () => {
    const ended = await newHost().run('say "$(outside 5 sh -c "sleep 50 >/dev/null & echo \\$!")"; done_well');
    const left = Number(ended.result?.lines[0]);
    expect(isRunning(left)).toBe(true);
    process.kill(left, 'SIGKILL');
    const noisy = await newHost().run(
      'outside 5 sh -c "sleep 51 & echo \\$! >$RUNBELL_MARK"; say "$(cat "$RUNBELL_MARK")"; done_well',
    );
    expect(noisy.result?.ending).toBe('done');
    process.kill(Number(noisy.result?.lines[0]), 'SIGKILL');
  });
});

describe.concurrent('parameters', () => {
  it.each(['RunId', 'DryRun', 'ApplicationId', 'Word'])('refuses when the agent did not pass %s', async (name) => {
    const { dir, marks } = newHost();
    const { [`SSM_${name}`]: _, ...rest } = SMALL_PARAMETERS;
    const ended = await deliver(dir, smallScript(ACT), { ...rest, RUNBELL_MARK: join(dir, 'mark') });
    expect(ended).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(ended.result?.reason).toBe(
      `the SSM agent did not pass parameter ${name}: it must be version 3.3.2746.0 or newer; nothing was changed`,
    );
    expect(marks()).toBe(0);
  });

  it.each(['Word', 'a\nb', '', 'ä', 'a"b', `${'a'.repeat(41)}`])(
    'refuses the value %j, and does not repeat it',
    async (value) => {
      const ended = await newHost().run('done_well', { SSM_Word: value });
      expect(ended).toMatchObject({ status: 20, result: { ending: 'refused' } });
      expect(ended.result?.reason).toBe(
        'parameter Word has a value that its pattern does not allow; nothing was changed',
      );
    },
  );

  it('passes a value on byte by byte', async () => {
    const ended = await newHost().run('say "$SSM_Word"; done_well', { SSM_Word: '; $(touch /tmp) $$ (a)' });
    expect(ended.result?.lines).toEqual(['; $(touch /tmp) $$ (a)']);
  });
});

describe.concurrent('one run', () => {
  it('acts once, and answers a later delivery with its first result', async () => {
    const { run, marks } = newHost();
    const first = await run(`${ACT}; say "pid $$"; fail "as it was"`);
    expect(await run(`${ACT}; say "pid $$"; fail "as it was"`)).toEqual(first);
    expect(first.status).toBe(30);
    expect(marks()).toBe(1);
  });

  it('acts once for each host when one machine plays several', async () => {
    const { run, marks } = newHost();
    await run(`${ACT}; done_well`);
    await run(`${ACT}; done_well`, { AWS_SSM_INSTANCE_ID: 'i-0fedcba9876543210' });
    expect(marks()).toBe(2);
  });

  it('does nothing and says so when its first delivery was killed on the way', async () => {
    const { run, marks } = newHost();
    await run(`${ACT}; kill -KILL $$`);
    const again = await run(`${ACT}; done_well`);
    expect(again).toMatchObject({ status: 30, result: { ending: 'failed' } });
    expect(again.result?.reason).toMatch(/^an earlier delivery of this run was cut off: it may or may not have acted/);
    expect(marks()).toBe(1);
  });

  it('works alone on its application; another is refused, stays refused, and is told who is at work', async () => {
    const { dir, run, marks, untilMarked } = newHost();
    const go = join(dir, 'go');
    const first = run(`${ACT}; for _ in {1..200}; do [[ -e ${go} ]] && break; sleep 0.1; done; done_well`);
    await untilMarked();
    const [other, elsewhere] = await Promise.all([
      run(`${ACT}; done_well`, { SSM_RunId: 'run-2' }),
      run('done_well', { SSM_RunId: 'run-3', SSM_ApplicationId: 'desk' }),
    ]);
    expect(other).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(other.result?.reason).toBe('run run-1 is at work on application shop; nothing was changed');
    expect(elsewhere).toMatchObject({ result: { ending: 'done' } });
    writeFileSync(go, '');
    expect(await first).toMatchObject({ result: { ending: 'done' } });
    expect(await run(`${ACT}; done_well`, { SSM_RunId: 'run-2' })).toEqual(other);
    expect(marks()).toBe(1);
  });

  it('leaves the application free however it was ended', async () => {
    const { run } = newHost();
    await run('kill -KILL $$');
    expect(await run('done_well', { SSM_RunId: 'run-2' })).toMatchObject({ result: { ending: 'done' } });
  });

  it('touches nothing in a dry run, not even its own state', async () => {
    const { dir, run } = newHost();
    const ended = await run('done_well', { SSM_DryRun: 'yes' });
    expect(ended).toMatchObject({ status: 0, result: { ending: 'done', dryRun: true } });
    expect(existsSync(join(dir, 'state'))).toBe(false);
  });

  it('refuses a state folder that somebody else has put there', async () => {
    const { dir, run, marks } = newHost();
    symlinkSync(root, join(dir, 'planted'));
    const ended = await run(ACT, { RUNBELL_STATE_DIR: join(dir, 'planted') });
    expect(ended).toMatchObject({ status: 20, result: { ending: 'refused' } });
    expect(marks()).toBe(0);
  });

  it('forgets runs after a month', async () => {
    const { dir, run } = newHost();
    await run('done_well');
    const old = join(dir, 'state', 'ledger', 'small.run-0.result');
    writeFileSync(old, '0\n{}\n');
    utimesSync(old, 1, 1);
    await run('done_well', { SSM_RunId: 'run-2' });
    expect(existsSync(old)).toBe(false);
    expect(readdirSync(join(dir, 'state', 'ledger'))).toHaveLength(4);
  });
});

describe.concurrent('programs of the host', () => {
  it('are ended at their time limit with all that they started', async () => {
    const ended = await newHost().run(
      'local s=0; outside 1 sh -c "sleep 52 & echo \\$! >$RUNBELL_MARK; sleep 53" || s=$?; took_too_long "$s"; say "$(cat "$RUNBELL_MARK")"; done_well',
    );
    expect(isRunning(Number(ended.result?.lines[0]))).toBe(false);
  });

  it('get no more time than the document has left', async () => {
    const ended = await newHost().run(
      'STARTED=$((STARTED - 22)); local s=0; outside 60 sleep 60 || s=$?; say "$s"; done_well',
    );
    expect(ended.result?.lines).toEqual(['124']);
  });

  it('leave the time alone that is kept for the way back', async () => {
    const body =
      's=0; RESERVED_SECONDS=25; outside 60 true || s=$?; RESERVED_SECONDS=0; outside 60 true; say "$s $?"; done_well';
    expect((await newHost().run(body)).result?.lines).toEqual(['124 0']);
  });

  it('know nothing of our environment when they run as a user', async () => {
    const user = process.getuid?.() === 0 ? 'nobody' : userInfo().username;
    const ended = await newHost().run(
      `choose_user ${user}; say "$(as_user 5 id -un) $(as_user 5 env | cut -d= -f1 | sort | tr '\\n' ' ')"; done_well`,
      { RUNBELL_SECRET: 'test-secret' },
    );
    expect(ended.result?.lines).toEqual([`${user} HOME LC_ALL LOGNAME PATH USER `]);
  });
});

describe.concurrent('what is read from /proc', () => {
  it('tells a process from a later one with its pid, and a zombie from a living one', async () => {
    const ended = await newHost().run(`
      sleep 30 & local pid=$! mark
      mark=$(process_mark $pid)
      is_running $pid && [[ $mark =~ ^[0-9]+$ && $(process_parent $pid) == $$ ]] && say "lives"
      kill $pid; wait $pid || true
      is_running $pid || say "gone"
      sh -c 'sleep 0 & echo $! >"$RUNBELL_MARK"; exec sleep 20' & pid=$!
      for _ in {1..100}; do [[ -s $RUNBELL_MARK ]] && ! is_running "$(<"$RUNBELL_MARK")" && break; sleep 0.1; done
      [[ -e /proc/$(<"$RUNBELL_MARK") ]] && ! is_running "$(<"$RUNBELL_MARK")" && say "zombie"; kill $pid
      say "owner $(process_owner $$)"
      ABC='x y' sleep 30 & pid=$!
      for _ in {1..100}; do variable_of $pid ABC >"$RUNBELL_MARK" && break; sleep 0.1; done
      say "$(variable_of $pid ABC)"; kill $pid
      variable_of $$ NO_SUCH || say "none"
      done_well`);
    expect(ended.result?.lines).toEqual(['lives', 'gone', 'zombie', `owner ${process.getuid?.()}`, 'x y', 'none']);
  });
});

describe('connections to the database', () => {
  it('counts those of a process and its children to the given ports, and no others', async () => {
    const [wanted, other] = [createServer(), createServer()];
    for (const server of [wanted, other]) {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
    }
    const [port, second] = [wanted, other].map((server) => (server.address() as AddressInfo).port);
    const sockets = [port, port, second].map((one) => connect(one ?? 0, '127.0.0.1'));
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    const own = await newHost().run(
      `say "$(connections_of ${process.pid} 1,${port}) $(connections_of ${process.pid} 1)"`,
    );
    const absent = await newHost().run('say "$(connections_of 999999999 1)"');
    for (const closing of [...sockets, wanted, other]) 'destroy' in closing ? closing.destroy() : closing.close();
    expect(own.result?.lines).toEqual(['2 0']);
    expect(absent.result?.lines).toEqual(['?']);
  });
});

describe('handlers of signals', () => {
  it('sees whether a process has one', async () => {
    const body = `say "$(catches $$ 15 && echo handles) $(catches ${process.ppid} 64 && echo handles || echo not)"`;
    expect((await newHost().run(`trap : TERM\n${body}`)).result?.lines).toEqual(['handles not']);
  });
});

describe.concurrent('whether anything was changed', () => {
  it.each([
    ['fail "no daemon"', 'no'],
    ['may_change; fail "no answer"', 'maybe'],
    ['may_change; refuse "not like this"', 'no'],
    ['may_change; nothing_to_do "it is well"', 'no'],
    ['may_change; kill -TERM $$; sleep 5', 'maybe'],
    ['may_change; false', 'maybe'],
    ['done_well', 'yes'],
  ])('after "%s" is %s', async (call, changed) => {
    expect((await newHost().run(call)).result?.changed).toBe(changed);
  });

  it('is not known where an earlier delivery of the run was cut off', async () => {
    const host = newHost();
    const { result } = await host.run('rm -f -- "$LEDGER.result"; trap - EXIT; exit 0');
    expect(result).toBeNull();
    expect((await host.run('done_well')).result).toMatchObject({ ending: 'failed', changed: 'maybe' });
  });
});
