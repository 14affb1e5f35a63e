import {
  CloudFormationClient,
  DescribeStackResourcesCommand,
  DescribeStacksCommand,
  type StackResource,
} from '@aws-sdk/client-cloudformation';
import { type Aws, type AwsAnswer, answerOf, connectAws, problemText } from './aws.ts';

/** The deployed stack, as CloudFormation tells of it. `why` names what to do. */
export type FoundStack =
  | { readonly kind: 'found'; readonly status: string; readonly outputs: ReadonlyMap<string, string> }
  | { readonly kind: 'unknown'; readonly why: string };

/** With the caller's own credentials. */
export async function findStack(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<FoundStack> {
  const connected = await connectAws(environment);
  if (connected.kind === 'noCredentials') return { kind: 'unknown', why: connected.why };
  return describeStack(connected.aws, name);
}

export async function describeStack(aws: Aws, name: string): Promise<FoundStack> {
  const client = aws.client('CLOUDFORMATION', CloudFormationClient);
  const answer = await answerOf(client.send(new DescribeStacksCommand({ StackName: name })));
  if (answer.kind === 'refused' && answer.code === 'ValidationError') {
    return { kind: 'unknown', why: `There is no stack ${name} in ${aws.region}: npx cdk deploy, or set AWS_REGION` };
  }
  if (answer.kind !== 'done')
    return { kind: 'unknown', why: `The stack ${name} could not be read (${problemText(answer)})` };
  const [stack] = answer.body.Stacks ?? [];
  const outputs = (stack?.Outputs ?? []).map(
    ({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue] as const,
  );
  return { kind: 'found', status: stack?.StackStatus ?? 'unknown', outputs: new Map(outputs) };
}

/** What the stack is made of, at most the hundred resources that the service tells of at once. */
export async function stackResources(aws: Aws, name: string): Promise<AwsAnswer<readonly StackResource[]>> {
  const client = aws.client('CLOUDFORMATION', CloudFormationClient);
  const answer = await answerOf(client.send(new DescribeStackResourcesCommand({ StackName: name })));
  return answer.kind === 'done' ? { kind: 'done', body: answer.body.StackResources ?? [] } : answer;
}
