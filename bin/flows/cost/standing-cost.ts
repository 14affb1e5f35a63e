import * as z from 'zod';
import { HOURS_A_MONTH, PRICES } from './prices.ts';

const templateShape = z.object({
  Resources: z.record(
    z.string(),
    z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) }),
  ),
});

export interface StandingCost {
  /** What costs money even when nothing happens, by kind, dearest first. */
  readonly items: readonly { readonly kind: string; readonly count: number; readonly dollars: number }[];
  /** Of these, what is paid by the hour. */
  readonly hourlyDollars: number;
  readonly dollars: number;
  /** Kinds of resources that nobody has given a price here: the sum cannot be trusted while there are any. */
  readonly unpriced: readonly string[];
}

type Properties = Readonly<Record<string, unknown>>;
type Price = { readonly by: 'hour' | 'month'; readonly dollars: number };

/** Paid by use only, or not at all. */
const BY_USE: ReadonlySet<string> = new Set([
  'AWS::CDK::Metadata',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::SecurityGroupEgress',
  'AWS::EC2::SecurityGroupIngress',
  'AWS::Events::Rule',
  'AWS::IAM::ManagedPolicy',
  'AWS::IAM::Policy',
  'AWS::IAM::Role',
  'AWS::Lambda::EventInvokeConfig',
  'AWS::Lambda::EventSourceMapping',
  'AWS::Lambda::Function',
  'AWS::Lambda::Permission',
  'AWS::Lambda::Url',
  'AWS::Logs::LogGroup',
  'AWS::Logs::MetricFilter',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SNS::TopicPolicy',
  'AWS::SQS::Queue',
  'AWS::SQS::QueuePolicy',
  'AWS::SSM::Document',
  'AWS::SSM::Parameter',
  'AWS::Scheduler::Schedule',
  'AWS::Scheduler::ScheduleGroup',
]);

const month = (dollars: number): Price => ({ by: 'month', dollars });

const STANDING: Readonly<Record<string, (properties: Properties) => Price | null>> = {
  'AWS::SecretsManager::Secret': () => month(PRICES.secretMonth),
  'AWS::CloudWatch::Dashboard': () => month(PRICES.dashboardMonth),
  'AWS::CloudWatch::Alarm': (alarm) => month(alarmDollars(alarm)),
  'AWS::KMS::Key': () => month(PRICES.keyMonth),
  'AWS::KMS::Alias': () => month(0),
  'AWS::EC2::VPCEndpoint': endpointPrice,
  // Provisioned capacity would be paid by the hour, and how much is not looked at.
  'AWS::DynamoDB::Table': ({ BillingMode }) => (BillingMode === 'PAY_PER_REQUEST' ? month(0) : null),
  'AWS::DynamoDB::GlobalTable': ({ BillingMode }) => (BillingMode === 'PAY_PER_REQUEST' ? month(0) : null),
};

/** What a template costs by standing there. */
export function standingCost(template: unknown): StandingCost {
  const counted = new Map<string, { count: number; dollars: number }>();
  const unpriced = new Set<string>();
  let hourlyDollars = 0;
  for (const { Type: kind, Properties: properties } of Object.values(templateShape.parse(template).Resources)) {
    if (BY_USE.has(kind)) continue;
    const price = STANDING[kind]?.(properties) ?? null;
    if (price === null) unpriced.add(kind);
    else if (price.dollars > 0) {
      const before = counted.get(kind) ?? { count: 0, dollars: 0 };
      counted.set(kind, { count: before.count + 1, dollars: before.dollars + price.dollars });
      if (price.by === 'hour') hourlyDollars += price.dollars;
    }
  }
  const items = [...counted].map(([kind, one]) => ({ kind, ...one })).sort((a, b) => b.dollars - a.dollars);
  return {
    items,
    hourlyDollars,
    dollars: items.reduce((sum, { dollars }) => sum + dollars, 0),
    unpriced: [...unpriced],
  };
}

/** A gateway endpoint is free; an interface endpoint is paid by the hour in each zone. */
function endpointPrice({ VpcEndpointType: type, SubnetIds: subnets }: Properties): Price | null {
  if (type === 'Gateway' || type === undefined) return month(0);
  if (type !== 'Interface' || !Array.isArray(subnets)) return null;
  return { by: 'hour', dollars: PRICES.endpointZoneHour * HOURS_A_MONTH * subnets.length };
}

function alarmDollars({ Metrics: metrics, Period: period }: Properties): number {
  const isMetric = (one: unknown) => typeof one === 'object' && one !== null && 'MetricStat' in one;
  const count = Array.isArray(metrics) ? metrics.filter(isMetric).length : 1;
  const isQuick = typeof period === 'number' && period < 60;
  return count * (isQuick ? PRICES.quickAlarmMetricMonth : PRICES.alarmMetricMonth);
}
