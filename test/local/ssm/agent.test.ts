import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { LocalSsmOptions } from '../../../local/ssm/create-local-ssm.ts';
import { SOON } from '../../support/soon.ts';
import { createStage, documentOf, hostId, hostOf, type Seen, type Stage, step } from './stage.ts';

/** Four times faster than a host: slow enough for a busy machine to get as far as the script's first lines. */
const FAST = { secondMs: 250 };
/** A script waits here, though not for ever, until the test lets it go on. */
const untilGo = 'for _ in $(seq 3000); do [ -e go ] && break; sleep 0.02; done;';

describe('the local agent', () => {
  let stage: Stage | null = null;
  const states: Stage[] = [];
  afterEach(async () => {
    await stage?.close();
    stage = null;
    for (const state of states.splice(0)) await state.close();
  });

  const play = async (content: object, change: object = {}, options: Partial<LocalSsmOptions> = {}) => {
    stage = await createStage(content, options);
    return stage.run(change);
  };
  const only = async (lines: readonly string[], inputs: object = {}, options: Partial<LocalSsmOptions> = {}) => {
    const { steps } = await play(documentOf([step('only', lines, inputs)]), {}, options);
    return steps['only'] as Seen;
  };

  it("gives a script exactly the agent's environment, no input and /usr/bin as its place", async () => {
    const seen = await only(
      ['#!/bin/bash', 'pwd', 'readlink /proc/$$/fd/0', 'env | sort'],
      {},
      {
        hosts: [hostOf({ env: { RUNBELL_STATE_DIR: '/tmp/state' } })],
      },
    );

    const [place, input, ...environment] = seen.StandardOutputContent.trim().split('\n');
    expect([place, input]).toEqual(['/usr/bin', '/dev/null']);
    const names = environment
      .map((line) => line.split('=')[0])
      .filter((name) => !['_', 'PWD', 'SHLVL'].includes(name ?? ''));
    expect(names).toEqual([
      'AWS_SSM_INSTANCE_ID',
      'AWS_SSM_PLATFORM_NAME',
      'AWS_SSM_PLATFORM_VERSION',
      'AWS_SSM_REGION_NAME',
      'PATH',
      'RUNBELL_STATE_DIR',
      'SSM_COMMAND_ID',
    ]);
    expect(environment).toContain(`AWS_SSM_INSTANCE_ID=${hostId}`);
    expect(environment).toContain('PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin');
  });

  it('respects the shebang of the first line, and runs sh without one', async () => {
    const { steps } = await play(
      documentOf([
        step('bash', ['#!/bin/bash', '[[ a == a ]] && echo yes']),
        step('sh', ['echo "$0" | grep -c _script.sh']),
      ]),
    );

    expect(steps['bash']?.StandardOutputContent).toBe('yes\n');
    expect(steps['sh']?.StandardOutputContent).toBe('1\n');
  });

  describe('parameters', () => {
    const parameters = { V: { type: 'String', interpolationType: 'ENV_VAR', default: 'none' } };
    const nasty = '; touch /nowhere; echo $(id) `id` "q" $$ \\ é';

    it('brings a value byte for byte into the environment', async () => {
      const content = documentOf([step('only', ['printf %s "$SSM_V"'])], parameters);
      const { steps } = await play(content, { Parameters: { V: [nasty] } });

      expect(steps['only']?.StandardOutputContent).toBe(nasty);
    });

    it('leaves the variable unset on an agent that is too old', async () => {
      const content = documentOf([step('only', ['printenv SSM_V || echo unset'])], parameters);
      const { steps } = await play(content, {}, { hosts: [hostOf({ agentVersion: '3.3.1142.0' })] });

      expect(steps['only']?.StandardOutputContent).toBe('unset\n');
    });

    it('pastes {{ V }} as raw text, which is why no document of ours has it', async () => {
      const content = documentOf([step('only', ['echo "{{ V }}" {{ Other }}'])], parameters);
      const { steps } = await play(content, { Parameters: { V: ['"; echo injected; echo "'] } });

      expect(steps['only']?.StandardOutputContent).toBe('\ninjected\n {{ Other }}\n');
      await stage?.close();
      const dollars = await play(content, { Parameters: { V: ["'$$'"] } });
      expect(dollars.steps['only']?.StandardOutputContent).toBe("'$' {{ Other }}\n");
    });
  });

  it.each<[string, string, number, string | RegExp]>([
    ['exit 0', 'Success', 0, ''],
    ['exit 7', 'Failed', 7, 'failed to run commands: exit status 7'],
    ['false; true', 'Success', 0, ''],
    ['exit 137', 'TimedOut', 137, ''],
    ['kill -KILL $$', 'TimedOut', 137, /^(Killed\n)?$/],
    ['exit 143', 'Failed', 143, 'failed to run commands: exit status 143'],
    ['kill -TERM $$', 'Failed', 143, /^(Terminated\n)?failed to run commands: exit status 143$/],
    ['echo lost >&2; exit 168', 'Success', 168, ''],
    ['exit 169', 'Failed', 169, ''],
    ['exit 194', 'Failed', 194, 'failed to run commands: exit status 194'],
  ])('ends %j as %s with code %i', async (line, status, code, stderr) => {
    const seen = await only([line]);

    expect(seen).toMatchObject({ Status: status, ResponseCode: code });
    expect(seen.StandardErrorContent).toMatch(typeof stderr === 'string' ? new RegExp(`^${stderr}$`) : stderr);
  });

  it('runs a step again from its first line after exit 194, as after a boot', async () => {
    const seen = await only(
      ['cd "$RUNBELL_STATE_DIR"', 'echo line', 'mkdir booted && exit 194', 'echo after'],
      {},
      {
        hosts: [hostOf({ env: { RUNBELL_STATE_DIR: (await createState()).dir } })],
      },
    );

    expect(seen).toMatchObject({ Status: 'Success', StandardOutputContent: 'line\nline\nafter\n' });
  });

  describe('time', () => {
    it('kills the whole group at once at the end of timeoutSeconds; no trap runs, output so far stays', async () => {
      const seen = await only(
        ['#!/bin/bash', 'trap "echo trapped" TERM EXIT', 'echo before', 'sleep 60 & sleep 60'],
        { timeoutSeconds: '12' },
        FAST,
      );

      expect(seen).toMatchObject({
        Status: 'TimedOut',
        StatusDetails: 'ExecutionTimedOut',
        ResponseCode: 137,
        StandardOutputContent: 'before\n',
      });
    });

    it('takes less than five seconds for an hour', async () => {
      expect((await only(['sleep 0.8; echo done'], { timeoutSeconds: '2' }, FAST)).StandardOutputContent).toBe(
        'done\n',
      );
    });

    it('takes the time from a parameter', async () => {
      const content = documentOf([step('only', ['sleep 60'], { timeoutSeconds: '{{ T }}' })], {
        T: { type: 'String' },
      });
      const { invocation } = await play(content, { Parameters: { T: ['5'] } }, FAST);

      expect(invocation.Status).toBe('TimedOut');
    });

    it('waits for a background child that holds the output', async () => {
      expect((await only(['(sleep 0.2; echo late) &', 'echo early'])).StandardOutputContent).toBe('early\nlate\n');
    });

    it('does not wait after the kill for a survivor that still holds the output', async () => {
      const seen = await only(['setsid sleep 60 & echo $!', 'sleep 60'], { timeoutSeconds: '12' }, FAST);
      const survivor = Number(seen.StandardOutputContent);

      expect(seen.Status).toBe('TimedOut');
      expect(process.kill(survivor, 'SIGKILL')).toBe(true);
    });

    it('lets a child with a session of its own survive the timeout', async () => {
      const { dir } = await createState();
      const seen = await only(
        [`cd "$RUNBELL_STATE_DIR" && setsid sh -c '${untilGo} echo alive >survivor' >/dev/null 2>&1 &`, 'sleep 60'],
        { timeoutSeconds: '12' },
        { ...FAST, hosts: [hostOf({ env: { RUNBELL_STATE_DIR: dir } })] },
      );

      expect(seen.Status).toBe('TimedOut');
      await writeFile(join(dir, 'go'), '');
      await expect.poll(() => readFile(join(dir, 'survivor'), 'utf8').catch(() => ''), SOON).toBe('alive\n');
    });
  });

  it('fails when the working directory does not exist, and falls back to /usr/bin for a relative one', async () => {
    expect(await only(['pwd'], { workingDirectory: '/no/such/place' })).toMatchObject({
      Status: 'Failed',
      ResponseCode: 1,
      StandardErrorContent: 'fork/exec /usr/bin/sh: no such file or directory',
    });
    await stage?.close();
    expect((await only(['pwd'], { workingDirectory: 'tmp' })).StandardOutputContent).toBe('/usr/bin\n');
  });

  it('cuts what a step printed and keeps the head', async () => {
    const seen = await only(['head -c 30000 /dev/zero | tr "\\0" a', 'head -c 30000 /dev/zero | tr "\\0" b >&2']);

    expect(seen.StandardOutputContent).toHaveLength(24_000);
    expect(seen.StandardOutputContent).toMatch(/^a+--output truncated--$/);
    expect(seen.StandardErrorContent).toHaveLength(8_000);
    expect(seen.StandardErrorContent).toMatch(/^b+--output truncated--$/);
    expect(seen.Output.length).toBeLessThanOrEqual(2_500);
    expect(seen.Output).toMatch(/^a+--output truncated--\n-+ERROR-+\nb+--output truncated--$/);
  });

  it('turns half a character and bad bytes into U+FFFD', async () => {
    expect((await only(["printf 'a\\377b'"])).StandardOutputContent).toBe('a\uFFFDb');
  });

  describe('steps', () => {
    const statuses = async (...mainSteps: object[]): Promise<string> => {
      const { invocation, steps } = await play(documentOf(mainSteps), {}, FAST);
      return `${Object.values(steps).map(({ Output, Status }) => Output.trim() || Status)} ${invocation.Status}`;
    };
    const fails = (inputs: object = {}): object => step('first', ['exit 1'], inputs);
    const next = (inputs: object = {}): object => step('next', ['echo ran'], inputs);
    const failed = '----------ERROR-------\nfailed to run commands: exit status 1';

    it('go on after a failure by default, and the document has failed', async () => {
      expect(await statuses(fails(), next())).toBe(`${failed},ran Failed`);
    });

    it('stop after a failure with onFailure exit', async () => {
      expect(await statuses(fails({ onFailure: 'exit' }), next())).toBe(`${failed},Success Failed`);
    });

    it('stop and call it a success with successAndExit', async () => {
      expect(await statuses(fails({ onFailure: 'successAndExit' }), next())).toBe(`${failed},Success Success`);
    });

    it('stop after a success with onSuccess exit', async () => {
      expect(await statuses(step('first', ['echo one'], { onSuccess: 'exit' }), next())).toBe('one,Success Success');
    });

    it('go on after a timeout although onFailure says exit', async () => {
      const slow = step('first', ['sleep 60'], { onFailure: 'exit', timeoutSeconds: 5 });
      expect(await statuses(slow, next())).toBe('TimedOut,ran TimedOut');
    });

    it('run the finally step whatever happened, and only where it is the last', async () => {
      const leave = fails({ onFailure: 'exit' });
      expect(await statuses(leave, next({ finallyStep: true }))).toBe(`${failed},ran Failed`);
      await stage?.close();
      expect(await statuses(leave, step('middle', ['echo no'], { finallyStep: true }), next())).toBe(
        `${failed},Success,Success Failed`,
      );
    });

    it('ignore the fields that only Automation knows', async () => {
      expect(await statuses({ ...fails(), onFailure: 'Abort', isEnd: true, timeoutSeconds: 1 }, next())).toBe(
        `${failed},ran Failed`,
      );
    });

    it('skip what a precondition excludes, and fail on one that is none', async () => {
      const when = (precondition: object): object => ({ ...next(), name: 'first', precondition });
      expect(await statuses(when({ StringEquals: ['platformType', 'Windows'] }), next())).toBe('Success,ran Success');
      await stage?.close();
      expect(await statuses(when({ StringEquals: ['platformType', 'linux'] }))).toBe('ran Success');
      await stage?.close();
      expect(await statuses(when({ StringLike: ['platformType', 'Linux'] }), next())).toMatch(
        /precondition,ran Failed$/,
      );
      await stage?.close();
      expect(await statuses(when({ StringEquals: ['a', 'a'] }), next())).toMatch(/precondition,ran Failed$/);
    });

    it('compare a parameter with a constant', async () => {
      const conditional = { ...next(), precondition: { StringEquals: ['{{ Mode }}', 'full'] } };
      const content = documentOf([conditional], { Mode: { type: 'String' } });

      expect((await play(content, { Parameters: { Mode: ['full'] } })).steps['next']?.Output).toBe('ran\n');
      await stage?.close();
      expect((await play(content, { Parameters: { Mode: ['none'] } })).steps['next']?.Output).toBe('');
    });

    it('fail with an action that a Linux host does not have', async () => {
      expect(await statuses({ action: 'aws:runPowerShellScript', name: 'first', inputs: {} }, next())).toMatch(
        /,ran Failed$/,
      );
    });
  });

  it('kills the group on cancel and cancels the remaining steps', async () => {
    const { dir } = await createState();
    stage = await createStage(
      documentOf([step('first', ['echo on', 'touch "$DIR/on"', 'sleep 60']), step('next', ['echo ran'])]),
      {
        hosts: [hostOf({ env: { DIR: dir } })],
      },
    );
    const commandId = await stage.send();
    await expect
      .poll(
        () =>
          access(join(dir, 'on')).then(
            () => true,
            () => false,
          ),
        SOON,
      )
      .toBe(true);
    await stage.call('CancelCommand', { CommandId: commandId });

    const seen = await stage.ended(commandId);
    expect(seen.Status).toBe('Cancelled');
    expect(seen['CommandPlugins']).toMatchObject([
      { Status: 'Cancelled', ResponseCode: 137, Output: 'on\n' },
      { Status: 'Cancelled', ResponseCode: 1 },
    ]);
  });

  it('runs at most five commands at a time on one host, and never one that was cancelled in the queue', async () => {
    const { dir } = await createState();
    const lines = ['echo x >> "$DIR/started"', 'cd "$DIR"', untilGo];
    const told: string[] = [];
    stage = await createStage(documentOf([step('only', lines)]), {
      hosts: [hostOf({ env: { DIR: dir } })],
      onEvent: ({ detail }) => told.push(`${detail['command-id']} ${detail['status']}`),
    });
    const ids: string[] = [];
    for (let count = 0; count < 7; count += 1) ids.push(await stage.send());

    const started = () => readFile(join(dir, 'started'), 'utf8').catch(() => '');
    await expect.poll(started, SOON).toBe('x\n'.repeat(5));
    const { Commands } = await stage.call('ListCommands', {});
    expect((Commands as Seen[]).map(({ Status }) => Status).toSorted()).toEqual([
      ...Array(5).fill('InProgress'),
      'Pending',
      'Pending',
    ]);
    await stage.call('CancelCommand', { CommandId: ids[6] });
    await writeFile(join(dir, 'go'), '');
    const ends: string[] = [];
    for (const id of ids) ends.push((await stage.ended(id)).Status);
    await stage.ssm.close();
    expect(told.filter((line) => line.startsWith(ids[6] ?? ''))).not.toContain(`${ids[6]} InProgress`);
    expect(ends).toEqual([...Array(6).fill('Success'), 'Cancelled']);
    expect(await started()).toBe('x\n'.repeat(6));
  });

  it('kills what still runs and removes what it wrote when it is closed, even before the script has begun', async () => {
    const { dir } = await createState();
    stage = await createStage(documentOf([step('only', ['echo $$ > "$DIR/pid"', 'sleep 60'])]), {
      hosts: [hostOf({ env: { DIR: dir } })],
    });
    await stage.send();
    const pid = () => readFile(join(dir, 'pid'), 'utf8').then(Number, () => 0);
    await expect.poll(pid, SOON).toBeGreaterThan(0);
    await stage.send();
    await stage.ssm.close();

    const running = await pid();
    // Whatever adopts the orphan may be slow to reap it: a zombie has ended, too.
    const state = () =>
      readFile(`/proc/${running}/stat`, 'utf8').then(
        (stat) => stat.split(' ')[2],
        () => 'gone',
      );
    await expect.poll(state, SOON).toMatch(/^(gone|Z)$/);
    await expect(access(join(stage.dir, 'ssm'))).rejects.toThrow('ENOENT');
    await access(stage.dir);
  });

  /** A directory of its own for what a script leaves behind. */
  async function createState(): Promise<{ readonly dir: string }> {
    const state = await createStage(documentOf([step('none', [])]));
    states.push(state);
    return state;
  }
});
