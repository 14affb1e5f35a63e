import { type Aws, connectAws, problemText } from './aws.ts';
import { elements, textAt } from './parse-xml.ts';

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
  const answer = await aws.query('cloudformation', 'DescribeStacks', { StackName: name });
  if (answer.kind === 'refused' && answer.code === 'ValidationError') {
    return { kind: 'unknown', why: `There is no stack ${name} in ${aws.region}: npx cdk deploy, or set AWS_REGION` };
  }
  if (answer.kind !== 'done')
    return { kind: 'unknown', why: `The stack ${name} could not be read (${problemText(answer)})` };
  const outputs = elements(answer.body, 'Outputs').flatMap((list) =>
    list.children.map((one) => [textAt(one, 'OutputKey') ?? '', textAt(one, 'OutputValue') ?? ''] as const),
  );
  const status = elements(answer.body, 'StackStatus')[0]?.text.trim() ?? 'unknown';
  return { kind: 'found', status, outputs: new Map(outputs) };
}
