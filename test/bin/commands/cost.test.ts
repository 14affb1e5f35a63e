import { beforeAll, describe, expect, it } from 'vitest';
import { type Credentials, synthesizedTemplate } from '../../../bin/commands/cost/synthesized-templates.ts';
import { run } from '../../../bin/commands/cost.ts';
import { type StandingCost, standingCost } from '../../../bin/flows/cost/standing-cost.ts';
import { monthOfUse, usageDollars } from '../../../bin/flows/cost/usage-cost.ts';
import config from '../../../runbell.config.ts';
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

describe('what sampling costs', () => {
  const dollars = (targets: number, everySeconds: 60 | 15) =>
    usageDollars(monthOfUse({ targets, everySeconds, credentials: 'iam' }));

  it('is well under two dollars for a hundred targets at one minute', () => {
    expect(dollars(100, 60)).toBeGreaterThan(0.3);
    expect(dollars(100, 60)).toBeLessThan(1.2);
  });

  it('grows with the number of targets and ticks, and not faster', () => {
    expect(dollars(1000, 60)).toBeLessThan(10 * dollars(100, 60));
    expect(dollars(1000, 60)).toBeGreaterThan(7 * dollars(100, 60));
    expect(dollars(100, 15)).toBeGreaterThan(2 * dollars(100, 60));
    expect(dollars(100, 15)).toBeLessThan(5 * dollars(100, 60));
  });
});

describe('npx runbell cost', () => {
  it('prints only JSON on standard output, for both ways of logging in', async () => {
    const io = new RecordingConsole();
    expect(await run(['--json', '--targets', '40'], io, (_config, credentials) => templateOf(credentials))).toBe(0);
    const { months } = JSON.parse(io.written.join('\n')) as { months: readonly { dollars: number; targets: number }[] };
    expect(months.map(({ targets }) => targets)).toEqual([40, 40]);
    expect((months[1]?.dollars ?? 0) - (months[0]?.dollars ?? 0)).toBeGreaterThan(14.99);
  });

  it('refuses a number of targets that a stack cannot have', async () => {
    await expect(run(['--targets', '1001'], new RecordingConsole())).rejects.toThrow('1 to 1000');
  });
});
