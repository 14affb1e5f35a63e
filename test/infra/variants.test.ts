import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { AccountPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { RemovalPolicy } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import ownMysql from '../../docs/examples/own-mysql-with-password.config.ts';
import rdsWithIam from '../../docs/examples/rds-with-iam.config.ts';
import type { ConfigInput } from '../../functions/core/config/config.ts';
import { METRICS } from '../../functions/core/config/metrics.ts';
import { Runbell } from '../../lib/runbell.ts';
import { RunbellStack } from '../../lib/runbell-stack.ts';
import config from '../../runbell.config.ts';
import { Synthesized, synthesize, testApp } from './synthesize.ts';

const PASSWORD_SECRET = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:runbell/shop-db-GhIjKl';
const SLACK_SECRET = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:runbell/slack-AbCdEf';
const ownVpc = ownMysql.network?.kind === 'vpc' ? ownMysql.network : null;

/** The first synthesis of a process loads the library and bundles the functions; the others take a moment each. */
let plain: Synthesized;
beforeAll(() => {
  plain = synthesize({ config });
}, 120_000);

describe('the way to the databases', () => {
  it('is the open internet without a network: no VPC, no endpoint, no right to make network interfaces', () => {
    const made = synthesize({ config: { ...config, network: { kind: 'none' } } });
    expect(made.all('AWS::EC2::VPCEndpoint')).toEqual([]);
    expect(made.one('AWS::Lambda::Function', 'RunbellWatch').properties['VpcConfig']).toBeUndefined();
    expect(made.whoMay('ec2:CreateNetworkInterface')).toEqual([]);
  });

  it('with IAM in a VPC costs nothing by the hour: one free endpoint for the table, none for secrets', () => {
    const made = synthesize({ config: rdsWithIam });
    expect(made.one('AWS::EC2::VPCEndpoint').properties).toMatchObject({
      VpcEndpointType: 'Gateway',
      VpcId: 'vpc-00000000000000001',
      RouteTableIds: ['rtb-00000000000000001'],
    });
    expect(made.one('AWS::Lambda::Function', 'RunbellWatch').properties['VpcConfig']).toEqual({
      Ipv6AllowedForDualStack: false,
      SecurityGroupIds: ['sg-00000000000000001'],
      SubnetIds: ['subnet-00000000000000001', 'subnet-00000000000000002'],
    });
    for (const name of ['Notify', 'Interact', 'Act', 'Track']) {
      expect(made.one('AWS::Lambda::Function', `Runbell${name}`).properties['VpcConfig']).toBeUndefined();
    }
  });

  it('leaves the table endpoint out where the route tables have one already', () => {
    const network = { ...ownVpc, routeTableIds: [], secretsEndpoint: 'existing' } as ConfigInput['network'];
    expect(synthesize({ config: { ...ownMysql, network } }).all('AWS::EC2::VPCEndpoint')).toEqual([]);
  });

  it('to a password secret is an endpoint that only watch can use, and that changes nothing else in the VPC', () => {
    const made = synthesize({ config: ownMysql });
    const [endpoint] = made
      .all('AWS::EC2::VPCEndpoint')
      .filter(({ properties }) => properties['VpcEndpointType'] === 'Interface');
    expect(endpoint?.properties).toMatchObject({
      PrivateDnsEnabled: false,
      SubnetIds: ['subnet-00000000000000001'],
      PolicyDocument: {
        Statement: [{ Action: 'secretsmanager:GetSecretValue', Resource: PASSWORD_SECRET, Effect: 'Allow' }],
      },
    });
    const ingress = made.one('AWS::EC2::SecurityGroupIngress').properties;
    expect(ingress).toMatchObject({ FromPort: 443, ToPort: 443, SourceSecurityGroupId: 'sg-00000000000000001' });
    const environment = JSON.stringify(made.one('AWS::Lambda::Function', 'RunbellWatch').properties['Environment']);
    expect(environment).toContain('AWS_ENDPOINT_URL_SECRETS_MANAGER');
    expect(environment).toContain('DnsEntries');
  });

  it('takes one subnet of each zone for the endpoint', () => {
    const network = {
      ...ownVpc,
      subnetIds: ['subnet-00000000000000001', 'subnet-00000000000000002', 'subnet-00000000000000003'],
      availabilityZones: ['eu-central-1a', 'eu-central-1a', 'eu-central-1b'],
    } as ConfigInput['network'];
    const made = synthesize({ config: { ...ownMysql, network } });
    const [endpoint] = made
      .all('AWS::EC2::VPCEndpoint')
      .filter(({ properties }) => properties['VpcEndpointType'] === 'Interface');
    expect(endpoint?.properties['SubnetIds']).toEqual(['subnet-00000000000000001', 'subnet-00000000000000003']);
  });

  it('over IPv6 uses the name that answers there, and no endpoint', () => {
    const network = { ...ownVpc, routeTableIds: [], secretsEndpoint: 'egress-only-ipv6' } as ConfigInput['network'];
    const made = synthesize({ config: { ...ownMysql, network } });
    const { properties } = made.one('AWS::Lambda::Function', 'RunbellWatch');
    expect(properties['VpcConfig']).toMatchObject({ Ipv6AllowedForDualStack: true });
    const { Variables } = properties['Environment'] as { readonly Variables: Record<string, unknown> };
    expect(made.text(Variables['AWS_ENDPOINT_URL_SECRETS_MANAGER'])).toBe(
      'https://secretsmanager.<AWS::Region>.api.aws',
    );
    expect(made.all('AWS::EC2::VPCEndpoint')).toEqual([]);
  });

  it('lets watch read the passwords of its targets, and the Slack secret stays with those that talk to Slack', () => {
    const made = synthesize({ config: ownMysql });
    const readers = made
      .allowed('secretsmanager:GetSecretValue')
      .map(({ who, statement }) => [who, ...statement.Resource]);
    expect(readers.sort()).toEqual([
      ['Act', SLACK_SECRET],
      ['Interact', SLACK_SECRET],
      ['Notify', SLACK_SECRET],
      ['Watch', PASSWORD_SECRET],
    ]);
    expect(made.all('AWS::SecretsManager::Secret')).toEqual([]);
  });
});

describe('sampling', () => {
  it.each([
    [30, [0, 30]],
    [15, [0, 15, 30, 45]],
  ] as const)(
    'every %s seconds is one call a minute that puts ticks with delays into a queue',
    (everySeconds, delays) => {
      const made = synthesize({ config: { ...config, sampling: { everySeconds } } });
      const target = made.one('AWS::Scheduler::Schedule', 'RunbellSchedulesWatch').properties['Target'] as Record<
        string,
        unknown
      >;
      expect(made.text(target['Arn'])).toBe('arn:<AWS::Partition>:scheduler:::aws-sdk:sqs:sendMessageBatch');
      const input = JSON.parse(made.text(target['Input'])) as {
        readonly QueueUrl: string;
        readonly Entries: readonly { readonly DelaySeconds: number; readonly MessageBody: string }[];
      };
      expect(input.QueueUrl).toMatch(/^<RunbellWatchTicks/);
      expect(input.Entries.map(({ DelaySeconds }) => DelaySeconds)).toEqual(delays);
      expect(input.Entries.map(({ MessageBody }) => JSON.parse(MessageBody))).toEqual(
        delays.map((delaySeconds) => ({
          kind: 'tick',
          shard: 0,
          scheduledTime: '<aws.scheduler.scheduled-time>',
          delaySeconds,
        })),
      );
      expect(made.one('AWS::SQS::Queue', 'RunbellWatchTicks').properties).toMatchObject({
        MessageRetentionPeriod: 60,
        VisibilityTimeout: 90,
      });
      const source = made.one('AWS::Lambda::EventSourceMapping', 'RunbellWatch').properties;
      expect(source).toMatchObject({ BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } });
      expect(made.whoMay('sqs:SendMessage')).toEqual(['Act', 'Notify', 'Schedules']);
      expect(made.whoMay('sqs:ReceiveMessage')).toEqual(['Watch']);
    },
  );

  it('starts every shard of a fleet, and fits the policies of a thousand databases into one role', () => {
    const [target] = config.targets;
    const targets = Array.from({ length: 1000 }, (_unused, at) => ({
      ...target,
      id: `db-${at}`,
      credential: { kind: 'iam', region: 'eu-central-1', resourceId: `db-${'X'.repeat(22)}${at}` },
    })) as ConfigInput['targets'];
    const made = synthesize({ config: { ...config, applications: [], targets } });
    const shards = made
      .all('AWS::Scheduler::Schedule')
      .flatMap(({ properties }) => JSON.parse((properties['Target'] as { readonly Input: string }).Input).shard ?? []);
    expect(shards.sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(made.one('AWS::CloudWatch::Alarm', 'RunbellAlarmsWatchSilent').properties['Threshold']).toBe(10);
    const policies = JSON.stringify(made.one('AWS::IAM::Role', 'RunbellWatch').properties['Policies']);
    expect(policies.length).toBeLessThan(10_240);
    const [connect] = made.allowed('rds-db:connect');
    expect(connect?.statement.Resource.map((arn) => made.text(arn))).toEqual([
      'arn:<AWS::Partition>:rds-db:eu-central-1:<AWS::AccountId>:dbuser:*/runbell',
    ]);
  });
});

it.each([
  ['as many logins of each kind as go together', 60, 50],
  ['few logins beside many passwords', 20, 85],
  ['the longest list of users', 85, 0],
])('fits the policy of watch into what IAM keeps, with %s', (_name, tokens, passwords) => {
  const [target] = config.targets;
  const account = '000000000000';
  const secret = (at: number) =>
    `arn:aws:secretsmanager:eu-central-1:${account}:secret:runbell/monitoring-${at}-AbCdEf`;
  const targets = [
    ...Array.from({ length: tokens }, (_unused, at) => ({
      ...target,
      id: `token-${at}`,
      credential: { kind: 'iam', region: 'eu-central-1', resourceId: `db-${'X'.repeat(22)}${at}` },
    })),
    ...Array.from({ length: passwords }, (_unused, at) => ({
      ...target,
      id: `password-${at}`,
      credential: { kind: 'secret', arn: secret(at) },
    })),
  ] as ConfigInput['targets'];
  const made = synthesize({
    config: {
      ...config,
      applications: [],
      targets,
      // Every other statement that watch can have.
      sampling: { everySeconds: 15 },
      network: { ...config.network, secretsEndpoint: 'create' } as ConfigInput['network'],
    },
  });
  const statements = made.statements().filter(({ who }) => who === 'Watch');
  const whole = (arn: unknown) =>
    made
      .text(arn)
      .replaceAll('<AWS::Partition>', 'aws-us-gov')
      .replaceAll('<AWS::AccountId>', account)
      .replaceAll('<AWS::Region>', 'ap-northeast-1')
      .replaceAll(/<Runbell\w+>/g, 'x'.repeat(100));
  const text = statements.map(({ statement }) =>
    JSON.stringify({ ...statement, Resource: statement.Resource.map(whole) }),
  );
  // A key of the customer's own adds a statement of about 600.
  expect(text.join(',').length).toBeLessThan(10_240 - 600);
});

describe('what a configuration or a property changes', () => {
  it('sends pages and alarms to the topic of the configuration, and lets notify publish there alone', () => {
    const made = synthesize({ config: rdsWithIam });
    const topic = 'arn:aws:sns:eu-central-1:000000000000:on-call';
    expect(made.all('AWS::SNS::Topic')).toEqual([]);
    for (const { properties } of made.all('AWS::CloudWatch::Alarm'))
      expect(properties['AlarmActions']).toEqual([topic]);
    expect(made.allowed('sns:Publish').map(({ who, statement }) => [who, ...statement.Resource])).toEqual([
      ['Notify', topic],
    ]);
  });

  it('says at synth and in the outputs that runbooks are only suggested while nobody is listed', () => {
    const made = synthesize({ config: { ...config, people: [] } });
    Annotations.fromStack(made.stack).hasInfo('*', Match.stringLikeRegexp('suggested and not runnable'));
    expect(made.template.findOutputs('RunbookUse')['RunbookUse']?.['Value']).toContain('suggested and not runnable');
    const suggested = Match.stringLikeRegexp('suggested and not runnable');
    Annotations.fromStack(plain.stack).hasNoInfo('*', suggested);
    const userGroups = [{ slackGroupId: 'S0ONCALL', name: 'on call' }];
    const groups = synthesize({ config: { ...config, people: [], userGroups } });
    Annotations.fromStack(groups.stack).hasNoInfo('*', suggested);
    expect(groups.template.findOutputs('RunbookUse')['RunbookUse']?.['Value']).toBe(
      'the members of on call may run runbooks',
    );
  });

  it('says at synth and in the outputs whether Runbell keeps copies on the hosts without a click', () => {
    const copiesOf = ({ template }: typeof plain) =>
      String(template.findOutputs('CopiesOnHosts')['CopiesOnHosts']?.['Value']);
    const unasked = Match.stringLikeRegexp('without a click.*\\.env.*orders-api.*snapshots: \\{ off: true \\}');
    Annotations.fromStack(plain.stack).hasInfo('*', unasked);
    expect(copiesOf(plain)).toMatch(/orders-api.*snapshots: \{ off: true \}/);
    const off = synthesize({ config: { ...config, snapshots: { off: true } } });
    Annotations.fromStack(off.stack).hasNoInfo('*', Match.anyValue());
    expect(copiesOf(off)).toBe('none without a click');
  });

  it('warns of an endpoint that costs money and that nothing uses', () => {
    const network = { ...ownVpc, secretsEndpoint: 'create' } as ConfigInput['network'];
    const { stack } = synthesize({ config: { ...config, network } });
    Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('costs money by the hour'));
  });

  it('leaves nothing behind unless asked to, and then protects the table', () => {
    const { Resources } = resources.parse(plain.template.toJSON());
    expect(Object.values(Resources).filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain')).toEqual([]);
    const kept = synthesize({ config, removalPolicy: RemovalPolicy.RETAIN }).template;
    kept.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Retain',
      Properties: { DeletionProtectionEnabled: true },
    });
    plain.template.hasResource('AWS::DynamoDB::Table', {
      DeletionPolicy: 'Delete',
      Properties: { DeletionProtectionEnabled: false },
    });
  });

  it('takes recovery and a limit on clicks as properties', () => {
    const app = testApp();
    const stack = new RunbellStack(app, 'runbell', { config, pointInTimeRecovery: false, interactConcurrency: 5 });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::DynamoDB::Table', {
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
    });
    template.hasResourceProperties('AWS::Lambda::Function', { MemorySize: 1024, ReservedConcurrentExecutions: 5 });
    template.resourcePropertiesCountIs('AWS::Lambda::Function', { ReservedConcurrentExecutions: Match.anyValue() }, 1);
    // What has a limit of its own can be turned away while nothing else is.
    template.resourcePropertiesCountIs('AWS::CloudWatch::Alarm', { MetricName: 'Throttles' }, 2);
  });
});

describe('a key of the customer', () => {
  let keys: Template;
  let made: Synthesized;
  beforeAll(() => {
    const app = testApp();
    const stackOfKeys = new Stack(app, 'keys');
    const encryptionKey = new Key(stackOfKeys, 'Key');
    // With every queue and every secret of its own that a stack can have.
    const input = { ...ownMysql, slack: config.slack, sampling: { everySeconds: 15 } } as const;
    const stack = new RunbellStack(app, 'runbell', { config: input, encryptionKey });
    made = new Synthesized(stack, Template.fromStack(stack));
    keys = Template.fromStack(stackOfKeys);
  });

  it('encrypts whatever is stored: table, queues, topic, secret and logs', () => {
    expect(made.one('AWS::DynamoDB::Table').properties['SSESpecification']).toMatchObject({
      SSEEnabled: true,
      SSEType: 'KMS',
      KMSMasterKeyId: expect.anything(),
    });
    const encrypted = (type: string, property: string) =>
      made.all(type).map(({ properties }) => properties[property] !== undefined);
    expect(encrypted('AWS::SQS::Queue', 'KmsMasterKeyId')).toEqual([true, true]);
    expect(encrypted('AWS::SNS::Topic', 'KmsMasterKeyId')).toEqual([true]);
    expect(encrypted('AWS::SecretsManager::Secret', 'KmsKeyId')).toEqual([true]);
    expect(encrypted('AWS::Logs::LogGroup', 'KmsKeyId')).toEqual([true, true, true, true, true]);
  });

  it('is used by every function, and only through the services that keep our state', () => {
    expect(made.whoMay('kms:Decrypt')).toEqual(['Act', 'Interact', 'Notify', 'Schedules', 'Track', 'Watch']);
    for (const { statement } of made.allowed('kms:Decrypt')) {
      const services = [statement.Condition?.['StringEquals']?.['kms:ViaService']].flat().map((one) => made.text(one));
      expect(services).toEqual(
        ['dynamodb', 'sqs', 'secretsmanager', 'sns'].map((name) => `${name}.<AWS::Region>.<AWS::URLSuffix>`),
      );
    }
  });

  it("lets in by its own policy those who use it in nobody's name: logs and alarms", () => {
    const text = JSON.stringify(keys.findResources('AWS::KMS::Key'));
    expect(text).toContain('"cloudwatch.amazonaws.com"');
    expect(text).toContain('"logs."');
  });
});

describe('the construct in an app of somebody else', () => {
  let template: Template;
  let runbell: Runbell;
  beforeAll(() => {
    // Without the feature flags of this repository.
    const stack = new Stack(new App(), 'house');
    const pageTopic = new Topic(stack, 'OnCall');
    runbell = new Runbell(stack, 'Runbell', { config: rdsWithIam, pageTopic, dashboard: true });
    const assumedBy = new AccountPrincipal('000000000000');
    runbell.grantRead(new Role(stack, 'Reader', { assumedBy }));
    runbell.grantRequest(new Role(stack, 'Asker', { assumedBy }));
    template = Template.fromStack(stack);
  });

  it('sends pages and alarms to a topic of the app', () => {
    const [Ref = ''] = Object.keys(template.findResources('AWS::SNS::Topic'));
    template.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [{ Ref }], OKActions: [{ Ref }] });
  });

  it('has a dashboard only when it is asked for, of all numbers that the functions write', () => {
    expect(plain.all('AWS::CloudWatch::Dashboard')).toEqual([]);
    const text = JSON.stringify(template.findResources('AWS::CloudWatch::Dashboard')).replaceAll('\\', '');
    for (const { metric } of Object.values(METRICS).flat())
      expect(text, metric).toContain(`"Runbell","${metric}","App","${runbell.config.name}"`);
    expect(text).toContain('docs/operating.md#alarms');
  });

  it('grants reading, and asking, which writes requests and nothing else', () => {
    const grantsOf = (id: string) =>
      Object.entries(template.findResources('AWS::IAM::Policy'))
        .filter(([name]) => name.startsWith(id))
        .flatMap(([, { Properties }]) => grants.parse(Properties).PolicyDocument.Statement);
    const actions = (id: string) => [...new Set(grantsOf(id).flatMap(({ Action }) => Action))].sort();
    expect(actions('Reader')).toEqual(['dynamodb:GetItem', 'dynamodb:Query']);
    expect(actions('Asker')).toEqual(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query']);
    const put = grantsOf('Asker').filter(({ Action }) => [Action].flat().includes('dynamodb:PutItem'));
    expect(put.map(({ Condition }) => Condition)).toMatchObject([
      {
        // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM puts the caller's id there.
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['inbox#operator#${aws:userid}#*'] },
        Null: { 'dynamodb:LeadingKeys': 'false', 'dynamodb:Attributes': 'false' },
      },
    ]);
  });

  it('gives each number as a metric of this application', () => {
    const { namespace, metricName, dimensions } =
      runbell.metric('ClickAck', { statistic: 'p99' }).toMetricConfig().metricStat ?? {};
    expect([namespace, metricName, dimensions]).toEqual([
      'Runbell',
      'ClickAck',
      [{ name: 'App', value: runbell.config.name }],
    ]);
  });

  it('says which version it is, as the stack does in its outputs', () => {
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8')));
    expect(runbell.version).toBe(version);
    expect(plain.template.findOutputs('Version')['Version']?.['Value']).toBe(version);
  });
});

const grants = z.object({
  PolicyDocument: z.object({
    Statement: z.array(
      z.object({ Action: z.union([z.string(), z.array(z.string())]), Condition: z.unknown().optional() }),
    ),
  }),
});

describe('AwsSolutions', () => {
  /** Everything the rules object to, with the reason why it stays as it is. */
  const accepted: Readonly<Record<string, string>> = {
    'Slack/Secret AwsSolutions-SMG4':
      'Slack issues bot token and signing secret to a person; no function could rotate them.',
    'DeadLetters AwsSolutions-SQS3': 'It is the dead-letter queue; an alarm watches its depth.',
    'Watch/Ticks AwsSolutions-SQS3': 'A tick that failed is stale; the next one looks at the same databases.',
    'Watch/Watch/Role AwsSolutions-IAM5[Resource::*]': 'Lambda describes network interfaces, which knows no resources.',
    'Watch/Watch/Role AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:*/*]':
      'Lambda makes the network interfaces with this role and takes nothing narrower; the code itself is denied it.',
    'Act/Act/Act/Role AwsSolutions-IAM5[Resource::*]': 'Looking at commands knows no resources.',
    'Runner/Role AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ec2:<AWS::Region>:<AWS::AccountId>:instance/*]':
      'Narrowed to instances that carry the tag of the configuration.',
    'Runner/Role AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ssm:<AWS::Region>:<AWS::AccountId>:managed-instance/*]':
      'Narrowed to managed nodes that carry the tag of the configuration.',
    'Track/Track/Role AwsSolutions-IAM5[Resource::*]': 'Looking at commands knows no resources.',
  };

  it('objects to nothing but what is accepted with a reason, and every reason is still needed', () => {
    const findings = [config, rdsWithIam, ownMysql].flatMap((input) => findingsOf(input));
    expect([...new Set(findings)].sort()).toEqual(Object.keys(accepted).sort());
  });
});

const resources = z.object({
  Resources: z.record(z.string(), z.object({ DeletionPolicy: z.string().optional() })),
});

const report = z.object({
  pluginReports: z.array(
    z.object({
      violations: z.array(
        z.object({
          ruleName: z.string(),
          violatingConstructs: z.array(z.object({ constructPath: z.string() })),
        }),
      ),
    }),
  ),
});

function findingsOf(input: ConfigInput): readonly string[] {
  const app = testApp();
  new RunbellStack(app, 'runbell', { config: input });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  // It throws because of the very findings that are read from its report.
  expect(() => app.synth()).toThrow('AwsSolutions');
  const { pluginReports } = report.parse(JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')));
  return pluginReports.flatMap(({ violations }) =>
    violations.flatMap(({ ruleName, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => {
        const path = constructPath.replace(/^runbell\/Runbell\//, '').replace(/\/Resource$/, '');
        return `${path} ${ruleName.replace('AwsSolutions::', '')}`;
      }),
    ),
  );
}
