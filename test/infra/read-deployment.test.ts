import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import laptop from '../../docs/examples/laptop.config.ts';
import ownMysql from '../../docs/examples/own-mysql-with-password.config.ts';
import rdsWithIam from '../../docs/examples/rds-with-iam.config.ts';
import type { ConfigInput } from '../../functions/core/config/config.ts';
import { parseConfig } from '../../functions/core/config/parse-config.ts';
import { withCertificateFiles } from '../../lib/bundle/certificate-files.ts';
import { readDeployment } from '../../lib/read-deployment.ts';
import config from '../../runbell.config.ts';

type Target = ConfigInput['targets'][number];
const [target] = config.targets as [Target];
const password = (name: string) => ({
  kind: 'secret' as const,
  arn: `arn:aws:secretsmanager:eu-central-1:000000000000:secret:${name}`,
});
const vpc = config.network as Extract<ConfigInput['network'], { kind: 'vpc' }>;

function problemsOf(input: unknown): string {
  const read = readDeployment(input);
  return read.kind === 'invalid' ? read.text : '';
}

describe('a configuration to deploy', () => {
  it.each([
    ['of the repository', config],
    ['for RDS with IAM', rdsWithIam],
    ['for a server of your own', ownMysql],
  ])('%s is valid', (_name, input) => {
    expect(readDeployment(input).kind).toBe('valid');
  });

  it('for a laptop is valid there, and refused here with what to write instead', () => {
    expect(parseConfig(laptop).kind).toBe('valid');
    expect(problemsOf(laptop)).toContain('targets[0].credential: an environment variable works only with npm start');
  });

  it('is an example of each file in docs/examples, so that no example is left untried', () => {
    expect(
      readdirSync('docs/examples')
        .filter((name) => name.endsWith('.config.ts'))
        .sort(),
    ).toEqual(['laptop.config.ts', 'own-mysql-with-password.config.ts', 'rds-with-iam.config.ts']);
  });

  it('with several mistakes of several kinds is told all of them at once', () => {
    const text = problemsOf({
      ...config,
      targets: [
        { ...target, tls: 'off' },
        { ...target, credential: password('db-AbCdEf') },
      ],
      runbooks: { 'restart-everything': {} },
    });
    expect(text).toContain('The configuration has 4 problems; nothing was started or changed:');
    expect(text).toContain('targets[1].id: "orders-db" is used twice');
    expect(text).toContain("targets[0].tls: a database takes IAM tokens over TLS only: use tls: 'rds'");
    expect(text).toContain('network.secretsEndpoint: orders-db uses a password secret');
    expect(text).toContain('runbooks.restart-everything: there is no runbook "restart-everything"; the runbooks are');
  });

  it('with three mistakes in its shape is told all three', () => {
    const text = problemsOf({
      ...config,
      sampling: { everySeconds: 20 },
      slackk: {},
      people: [{ slackUserId: 'me', name: 'x' }],
    });
    expect(text).toContain('3 problems');
    expect(text).toContain('sampling.everySeconds: use 60, 30 or 15');
    expect(text).toContain('slackk: is not a setting of Runbell');
    expect(text).toContain('people[0].slackUserId: use a Slack member id');
  });

  it.each<[string, ConfigInput, string]>([
    [
      'a password in a VPC without a way to read it, with the price of one',
      { ...config, targets: [{ ...target, credential: password('db-AbCdEf') }] },
      "write 'create' for an interface endpoint (14.60 $ a month for 2 zones)",
    ],
    [
      'zones that do not fit the subnets',
      { ...config, network: { ...vpc, availabilityZones: ['eu-central-1a'] } },
      'network.availabilityZones: give one zone for each of the 2 subnets, in the same order',
    ],
    [
      'a private address without a VPC to reach it from, with the price of a password there',
      { ...config, network: { kind: 'none' }, targets: [{ ...target, host: '172.20.0.5' }] },
      "targets[0].host: 172.20.0.5 is a private address, which a function outside a VPC cannot reach: write network: { kind: 'vpc', vpcId, subnetIds, availabilityZones, securityGroupId } (7.30 $ a month and zone for a password, nothing for IAM)",
    ],
    [
      'a Unix socket',
      { ...config, targets: [{ ...target, socketPath: '/run/mysqld/mysqld.sock' }] },
      'targets[0].socketPath: a Lambda function has no such socket',
    ],
    [
      'a certificate file that is not there',
      { ...config, targets: [{ ...target, tls: { caFile: 'no/such.pem' } }] },
      'targets[0].tls.caFile: there is no file no/such.pem',
    ],
    [
      'a shortened ARN of the Slack secret',
      { ...config, slack: { ...config.slack, secretArn: password('slack').arn } },
      'slack.secretArn: use the whole ARN, which ends in a hyphen and six letters or digits',
    ],
    [
      'a shortened ARN of a password',
      { ...config, network: { kind: 'none' }, targets: [{ ...target, credential: password('db') }] },
      'targets[0].credential.arn: use the whole ARN',
    ],
    [
      'more password secrets than a role can name',
      {
        ...config,
        network: { kind: 'none' },
        applications: [],
        targets: Array.from({ length: 130 }, (_unused, at) => ({
          ...target,
          id: `db-${at}`,
          credential: password(`db${at}-AbCdEf`),
        })),
      },
      'targets: 130 different password secrets and 0 database users do not fit into the policy of one role',
    ],
  ])('is refused with %s', (_name, input, says) => {
    const text = problemsOf(input);
    expect(text).toContain('The configuration has one problem');
    expect(text).toContain(says);
  });

  it.each(['172.32.0.1', '11.0.0.1', 'db.10.example.com', '100.64.0.1'])(
    'takes %s for an address that anybody can reach',
    (host) => {
      const input = { ...config, network: { kind: 'none' } as const, targets: [{ ...target, host }] };
      expect(readDeployment(input).kind).toBe('valid');
    },
  );

  it('is refused with a broken runbook, and both are told together', () => {
    const folder = mkdtempSync(join(tmpdir(), 'runbell-runbooks-'));
    mkdirSync(join(folder, 'half-a-runbook'));
    try {
      const read = readDeployment({ ...config, targets: [] }, folder);
      const text = read.kind === 'invalid' ? read.text : '';
      expect(text).toContain('targets: name at least one target');
      expect(text).toContain('half-a-runbook');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

describe('a certificate file of a target', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'runbell-ca-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('goes beside the function, once for each content, and the configuration names it there', () => {
    const file = (name: string, content: string) => {
      writeFileSync(join(folder, name), content);
      return { caFile: join(folder, name) };
    };
    const targets = [file('a.pem', 'one'), file('b.pem', 'two'), file('c.pem', 'one')].map((tls, at) => ({
      ...target,
      id: `db-${at}`,
      tls,
    }));
    const read = readDeployment({ ...config, applications: [], targets: [...targets, { ...target, id: 'rds' }] });
    if (read.kind === 'invalid') throw new Error(read.text);
    const { config: deployed, files } = withCertificateFiles(read.config);
    expect(files.map(({ content }) => content)).toEqual(['one', 'two']);
    const [one, two] = files.map(({ name }) => ({ caFile: `/var/task/${name}` }));
    expect(deployed.targets.map(({ tls }) => tls)).toEqual([one, two, one, 'rds']);
  });
});
