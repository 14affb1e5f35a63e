import { beforeAll, describe, expect, it } from 'vitest';
import { type Credentials, synthesizedTemplate } from '../../../bin/commands/cost/synthesized-templates.ts';
import { run } from '../../../bin/commands/cost.ts';
import { countedRun } from '../../../bin/flows/cost/counted-run.ts';
import { type StandingCost, standingCost } from '../../../bin/flows/cost/standing-cost.ts';
import { monthOfUse, shardsOf, usageDollars } from '../../../bin/flows/cost/usage-cost.ts';
import config from '../../../runbell.config.ts';
import { resourcesXml, type StagedAnswer, startAwsStage } from '../support/aws-stage.ts';
import { configFile } from '../support/config-file.ts';
import { RecordingConsole } from '../support/recording-console.ts';

/** A synthesis takes seconds, and each way of logging in needs one. */
const templates = new Map<Credentials, unknown>();
function templateOf(credentials: Credentials): unknown {
  const template = templates.get(credentials) ?? synthesizedTemplate(config, credentials);
  templates.set(credentials, template);
  return template;
}

describe('what the stack costs by standing there', () => {
  let iam: StandingCost;
  let password: StandingCost;
  beforeAll(() => {
    iam = standingCost(templateOf('iam'));
    password = standingCost(templateOf('password'));
  });

  it('is nothing by the hour unless it was asked for', () => {
    expect(iam.hourlyDollars).toBe(0);
  });

  it('is the endpoint by the hour, in each of two zones, where a password is read through one', () => {
    expect(password.hourlyDollars).toBeCloseTo(14.6, 5);
    expect(password.dollars - iam.dollars).toBeCloseTo(14.6, 5);
  });

  it('is known for every kind of resource in the stack', () => {
    expect([...iam.unpriced, ...password.unpriced]).toEqual([]);
  });
});

describe('standing cost', () => {
  const templateOf = (Type: string, Properties: object = {}) => ({ Resources: { One: { Type, Properties } } });

  it.each([
    ['AWS::EC2::NatGateway', {}],
    ['AWS::RDS::DBInstance', {}],
    ['AWS::EC2::Instance', {}],
    ['AWS::DynamoDB::Table', { ProvisionedThroughput: { ReadCapacityUnits: 5 } }],
  ])('does not take %s for free', (type, properties) => {
    expect(standingCost(templateOf(type, properties)).unpriced).toEqual([type]);
  });

  it('counts the zones of an endpoint and the metrics of an alarm', () => {
    const endpoint = { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b', 'c'] };
    expect(standingCost(templateOf('AWS::EC2::VPCEndpoint', endpoint)).hourlyDollars).toBeCloseTo(21.9, 5);
    expect(standingCost(templateOf('AWS::EC2::VPCEndpoint', { VpcEndpointType: 'Gateway' })).dollars).toBe(0);
    const metrics = { Metrics: [{ MetricStat: {} }, { MetricStat: {} }, { Expression: 'a + b' }] };
    expect(standingCost(templateOf('AWS::CloudWatch::Alarm', metrics)).dollars).toBeCloseTo(0.2, 5);
  });
});

describe('what sampling costs, counted in a run', () => {
  const runs = new Map<string, ReturnType<typeof countedRun>>();
  async function monthly(targets: number, everySeconds: 60 | 15, credentials: 'iam' | 'password' = 'iam') {
    const load = { targets: shardsOf({ targets }).targetsEach, everySeconds };
    const key = JSON.stringify(load);
    const run = runs.get(key) ?? countedRun(load);
    runs.set(key, run);
    const month = monthOfUse({ targets, everySeconds, credentials }, await run);
    return { month, dollars: usageDollars(month) };
  }

  it('is well under two dollars for a hundred targets at one minute', async () => {
    const { dollars } = await monthly(100, 60);
    expect(dollars).toBeGreaterThan(0.3);
    expect(dollars).toBeLessThan(1.2);
    // The whole stack of the example, without any free tier.
    expect(dollars + standingCost(templateOf('iam')).dollars).toBeLessThan(2);
  }, 120_000);

  it('grows with the number of targets and ticks, and not faster', async () => {
    const [hundred, thousand] = [await monthly(100, 60), await monthly(1000, 60)];
    const [few, quick] = [await monthly(20, 60), await monthly(20, 15)];
    expect(thousand.dollars).toBeLessThan(10 * hundred.dollars);
    expect(thousand.dollars).toBeGreaterThan(7 * hundred.dollars);
    expect(quick.dollars).toBeGreaterThan(1.5 * few.dollars);
    expect(quick.dollars).toBeLessThan(5 * few.dollars);
  }, 120_000);

  it('asks the table once for a whole shard and tick, not for each target', async () => {
    const [one, hundred] = [await monthly(1, 60), await monthly(100, 60)];
    expect(hundred.month.writes).toBeLessThan(3 * one.month.writes);
    expect(one.month.writes / one.month.ticks).toBeLessThan(1.5);
  }, 120_000);

  it('reads a password once a quarter of an hour, however many targets share it', async () => {
    const { month } = await monthly(30, 60, 'password');
    expect(month.secretReads).toBe((730 * 60) / 15);
    expect((await monthly(20, 60)).month.secretReads).toBe(0);
  }, 120_000);
});

describe('npx runbell cost', () => {
  it('prints only JSON on standard output, for both ways of logging in', async () => {
    const io = new RecordingConsole();
    expect(await run(['--json', '--targets', '4'], io, (_config, credentials) => templateOf(credentials))).toBe(0);
    const { months, incident } = JSON.parse(io.written.join('\n')) as {
      readonly months: readonly { readonly dollars: number; readonly targets: number }[];
      readonly incident: { readonly dollars: number; readonly invocations: number };
    };
    expect(incident.dollars).toBeLessThan(0.01);
    expect(incident.invocations).toBeGreaterThan(20);
    expect(months.map(({ targets }) => targets)).toEqual([4, 4]);
    expect((months[1]?.dollars ?? 0) - (months[0]?.dollars ?? 0)).toBeGreaterThan(14.99);
  }, 120_000);

  it('asks nothing of AWS, and takes the times of a deployed stack only when asked to', async () => {
    const functions = ['RunbellWatchFunction1A2B', 'RunbellTrackFunction3C4D'];
    const resources = functions.map((id) => ({ type: 'AWS::Lambda::Function', logicalId: id, id: `the-${id}` }));
    const times = { Label: 'Duration', Datapoints: [{ Sum: 1_150_000, SampleCount: 1000, Unit: 'Milliseconds' }] };
    const answers: Readonly<Record<string, StagedAnswer>> = {
      DescribeStackResources: resourcesXml(resources),
      GetMetricStatistics: times,
    };
    const aws = await startAwsStage(({ name }) => answers[name] ?? null);
    const timesOf = async (...args: readonly string[]) => {
      const io = new RecordingConsole(aws.environment);
      await run(['--json', '--targets', '1', ...args], io, (_config, credentials) => templateOf(credentials));
      return (JSON.parse(io.written.join('\n')) as { readonly times: unknown }).times;
    };
    try {
      expect(await timesOf()).toEqual({ targetSeconds: 0.029, tickSeconds: 0.15, trackSeconds: 0.2 });
      expect(aws.calls).toEqual([]);
      // One target: a tick of 1.15 s is 0.15 s of its own and one login.
      const targetSeconds: unknown = expect.closeTo(1, 6);
      expect(await timesOf('--measured')).toEqual({ targetSeconds, tickSeconds: 0.15, trackSeconds: 1.15 });
      expect(aws.calls.map(({ parameters }) => parameters['Dimensions'] ?? null)).toEqual([
        null,
        ...resources.map(({ id }) => [{ Name: 'FunctionName', Value: id }]),
      ]);
    } finally {
      await aws.stop();
    }
  }, 120_000);

  it("counts a Slack secret that is not the stack's, which is paid all the same", async () => {
    const secretArn = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:runbell/slack-AbCdEf';
    const { file, remove } = configFile({ ...config, slack: { ...config.slack, secretArn } });
    const standing = async (...args: readonly string[]) => {
      const io = new RecordingConsole();
      await run(['--json', '--targets', '1', ...args], io, (_config, credentials) => templateOf(credentials));
      const { months } = JSON.parse(io.written.join('\n')) as {
        readonly months: readonly { readonly standingDollars: number }[];
      };
      return months[0]?.standingDollars ?? 0;
    };
    try {
      expect((await standing('--config', file)) - (await standing())).toBeCloseTo(0.4, 5);
    } finally {
      remove();
    }
  }, 120_000);

  it.each([
    [['--every', '20'], '60, 30 or 15'],
    [['--targets', '0'], '1 to 1000'],
  ])('refuses %j', async (args, says) => {
    await expect(run(args, new RecordingConsole())).rejects.toThrow(says);
  });

  it('refuses a number of targets that a stack cannot have', async () => {
    await expect(run(['--targets', '1001'], new RecordingConsole())).rejects.toThrow('1 to 1000');
  });
});
