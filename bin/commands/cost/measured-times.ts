import type { StackResource } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch';
import type { Config } from '../../../functions/core/config/config.ts';
import { shardCount } from '../../../functions/core/config/people.ts';
import { ASSUMED_TIMES, type Times } from '../../flows/cost/usage-cost.ts';
import { type Aws, answerOf, connectAws, problemText } from '../common/aws.ts';
import type { Console } from '../common/console.ts';
import { Failure } from '../common/failure.ts';
import { stackResources } from '../common/find-stack.ts';

const DAY_S = 86_400;

/** How long watch and track of a deployed stack took in the last day, as Lambda billed it. */
export async function measuredTimes(stack: string, config: Config, io: Console): Promise<Times> {
  const connected = await connectAws(io.environment);
  if (connected.kind === 'noCredentials') throw new Failure(`${connected.why}.`);
  const { aws } = connected;
  const resources = await stackResources(aws, stack);
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

function functionName(resources: readonly StackResource[], begin: string, stack: string): string {
  const name = resources.find(
    ({ ResourceType, LogicalResourceId = '' }) =>
      ResourceType === 'AWS::Lambda::Function' && LogicalResourceId.startsWith(begin),
  )?.PhysicalResourceId;
  if (name === undefined) throw new Failure(`The stack ${stack} has no function ${begin}: is it Runbell's?`);
  return name;
}

async function meanSeconds(aws: Aws, name: string): Promise<number> {
  const nowMs = Date.now();
  const question = new GetMetricStatisticsCommand({
    Namespace: 'AWS/Lambda',
    MetricName: 'Duration',
    Dimensions: [{ Name: 'FunctionName', Value: name }],
    StartTime: new Date(nowMs - DAY_S * 1000),
    EndTime: new Date(nowMs),
    Period: DAY_S,
    Statistics: ['Sum', 'SampleCount'],
  });
  const answer = await answerOf(aws.client('CLOUDWATCH', CloudWatchClient).send(question));
  if (answer.kind !== 'done') {
    throw new Failure(
      `The times of ${name} could not be read (${problemText(answer)}). Needed: cloudwatch:GetMetricStatistics.`,
    );
  }
  const points = answer.body.Datapoints ?? [];
  const total = (field: 'Sum' | 'SampleCount') => points.reduce((sum, point) => sum + (point[field] ?? 0), 0);
  const count = total('SampleCount');
  if (count === 0) throw new Failure(`${name} did not run in the last day, so there is nothing to measure.`);
  return total('Sum') / count / 1000;
}
