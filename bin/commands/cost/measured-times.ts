import type { Config } from '../../../functions/core/config/config.ts';
import { shardCount } from '../../../functions/core/config/people.ts';
import { ASSUMED_TIMES, type Times } from '../../flows/cost/usage-cost.ts';
import { type Aws, connectAws, problemText } from '../common/aws.ts';
import type { Console } from '../common/console.ts';
import { Failure } from '../common/failure.ts';
import { elements, textAt, type XmlElement } from '../common/parse-xml.ts';

const DAY_S = 86_400;

/** How long watch and track of a deployed stack took in the last day, as Lambda billed it. */
export async function measuredTimes(stack: string, config: Config, io: Console): Promise<Times> {
  const connected = await connectAws(io.environment);
  if (connected.kind === 'noCredentials') throw new Failure(`${connected.why}.`);
  const { aws } = connected;
  const resources = await aws.query('cloudformation', 'DescribeStackResources', { StackName: stack });
  if (resources.kind !== 'done') {
    throw new Failure(`The stack ${stack} could not be read (${problemText(resources)}): --stack, AWS_REGION.`);
  }
  const [watch, track] = await Promise.all([
    meanSeconds(aws, functionName(resources.body, 'RunbellWatch', stack)),
    meanSeconds(aws, functionName(resources.body, 'RunbellTrack', stack)),
  ]);
  const targetsEach = config.targets.length / shardCount(config);
  // What a tick takes beside its targets cannot be told apart from them by a mean.
  const { tickSeconds } = ASSUMED_TIMES;
  return { tickSeconds, targetSeconds: Math.max(0, watch - tickSeconds) / targetsEach, trackSeconds: track };
}

function functionName(body: XmlElement, begin: string, stack: string): string {
  const found = elements(body, 'member').find(
    (one) =>
      textAt(one, 'ResourceType') === 'AWS::Lambda::Function' &&
      (textAt(one, 'LogicalResourceId') ?? '').startsWith(begin),
  );
  const name = found === undefined ? undefined : textAt(found, 'PhysicalResourceId');
  if (name === undefined) throw new Failure(`The stack ${stack} has no function ${begin}: is it Runbell's?`);
  return name;
}

async function meanSeconds(aws: Aws, name: string): Promise<number> {
  const nowMs = Date.now();
  const answer = await aws.query('monitoring', 'GetMetricStatistics', {
    Namespace: 'AWS/Lambda',
    MetricName: 'Duration',
    'Dimensions.member.1.Name': 'FunctionName',
    'Dimensions.member.1.Value': name,
    StartTime: new Date(nowMs - DAY_S * 1000).toISOString(),
    EndTime: new Date(nowMs).toISOString(),
    Period: String(DAY_S),
    'Statistics.member.1': 'Sum',
    'Statistics.member.2': 'SampleCount',
  });
  if (answer.kind !== 'done') {
    throw new Failure(
      `The times of ${name} could not be read (${problemText(answer)}). Needed: cloudwatch:GetMetricStatistics.`,
    );
  }
  const points = elements(answer.body, 'Datapoints').flatMap(({ children }) => children);
  const total = (field: string) => points.reduce((sum, point) => sum + Number(textAt(point, field) ?? 0), 0);
  const count = total('SampleCount');
  if (count === 0) throw new Failure(`${name} did not run in the last day, so there is nothing to measure.`);
  return total('Sum') / count / 1000;
}
