import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Stack } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import { OPEN_INDEX, WAITING_INDEX } from '../../functions/adapters/dynamodb/state-item.ts';
import { loadSettings } from '../../functions/adapters/system/load-settings.ts';
import { RUNBOOKS_FOLDER } from '../../lib/read-deployment.ts';
import { loadCatalogue } from '../../lib/runbook-catalogue.ts';
import config from '../../runbell.config.ts';
import { type Synthesized, synthesize } from './synthesize.ts';

const FUNCTIONS = ['Act', 'Interact', 'Notify', 'Track', 'Watch'];

let made: Synthesized;
beforeAll(() => {
  made = synthesize({ config });
}, 120_000);

describe('who may do what', () => {
  it('lets only the runner role send commands, which only act can take, and only under the id of a run', () => {
    expect(made.whoMay('ssm:SendCommand')).toEqual(['Runner']);
    const { AssumeRolePolicyDocument: trust } = made.one('AWS::IAM::Role', 'RunbellRunner').properties;
    const act = made.one('AWS::IAM::Role', 'RunbellAct').id;
    expect(trust).toMatchObject({
      Statement: [
        {
          Action: 'sts:AssumeRole',
          Principal: { AWS: { 'Fn::GetAtt': [act, 'Arn'] } },
          Condition: { StringLike: { 'sts:RoleSessionName': ['run-*', 'beside-*'] } },
        },
      ],
    });
    expect(made.statements().filter(({ who }) => who === 'Runner')).toHaveLength(2);
    const told = made
      .all('AWS::Lambda::Function')
      .filter(({ properties }) => JSON.stringify(properties).includes('RunnerRole'));
    expect(told.map(({ id }) => id.replace(/Function.*/, ''))).toEqual(['RunbellAct']);
  });

  it('lets the runner role send exactly our documents, and only to instances that carry the tag', () => {
    const [documents, hosts, ...others] = made.allowed('ssm:SendCommand').map(({ statement }) => statement);
    expect(others).toEqual([]);
    const names = loadCatalogue('runbell', RUNBOOKS_FOLDER).map(({ name }) => name);
    const place = '<AWS::Region>:<AWS::AccountId>';
    expect(documents?.Resource.map((arn) => made.text(arn))).toEqual(
      names.map((name) => `arn:<AWS::Partition>:ssm:${place}:document/${name}`),
    );
    expect(hosts?.Resource.map((arn) => made.text(arn))).toEqual([
      `arn:<AWS::Partition>:ec2:${place}:instance/*`,
      `arn:<AWS::Partition>:ssm:${place}:managed-instance/*`,
    ]);
    expect(hosts?.Condition).toEqual({ StringEquals: { 'ssm:resourceTag/runbell': 'allowed' } });
    expect(hosts?.Action).toEqual(['ssm:SendCommand']);
  });

  it('lets only act and track see how commands went', () => {
    expect(made.whoMay('ssm:GetCommandInvocation')).toEqual(['Act', 'Track']);
    expect(made.whoMay('ssm:ListCommands')).toEqual(['Act', 'Track']);
  });

  it('lets only those that talk to Slack read its secret: act asks who a person is', () => {
    expect(made.whoMay('secretsmanager:GetSecretValue')).toEqual(['Act', 'Interact', 'Notify']);
    const secret = made.one('AWS::SecretsManager::Secret').id;
    for (const { statement } of made.allowed('secretsmanager:GetSecretValue')) {
      expect(statement.Resource.map((arn) => made.text(arn))).toEqual([`<${secret}>`]);
    }
  });

  it('lets the function that the internet can reach write requests and nothing else', () => {
    const actions = made.statements().filter(({ who }) => who === 'Interact');
    expect(actions.flatMap(({ statement }) => statement.Action).sort()).toEqual([
      'dynamodb:PutItem',
      'logs:CreateLogStream',
      'logs:PutLogEvents',
      'secretsmanager:GetSecretValue',
    ]);
    const [put] = made.allowed('dynamodb:PutItem').filter(({ who }) => who === 'Interact');
    // What that comes to is tried in table-grants.test.ts.
    expect(put?.statement.Condition).toMatchObject({
      'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': ['inbox#slack#*'] },
      Null: { 'dynamodb:LeadingKeys': 'false', 'dynamodb:Attributes': 'false' },
    });
  });

  it('lets watch sign in as the monitoring user of its targets and nowhere else', () => {
    const [connect, ...others] = made.allowed('rds-db:connect');
    expect(others).toEqual([]);
    expect(connect?.who).toBe('Watch');
    expect(connect?.statement.Resource.map((arn) => made.text(arn))).toEqual([
      'arn:<AWS::Partition>:rds-db:eu-central-1:<AWS::AccountId>:dbuser:db-EXAMPLEEXAMPLE0000000000000/runbell',
    ]);
  });

  it('denies the code of watch what Lambda needs to place it into the VPC', () => {
    const denied = made.statements().filter(({ statement }) => statement.Effect === 'Deny');
    expect(denied.map(({ who, statement }) => ({ who, when: statement.Condition }))).toEqual([
      { who: 'Watch', when: { Null: { 'lambda:SourceFunctionArn': 'false' } } },
    ]);
    const placing = made.statements().filter(({ statement }) => statement.Action.some((one) => one.startsWith('ec2:')));
    const allowed = placing.filter(({ statement }) => statement.Effect === 'Allow');
    expect(allowed.flatMap(({ statement }) => statement.Action).sort()).toEqual(denied[0]?.statement.Action.toSorted());
  });

  it('allows an action on everything only where AWS knows no resource for it', () => {
    const wide = made
      .statements()
      .filter(({ statement }) => statement.Effect === 'Allow' && statement.Resource.includes('*'));
    expect([...new Set(wide.flatMap(({ statement }) => statement.Action))].sort()).toEqual([
      'ec2:DescribeNetworkInterfaces',
      'ec2:DescribeSubnets',
      'ssm:CancelCommand',
      'ssm:GetCommandInvocation',
      'ssm:ListCommands',
    ]);
  });

  it('allows no action by a pattern', () => {
    expect(
      made.statements().flatMap(({ statement }) => statement.Action.filter((action) => action.includes('*'))),
    ).toEqual([]);
  });

  it('gives each function a role of its own without managed policies', () => {
    const functions = made.all('AWS::Lambda::Function');
    expect(functions.map(({ id }) => /^Runbell([A-Z][a-z]+)/.exec(id)?.[1]).sort()).toEqual(FUNCTIONS);
    expect(new Set(functions.map(({ properties }) => made.text(properties['Role']))).size).toBe(FUNCTIONS.length);
    for (const { properties } of made.all('AWS::IAM::Role')) expect(properties['ManagedPolicyArns']).toBeUndefined();
  });

  it('shows the internet the request URL and nothing else', () => {
    const open = made.all('AWS::Lambda::Permission').filter(({ properties }) => properties['Principal'] === '*');
    expect(open.every(({ properties }) => made.text(properties['FunctionName']).startsWith('<RunbellInteract'))).toBe(
      true,
    );
    expect(open.map(({ properties }) => properties['Action']).sort()).toEqual([
      'lambda:InvokeFunction',
      'lambda:InvokeFunctionUrl',
    ]);
    const invoke = open.find(({ properties }) => properties['Action'] === 'lambda:InvokeFunction');
    expect(invoke?.properties['InvokedViaFunctionUrl']).toBe(true);
    const url = made.one('AWS::Lambda::Url').properties;
    expect(made.text(url['TargetFunctionArn'])).toContain('RunbellInteract');
    expect(url['Cors']).toBeUndefined();
  });

  it('refuses plain HTTP on queues and topic, and lets CloudWatch alone publish alarms', () => {
    const policies = [...made.all('AWS::SQS::QueuePolicy'), ...made.all('AWS::SNS::TopicPolicy')];
    expect(policies).toHaveLength(2);
    for (const { properties } of policies) {
      expect(JSON.stringify(properties)).toContain(
        '"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"',
      );
    }
    expect(JSON.stringify(made.one('AWS::SNS::TopicPolicy').properties)).toContain('cloudwatch.amazonaws.com');
  });

  it('puts no secret into the environment, and makes the Slack secret without values', () => {
    for (const { properties } of made.all('AWS::Lambda::Function')) {
      const { Variables } = properties['Environment'] as { readonly Variables: Record<string, unknown> };
      expect(
        Object.keys(Variables).every((name) =>
          /^RUNBELL_(APP|TABLE|SLACK_SECRET_ARN|WATCH_FUNCTION|RUNNER_ROLE_ARN|PAGE_TOPIC)$/.test(name),
        ),
      ).toBe(true);
    }
    const secret = made.one('AWS::SecretsManager::Secret').properties;
    expect(secret['SecretString']).toBe('{"botToken":"","signingSecret":""}');
    expect(secret['GenerateSecretString']).toBeUndefined();
  });
});

describe('the state table', () => {
  it('keeps its logical id, because another one would be another, empty table', () => {
    expect(made.one('AWS::DynamoDB::Table').id).toBe('RunbellStateTable52E2C5A6');
  });

  it('has the keys, the index and the stream that the adapter works with', () => {
    const table = made.one('AWS::DynamoDB::Table').properties;
    expect(table['KeySchema']).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
    expect(table['AttributeDefinitions']).toEqual([
      { AttributeName: 'pk', AttributeType: 'S' },
      { AttributeName: 'sk', AttributeType: 'S' },
      { AttributeName: 'open', AttributeType: 'S' },
      { AttributeName: 'dueAtMs', AttributeType: 'N' },
      { AttributeName: 'waiting', AttributeType: 'S' },
    ]);
    expect(table['GlobalSecondaryIndexes']).toEqual([
      {
        IndexName: OPEN_INDEX,
        KeySchema: [
          { AttributeName: 'open', KeyType: 'HASH' },
          { AttributeName: 'dueAtMs', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'ALL' },
      },
      {
        IndexName: WAITING_INDEX,
        KeySchema: [
          { AttributeName: 'waiting', KeyType: 'HASH' },
          { AttributeName: 'dueAtMs', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'KEYS_ONLY' },
      },
    ]);
    expect(table['StreamSpecification']).toEqual({ StreamViewType: 'NEW_AND_OLD_IMAGES' });
    expect(table['TimeToLiveSpecification']).toEqual({ AttributeName: 'expiresAtS', Enabled: true });
    expect(table['BillingMode']).toBe('PAY_PER_REQUEST');
  });

  it('wakes notify and act for what they owe, and nobody for a sample', () => {
    const filters = (id: string) => {
      const { FilterCriteria } = made.one('AWS::Lambda::EventSourceMapping', id).properties;
      return (FilterCriteria as { readonly Filters: readonly { readonly Pattern: string }[] }).Filters.map(
        ({ Pattern }) => {
          const { entity, owes } = JSON.parse(Pattern).dynamodb.NewImage;
          return [entity.S, owes.S].join();
        },
      );
    };
    expect(filters('RunbellNotify')).toEqual(['target,notice', 'request,answer', 'channel,notice', 'freezes,notice']);
    expect(filters('RunbellAct')).toEqual(['inbox,decision', 'request,decision', 'run,step']);
    expect(made.all('AWS::Lambda::EventSourceMapping')).toHaveLength(2);
  });

  it('gives up on a record that cannot be handled, after few tries, into the dead letters', () => {
    const queue = made.one('AWS::SQS::Queue').id;
    for (const { properties } of made.all('AWS::Lambda::EventSourceMapping')) {
      expect(properties).toMatchObject({
        MaximumRetryAttempts: 3,
        MaximumRecordAgeInSeconds: 600,
        BisectBatchOnFunctionError: true,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        DestinationConfig: { OnFailure: { Destination: { 'Fn::GetAtt': [queue, 'Arn'] } } },
      });
      expect(properties['ParallelizationFactor']).toBeUndefined();
    }
  });
});

describe('the functions', () => {
  it('run on Node 24 on arm64 and keep their own log for a month, as JSON', () => {
    for (const { properties } of made.all('AWS::Lambda::Function')) {
      expect(properties).toMatchObject({
        Runtime: 'nodejs24.x',
        Architectures: ['arm64'],
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON' },
      });
    }
    const groups = made.all('AWS::Logs::LogGroup');
    expect(groups.map(({ properties }) => properties['RetentionInDays'])).toEqual(FUNCTIONS.map(() => 30));
    const used = made.all('AWS::Lambda::Function').map(({ properties }) => {
      const { LogGroup } = properties['LoggingConfig'] as { readonly LogGroup: unknown };
      return made.text(LogGroup);
    });
    expect(used.sort()).toEqual(groups.map(({ id }) => `<${id}>`).sort());
  });

  it('find their settings beside their bundle: the configuration and the catalogue of this very stack', () => {
    const assets = Stack.of(made.stack.runbell).node.root as import('aws-cdk-lib').App;
    for (const { properties } of made.all('AWS::Lambda::Function')) {
      const { S3Key } = properties['Code'] as { readonly S3Key: string };
      const folder = join(assets.outdir, `asset.${S3Key.replace('.zip', '')}`);
      expect(existsSync(join(folder, 'index.cjs'))).toBe(true);
      const settings = loadSettings(folder);
      expect(settings.config).toEqual(made.stack.runbell.config);
      expect(settings.catalogue.map(({ document }) => document.name)).toEqual(made.stack.runbell.documents.names);
    }
  });

  it('are started once a minute, and a minute that was missed is not made up for', () => {
    const schedules = made.all('AWS::Scheduler::Schedule').map(({ properties }) => properties);
    const targets = schedules.map(({ Target }) => Target as Record<string, unknown>);
    expect(schedules.map(({ ScheduleExpression }) => ScheduleExpression)).toEqual(['rate(1 minute)', 'rate(1 minute)']);
    for (const target of targets) {
      expect(target['RetryPolicy']).toEqual({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    }
    expect(targets.map(({ Input }) => JSON.parse(String(Input)))).toEqual([
      { kind: 'tick', shard: 0, scheduledTime: '<aws.scheduler.scheduled-time>', delaySeconds: 0 },
      { kind: 'sweep' },
    ]);
    for (const { properties } of made.all('AWS::Lambda::EventInvokeConfig')) {
      expect(properties).toMatchObject({ MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 });
    }
  });

  it('hear of the commands of our documents and of no others', () => {
    expect(made.one('AWS::Events::Rule').properties['EventPattern']).toEqual({
      source: ['aws.ssm'],
      'detail-type': ['EC2 Command Invocation Status-change Notification'],
      detail: { 'document-name': made.stack.runbell.documents.names },
    });
  });
});

describe('the documents', () => {
  it('are the text of the catalogue to the byte, under the name of their content', () => {
    const catalogue = loadCatalogue('runbell', RUNBOOKS_FOLDER);
    const documents = made.all('AWS::SSM::Document').map(({ properties }) => properties);
    expect(documents).toEqual(
      catalogue.map(({ name, json }) => ({
        Name: name,
        Content: json,
        DocumentType: 'Command',
        DocumentFormat: 'JSON',
        UpdateMethod: 'Replace',
        TargetType: '/',
      })),
    );
    for (const { Name, Content } of documents) {
      const sha256 = createHash('sha256').update(String(Content)).digest('hex');
      expect(String(Name).endsWith(`-${sha256.slice(0, 8)}`)).toBe(true);
    }
  });
});

describe('the alarms', () => {
  it('cry when watch or track are not invoked for three minutes, having no data at all included', () => {
    const silent = made.all('AWS::CloudWatch::Alarm').filter(({ id }) => id.includes('Silent'));
    expect(silent).toHaveLength(2);
    for (const { properties } of silent) {
      expect(properties).toMatchObject({
        Namespace: 'AWS/Lambda',
        MetricName: 'Invocations',
        Statistic: 'Sum',
        Period: 60,
        EvaluationPeriods: 3,
        DatapointsToAlarm: 3,
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        TreatMissingData: 'breaching',
      });
    }
  });

  it('cover errors, dead letters, throttled ticks, all tell the topic, and each says what to do', () => {
    const alarms = made.all('AWS::CloudWatch::Alarm').map(({ properties }) => properties);
    const metrics = alarms.map(({ Namespace, MetricName }) => `${Namespace} ${MetricName}`).sort();
    expect(metrics).toEqual([
      'AWS/Lambda Errors',
      'AWS/Lambda Errors',
      'AWS/Lambda Invocations',
      'AWS/Lambda Invocations',
      'AWS/Lambda Throttles',
      'AWS/Lambda Url5xxCount',
      'AWS/SQS ApproximateNumberOfMessagesVisible',
      'Runbell Unheard',
    ]);
    // One line in the log is enough, and it stays until there was none for five minutes.
    expect(made.one('AWS::CloudWatch::Alarm', 'RunbellAlarmsOwedNotices').properties).toMatchObject({
      Statistic: 'Sum',
      Period: 60,
      Threshold: 1,
      EvaluationPeriods: 5,
      DatapointsToAlarm: 1,
      TreatMissingData: 'notBreaching',
    });
    const topic = made.one('AWS::SNS::Topic').id;
    for (const alarm of alarms) {
      expect(alarm['AlarmActions']).toEqual([{ Ref: topic }]);
      expect(alarm['OKActions']).toEqual([{ Ref: topic }]);
      expect(alarm['AlarmDescription']).toMatch(/^.{60,}\. What to do: docs\/operating\.md#alarms, [A-Za-z]+\.$/);
    }
  });
});

it('tells in its outputs what is left to do', () => {
  const outputs = made.template.findOutputs('*');
  expect(Object.keys(outputs).sort()).toEqual([
    'CopiesOnHosts',
    'DocumentNames',
    'NextSteps',
    'PageTopicArn',
    'RunbookUse',
    'SlackRequestUrl',
    'SlackSecretArn',
    'TableName',
    'Version',
  ]);
  expect(outputs['RunbookUse']?.['Value']).toBe('1 listed in people may run runbooks');
});

it('names in the example of the repository no account, and needs none to be synthesized', () => {
  expect(JSON.stringify(made.template.toJSON())).not.toMatch(/\d{12}:/);
  expect(readFileSync('cdk.json', 'utf8')).toContain('node bin/launch.mjs bin/app.ts');
});
