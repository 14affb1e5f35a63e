import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Asker } from '../../../bin/commands/common/asker.ts';
import { run } from '../../../bin/commands/init.ts';
import { leftToFill, NO_ANSWERS } from '../../../bin/flows/init/answers.ts';
import { defineConfig, parseConfig } from '../../../functions/core/config/parse-config.ts';
import { readDeployment } from '../../../lib/read-deployment.ts';
import { type StagedCall, startAwsStage } from '../support/aws-stage.ts';
import { RecordingConsole } from '../support/recording-console.ts';

const DATABASES = `<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>
  ${instance('orders-db', 'mysql', 'true')}${instance('Old.Reports', 'mariadb', 'false')}${instance('search', 'postgres', 'true')}
</DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>`;

function instance(id: string, engine: string, takesTokens: string): string {
  const subnets = ['a', 'b', 'c'].map(
    (zone, at) => `<Subnet><SubnetIdentifier>subnet-0000000000000000${at + 1}</SubnetIdentifier>
      <SubnetAvailabilityZone><Name>eu-central-1${zone}</Name></SubnetAvailabilityZone></Subnet>`,
  );
  return `<DBInstance><DBInstanceIdentifier>${id}</DBInstanceIdentifier><Engine>${engine}</Engine>
    <EngineVersion>8.4.3</EngineVersion><DbiResourceId>db-ABCDEFGHIJKL</DbiResourceId>
    <Endpoint><Address>${id.toLowerCase()}.example.eu-central-1.rds.amazonaws.com</Address><Port>3307</Port></Endpoint>
    <IAMDatabaseAuthenticationEnabled>${takesTokens}</IAMDatabaseAuthenticationEnabled>
    <VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-00000000000000001</VpcSecurityGroupId></VpcSecurityGroupMembership></VpcSecurityGroups>
    <DBSubnetGroup><VpcId>vpc-00000000000000001</VpcId><Subnets>${subnets.join('')}</Subnets></DBSubnetGroup></DBInstance>`;
}

function awsWithDatabases({ name }: StagedCall) {
  if (name === 'DescribeDBInstances') return DATABASES;
  if (name === 'DescribeRouteTables') {
    const item = '<item><routeTableId>rtb-00000000000000001</routeTableId></item>';
    return `<DescribeRouteTablesResponse><routeTableSet>${item}${item}</routeTableSet></DescribeRouteTablesResponse>`;
  }
  if (name !== 'DescribeInstanceInformation') return null;
  const known = { PingStatus: 'Online', PlatformType: 'Linux' };
  return {
    InstanceInformationList: [
      { InstanceId: 'i-0abc1234567890def', AgentVersion: '3.3.3572.0', ComputerName: 'web-1', ...known },
      { InstanceId: 'i-0abc1234567890aaa', AgentVersion: '3.3.1142.0', ...known },
    ],
  };
}

const NOWHERE = { AWS_EC2_METADATA_DISABLED: 'true' };
const FLAGS = [
  ['--yes', '--channel', 'C012AB3CD', '--workspace', 'T012AB3CD', '--person', 'U012AB3CD'],
  ['--hosts', 'i-0abc1234567890def', '--directory', '/srv/orders', '--user', 'deploy', '--processes', 'web,worker'],
].flat();

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'runbell-init-'));
  file = join(folder, 'runbell.config.ts');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The written file as its reader would run it. */
function written() {
  const body = readFileSync(file, 'utf8')
    .replace(/^import .*$/m, '')
    .replace('export default', 'return');
  const config: unknown = new Function('defineConfig', body)(defineConfig);
  const parsed = parseConfig(config);
  if (parsed.kind === 'invalid') throw new Error(JSON.stringify(parsed.problems));
  return parsed.config;
}

describe('npx runbell init', () => {
  it('writes a configuration that is valid even when nothing is known, and names all that is missing', async () => {
    const io = new RecordingConsole(NOWHERE);
    expect(await run(['--yes', '--offline', '--out', file], io)).toBe(0);
    expect(written().targets[0]?.host).toBe('main-db.example.internal');
    const marks = readFileSync(file, 'utf8').match(/FILL IN/g) ?? [];
    expect(marks.length).toBe(leftToFill(NO_ANSWERS).length);
    for (const line of leftToFill(NO_ANSWERS)) expect(io.everything).toContain(line);
  });

  it('takes all answers from flags and can then be deployed as it is', async () => {
    const io = new RecordingConsole(NOWHERE);
    const database = ['--database', 'orders.example.com:3307', '--credential', 'iam:eu-central-1:db-ABCDEFGHIJKL'];
    await run([...FLAGS, ...database, '--offline', '--out', file], io);
    const config = written();
    expect(config.targets[0]).toMatchObject({ host: 'orders.example.com', port: 3307, credential: { kind: 'iam' } });
    expect(config.applications[0]).toMatchObject({ user: 'deploy', pm2: { processes: ['web', 'worker'] } });
    expect(readDeployment(config)).toMatchObject({ kind: 'valid' });
  });

  it('fills in login and network of a database that AWS knows, and says why', async () => {
    const aws = await startAwsStage(awsWithDatabases);
    const io = new RecordingConsole(aws.environment);
    await run([...FLAGS, '--database', 'orders-db', '--out', file], io);
    await aws.stop();
    const config = written();
    expect(config.targets[0]).toMatchObject({
      id: 'orders-db',
      port: 3307,
      credential: { kind: 'iam', region: 'eu-central-1', resourceId: 'db-ABCDEFGHIJKL' },
    });
    expect(config.network).toEqual({
      kind: 'vpc',
      vpcId: 'vpc-00000000000000001',
      subnetIds: ['subnet-00000000000000001', 'subnet-00000000000000002'],
      availabilityZones: ['eu-central-1a', 'eu-central-1b'],
      securityGroupId: 'sg-00000000000000001',
      routeTableIds: ['rtb-00000000000000001'],
    });
    expect(io.everything).toContain('login with IAM tokens: it is switched on there');
    expect(readDeployment(config)).toMatchObject({ kind: 'valid' });
  });

  it('finds the way to a database that somebody runs on a machine of their own', async () => {
    const aws = await startAwsStage((call) => {
      const { name, parameters } = call;
      if (name === 'DescribeRouteTables') {
        const isMain =
          parameters['Filter.1.Name'] === 'association.main' &&
          parameters['Filter.2.Value.1'] === 'vpc-00000000000000002';
        const item = '<item><routeTableId>rtb-0000000000000main</routeTableId></item>'.replace('main', '0002');
        return `<DescribeRouteTablesResponse><routeTableSet>${isMain ? item : ''}</routeTableSet></DescribeRouteTablesResponse>`;
      }
      if (name !== 'DescribeInstances') return awsWithDatabases(call);
      expect(parameters).toMatchObject({ 'Filter.1.Name': 'private-ip-address', 'Filter.1.Value.1': '10.0.12.34' });
      return `<DescribeInstancesResponse><reservationSet><item><instancesSet><item>
        <instanceId>i-0abc1234567890bbb</instanceId><vpcId>vpc-00000000000000002</vpcId>
        <subnetId>subnet-00000000000000009</subnetId><placement><availabilityZone>eu-central-1b</availabilityZone></placement>
        <groupSet><item><groupId>sg-00000000000000009</groupId></item></groupSet>
        </item></instancesSet></item></reservationSet></DescribeInstancesResponse>`;
    });
    const io = new RecordingConsole(aws.environment);
    await run([...FLAGS, '--database', '10.0.12.34', '--out', file], io);
    await aws.stop();
    expect(written()).toMatchObject({
      targets: [{ host: '10.0.12.34', tls: 'system', credential: { kind: 'secret' } }],
      network: {
        vpcId: 'vpc-00000000000000002',
        subnetIds: ['subnet-00000000000000009'],
        availabilityZones: ['eu-central-1b'],
        securityGroupId: 'sg-00000000000000009',
        routeTableIds: ['rtb-00000000000000002'],
        secretsEndpoint: 'create',
      },
    });
    expect(io.everything).toMatch(/it is on i-0abc1234567890bbb[\s\S]*7\.30 \$ a month/);
  });

  it('takes of Aurora what its cluster says of logging in', async () => {
    const aws = await startAwsStage((call) => {
      if (call.name === 'DescribeDBClusters') {
        return `<DescribeDBClustersResponse><DescribeDBClustersResult><DBClusters><DBCluster>
          <DBClusterIdentifier>orders</DBClusterIdentifier><DbClusterResourceId>cluster-ABCDEFGHIJKL</DbClusterResourceId>
          <IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled>
          </DBCluster></DBClusters></DescribeDBClustersResult></DescribeDBClustersResponse>`;
      }
      if (call.name !== 'DescribeDBInstances') return awsWithDatabases(call);
      const one = instance('orders-1', 'aurora-mysql', 'false');
      const member = one.replace('<Engine>', '<DBClusterIdentifier>orders</DBClusterIdentifier><Engine>');
      return `<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances>${member}</DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>`;
    });
    await run([...FLAGS, '--database', 'orders-1', '--out', file], new RecordingConsole(aws.environment));
    await aws.stop();
    expect(written().targets[0]?.credential).toMatchObject({ kind: 'iam', resourceId: 'cluster-ABCDEFGHIJKL' });
  });

  it('keeps copies of the configuration on the hosts unless told otherwise, and says in the file what that is', async () => {
    const args = ['--yes', '--offline', '--out', file];
    await run(args, new RecordingConsole(NOWHERE));
    expect(written().snapshots.off).toBe(false);
    const line = readFileSync(file, 'utf8')
      .split('\n')
      .findIndex((text) => text.trim() === 'snapshots: { off: false },');
    const said = readFileSync(file, 'utf8')
      .split('\n')
      .slice(line - 5, line)
      .join('\n');
    expect(said).toMatch(/without a click[\s\S]*\.env[\s\S]*off: true/);
    await run([...args, '--force', '--snapshots', 'off'], new RecordingConsole(NOWHERE));
    expect(written().snapshots.off).toBe(true);
  });

  it.each([
    ['on', false],
    ['off', true],
  ])('asks whether Runbell may keep copies on the hosts: %s', async (answer, off) => {
    const asked: { question: string; values: readonly string[]; hints: string }[] = [];
    const asker: Asker = {
      text: async () => null,
      hidden: async () => '',
      one: async (question, options) => {
        asked.push({
          ...{ question, values: options.map(({ value }) => value) },
          hints: options.map(({ hint = '' }) => hint).join('; '),
        });
        return answer;
      },
      many: async () => [],
    };
    await run(['--offline', '--out', file], new RecordingConsole(NOWHERE), asker);
    // What is suggested stands first.
    expect(asked).toEqual([
      {
        question: expect.stringMatching(/copies.*\.env.*hosts/),
        values: ['on', 'off'],
        hints: expect.stringContaining('daily'),
      },
    ]);
    expect(written().snapshots.off).toBe(off);
    await run(['--offline', '--force', '--snapshots', 'off', '--out', file], new RecordingConsole(NOWHERE), asker);
    expect(asked).toHaveLength(1);
  });

  it('offers what it finds and takes what a person chooses', async () => {
    const aws = await startAwsStage(awsWithDatabases);
    const offered: string[] = [];
    const asker: Asker = {
      text: async () => null,
      hidden: async () => '',
      one: async (question, options) => {
        if (question !== 'Which database?') return options[0]?.value ?? '';
        offered.push(...options.map(({ label }) => label));
        return 'Old.Reports';
      },
      many: async (_question, options) => {
        offered.push(...options.map(({ hint = '' }) => hint));
        return options.map(({ value }) => value).slice(0, 1);
      },
    };
    const io = new RecordingConsole(aws.environment);
    await run(['--out', file], io, asker);
    await aws.stop();
    expect(offered).toEqual([
      ...['orders-db', 'Old.Reports', 'another one'],
      ...['web-1, agent 3.3.3572.0', 'agent 3.3.1142.0, too old, doctor says how to update it'],
    ]);
    const config = written();
    expect(config.targets[0]?.id).toBe('old-reports');
    expect(config.network).toMatchObject({ secretsEndpoint: 'create' });
    expect(config.applications[0]?.hosts).toEqual(['i-0abc1234567890def']);
    expect(io.everything).toContain('14.60 $ a month');
  });

  it('goes on with what it may see when a listing is refused', async () => {
    const aws = await startAwsStage((call) =>
      call.name === 'DescribeDBInstances' ? { refuse: 'AccessDenied' } : awsWithDatabases(call),
    );
    const io = new RecordingConsole(aws.environment);
    expect(await run([...FLAGS, '--out', file], io)).toBe(0);
    await aws.stop();
    expect(io.everything).toContain('rds:DescribeDBInstances, AccessDenied');
  });

  it('leaves an existing file alone until it is told otherwise', async () => {
    writeFileSync(file, 'mine');
    const args = ['--yes', '--offline', '--out', file];
    await expect(run(args, new RecordingConsole(NOWHERE))).rejects.toThrow('--force');
    expect(readFileSync(file, 'utf8')).toBe('mine');
    expect(await run([...args, '--force'], new RecordingConsole(NOWHERE))).toBe(0);
  });

  it('replaces the example that a clone comes with, and nothing that somebody has put an id of their own into', async () => {
    const args = ['--yes', '--offline', '--channel', 'C012AB3CD', '--out', file];
    const example = readFileSync('runbell.config.ts', 'utf8').replace(/'\.\/functions/, `'${process.cwd()}/functions`);
    writeFileSync(file, example);
    const io = new RecordingConsole(NOWHERE);
    expect(await run(args, io)).toBe(0);
    expect(io.everything).toContain('is the example with made-up ids: it is replaced');
    expect(written().slack.channel).toBe('C012AB3CD');

    // A module is read once in a process, so what is somebody's own lies elsewhere.
    for (const [at, own] of ['C0EXAMPLE01', 'orders-db.example.internal', 'i-00000000000000002'].entries()) {
      const other = join(folder, `own-${at}.config.ts`);
      const text = example.replace(
        own,
        own.startsWith('i-') ? 'i-0abc1234567890def' : own.replace(/EXAMPLE|example/, 'OURS'),
      );
      writeFileSync(other, text);
      const refused = run(['--yes', '--offline', '--out', other], new RecordingConsole(NOWHERE));
      await expect(refused).rejects.toThrow('was left as it is');
      expect(readFileSync(other, 'utf8')).toBe(text);
    }
  });

  it.each([
    [['--channel', '#alerts'], 'slack.channel: use a channel id'],
    [['--user', 'root'], 'PM2 must not run as root'],
    [['--credential', 'hunter'], 'never a password'],
    [['--every', '5'], '--every takes 60, 30, 15'],
    [['--snapshots', 'maybe'], '--snapshots takes on, off'],
  ])('writes nothing when %j cannot be right', async (flags, says) => {
    const wrong = run(['--yes', '--offline', '--out', file, ...flags], new RecordingConsole(NOWHERE));
    await expect(wrong).rejects.toThrow(says);
    expect(existsSync(file)).toBe(false);
  });
});
