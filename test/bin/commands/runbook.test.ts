import { chmodSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../../../bin/commands/runbook.ts';
import type { ApplicationConfig, ConfigInput } from '../../../functions/core/config/config.ts';
import { RUNBOOKS_FOLDER } from '../../../lib/read-deployment.ts';
import { holdApplications } from '../../../local/application-lock.ts';
import { ConfigHost } from '../../runbooks/support/config-host.ts';
import { configFile, configWith } from '../support/config-file.ts';
import { RecordingConsole } from '../support/recording-console.ts';

const hosts: ConfigHost[] = [];
const files: { remove(): void }[] = [];
afterAll(() => {
  for (const file of files) file.remove();
  for (const host of hosts) host.close();
});

/** A machine with an application, and the command typed on it with somebody's configuration. */
function machine(change: Partial<ApplicationConfig> = {}) {
  const host = new ConfigHost();
  hosts.push(host);
  const applications: ConfigInput['applications'] = [{ ...host.configured(change), targets: ['orders-db'] }];
  const config = configFile(configWith({ applications }));
  const io = new RecordingConsole({ RUNBELL_STATE_DIR: `${host.dir}/state` });
  files.push(config);
  const type = (...args: string[]): Promise<number> => run([...args, '--config', config.file], io);
  const on = ['--host', 'local', '--application', 'shop'];
  return { host, io, type, on };
}

describe('runbell runbook', () => {
  it('lists every runbook with its risk', async () => {
    const { io, type } = machine();
    expect(await type('list')).toBe(0);
    expect(io.written.map((line) => line.split(' ')[0])).toEqual(
      readdirSync(RUNBOOKS_FOLDER)
        .filter((name) => name !== 'lib')
        .sort(),
    );
    expect(io.written.find((line) => line.startsWith('rollback-config'))).toMatch(/ disrupt /);
  });

  it('shows what a person should know before', async () => {
    const { io, type } = machine();
    expect(await type('show', 'rollback-config')).toBe(0);
    expect(io.everything).toContain('Undo       --undo with the run');
    expect(io.everything).toContain('DrainSeconds=30');
    expect(io.everything).toContain('The next deploy brings its own files');
  });

  it('runs one as SSM delivers it, with the choices and the configuration of whoever typed it', async () => {
    const { host, io, type, on } = machine();
    expect(await type('run', 'snapshot-config', ...on, '--param', 'Keep=2', '--dry-run')).toBe(0);
    expect(io.written).toEqual(['done', '  3 files would be kept as version 1']);
    expect(host.versions()).toEqual([]);
    expect(await type('run', 'snapshot-config', ...on, '--json')).toBe(0);
    expect(JSON.parse(io.written.at(-1) ?? '')).toMatchObject({ ending: 'done', dryRun: false });
    expect(host.versions()).toEqual([1]);
    const details = /^Details: (.*)$/m.exec(io.everything)?.[1] ?? '';
    expect(readFileSync(details, 'utf8')).toContain('3 files are kept as version 1');
  });

  it('leaves an application alone that a loop on this machine has, but looks on', async () => {
    const { host, io, type, on } = machine();
    const held = await holdApplications([host.configured({})]);
    await expect(type('run', 'rollback-config', ...on)).rejects.toThrow(
      /is in use by process \d+ of user .*Nothing was started/,
    );
    expect(await type('run', 'diff-config', ...on)).toBe(20);
    expect(await type('run', 'rollback-config', ...on, '--dry-run')).toBe(20);
    await held.release();
    expect(await type('run', 'rollback-config', ...on)).toBe(20);
    expect(io.everything).not.toContain('in use');
  });

  it('keeps its state only where nobody else can put anything', async () => {
    const { host, type, on } = machine();
    mkdirSync(`${host.dir}/state`);
    chmodSync(`${host.dir}/state`, 0o755);
    await expect(type('run', 'diff-config', ...on)).rejects.toThrow(/^RUNBELL_STATE_DIR: .*state is open to others/);
  });

  it('ends with the exit code of the script and says why it refused', async () => {
    const { io, type, on } = machine();
    expect(await type('run', 'diff-config', ...on)).toBe(20);
    expect(io.written[0]).toMatch(/^refused: no version of shop's files is kept yet/);
  });

  it.each([
    [['frob'], /^Use runbook list/],
    [['show', 'frob'], /^There is no runbook "frob"\. There are: clear-caches, diagnose, diff-config/],
    [['run', 'diff-config'], /^Name the application/],
    [['run', 'diff-config', '--application', 'shop'], /^No AWS region is set/],
    [['run', 'diff-config', '--host', 'web-1', '--application', 'shop'], /^Write --host local/],
    [['run', 'diff-config', '--host', 'local'], /There are: shop\.$/],
    [['run', 'diff-config', '--host', 'local', '--application', 'shop', '--param', 'x'], /^--param takes Name=value/],
    [
      ['run', 'diff-config', '--host', 'local', '--application', 'shop', '--param', 'Version=one'],
      /^Version \(person\)/,
    ],
    [['run', 'diff-config', '--host', 'local', '--application', 'shop', '--param', 'Frob=1'], /^Frob is not a choice/],
    [['run', 'diff-config', '--host', 'local', '--application', 'shop', '--undo', 'r'], /takes no run back/],
    [
      ['run', 'reload-web', '--host', 'local', '--application', 'shop'],
      /^reload-web needs phpFpmUnit, which the configuration of shop does not have\.$/m,
    ],
  ])('says what to type instead of %j', async (args, message) => {
    await expect(machine().type(...args)).rejects.toThrow(message);
  });
});
