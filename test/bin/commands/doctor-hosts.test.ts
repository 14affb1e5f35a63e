import { execFileSync, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../../../bin/commands/doctor.ts';
import type { Finding } from '../../../bin/flows/doctor/finding.ts';
import { hostScript, readHostFacts } from '../../../bin/flows/doctor/host-script.ts';
import { insideFindings } from '../../../bin/flows/doctor/inside-findings.ts';
import type { ApplicationConfig } from '../../../functions/core/config/config.ts';
import { ConfigHost } from '../../runbooks/support/config-host.ts';
import { SOON } from '../../support/soon.ts';
import { startAwsStage } from '../support/aws-stage.ts';
import { configFile, configWith } from '../support/config-file.ts';
import { RecordingConsole } from '../support/recording-console.ts';

const HOST = 'i-00000000000000001';
const host = new ConfigHost();
const application = (change: Partial<ApplicationConfig> = {}) =>
  host.configured({ hosts: [HOST], targets: ['orders-db'], ...change });
const home = () => application().pm2.home;

/** A process that is called as PM2 calls its daemon, owned by the application's user. */
const daemon = spawn('bash', ['-c', `exec -a 'PM2 v7.0.4: God Daemon (${home()})' sleep 300`], {
  uid: host.uid,
  gid: host.gid,
  stdio: 'ignore',
  cwd: '/',
});
const lines = (text: string) => execFileSync('bash', ['-c', text], { encoding: 'utf8' });
const looked = (change: Partial<ApplicationConfig> = {}) => {
  const sentAtMs = Date.now();
  const facts = readHostFacts(lines(hostScript(application(change))));
  return insideFindings({ hostId: HOST, application: application(change), facts, sentAtMs, seenAtMs: Date.now() });
};
const brief = (findings: readonly Finding[]) => findings.map(({ severity, what }) => `${severity} ${what}`);

beforeAll(() => vi.waitFor(() => expect(lines('ps -eo args=')).toContain(`God Daemon (${home()})`), SOON));
afterAll(() => {
  daemon.kill();
  host.close();
});

describe('a host, looked at from inside', () => {
  it('is well when PM2, its owner, the paths and the clock are as the configuration says', () => {
    expect(brief(looked())).toEqual([
      `ok shop: PM2 runs as ${host.user} in ${home()}`,
      `ok shop: ${host.user} can read ${host.app}`,
      'ok its clock agrees with this one',
    ]);
  });

  it('says whose PM2 runs where, and what to write', () => {
    const [first] = looked({ pm2: { ...application().pm2, home: '/home/elsewhere/.pm2' } });
    expect(first).toMatchObject({
      severity: 'error',
      what: 'shop: no PM2 runs in /home/elsewhere/.pm2',
      fix: expect.stringContaining(`user: '${host.user}', pm2.home: '${home()}'`),
    });
    expect(looked({ user: 'daemon' })[0]).toMatchObject({
      what: `shop: PM2 in ${home()} runs as ${host.user}, not as daemon`,
      fix: `Write user: '${host.user}'.`,
    });
    expect(looked({ user: 'nobody-of-that-name' })[0]).toMatchObject({
      what: 'shop: there is no user nobody-of-that-name',
    });
  });

  it('finds what is not there or not readable for the application, with the command', () => {
    expect(brief(looked({ directory: '/srv/nothing-here' }))).toContain('error shop: there is no /srv/nothing-here');
    const hidden = host.write('hidden/ecosystem.config.js', '', 0o000);
    const found = looked({ ecosystemFile: hidden }).find(({ what }) => what.includes('cannot read'));
    // A file without any permission is unreadable to its owner, whoever this test runs as.
    expect(found).toMatchObject({ severity: 'error', fix: expect.stringContaining(`chmod o+r ${hidden}`) });
  });

  it.each([
    [-90, /warning its clock is at least 90 s behind this one/],
    [4, /ok its clock agrees/],
    [600, /warning its clock is at least 600 s ahead of this one/],
  ])('compares a clock that is %i s off', (seconds, said) => {
    const nowMs = 1_795_402_800_000;
    const facts = { ...readHostFacts(lines(hostScript(application()))), clockSeconds: nowMs / 1000 + seconds };
    const found = insideFindings({ hostId: HOST, application: application(), facts, sentAtMs: nowMs, seenAtMs: nowMs });
    expect(brief(found).at(-1)).toMatch(said);
  });

  it('takes a name for a name, whatever is in it', () => {
    const evil = `/srv/'; touch ${host.dir}/pwned; echo '$(touch ${host.dir}/pwned)`;
    expect(brief(looked({ directory: evil }))[1]).toContain('there is no /srv/');
    expect(() => lines(`test ! -e ${host.dir}/pwned`)).not.toThrow();
  });
});

describe('npx runbell doctor --hosts', () => {
  async function examined(...args: string[]) {
    const outputs = new Map<string, string>();
    const aws = await startAwsStage(({ name, parameters }) => {
      if (name === 'SendCommand') {
        const { commands } = parameters['Parameters'] as { readonly commands: readonly string[] };
        outputs.set('cmd-1', lines(commands.join('\n')));
        return { Command: { CommandId: 'cmd-1' } };
      }
      if (name !== 'GetCommandInvocation') return null;
      return { Status: 'Success', StandardOutputContent: outputs.get('cmd-1') };
    });
    const { file, remove } = configFile(configWith({ applications: [application()] }));
    const io = new RecordingConsole(aws.environment);
    await run(['--json', '--config', file, ...args], io).finally(remove);
    await aws.stop();
    const { findings } = JSON.parse(io.written.join('\n')) as { findings: readonly Finding[] };
    return { findings, sent: aws.calls.filter(({ name }) => name === 'SendCommand') };
  }

  it('looks by a document of AWS with the rights of whoever asks, one command a host', async () => {
    const { findings, sent } = await examined('--hosts');
    expect(sent).toMatchObject([{ parameters: { DocumentName: 'AWS-RunShellScript', InstanceIds: [HOST] } }]);
    expect(brief(findings)).toContain(`ok shop: PM2 runs as ${host.user} in ${home()}`);
  });

  it('sends nothing without being told to, and says so', async () => {
    const { findings, sent } = await examined();
    expect(sent).toEqual([]);
    expect(brief(findings)).toContain('note 1 host not looked at from inside');
  });
});
