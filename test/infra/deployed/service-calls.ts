import type { Call } from './access.ts';
import { ACCOUNT, type DeployedTemplate, REGION } from './template.ts';

/** What AWS itself does with our roles, as its documentation says of each part of the template. */
export function serviceCalls(template: DeployedTemplate): readonly (Call & { readonly roleArn: string })[] {
  const roles = new Map(template.functions().map(({ name, roleArn }) => [name, roleArn]));
  const by = (roleArn: string, resource: string, ...actions: readonly string[]) =>
    actions.map((action) => ({ roleArn, action, resource, context: {} }));
  return [
    ...template.functions().flatMap(({ roleArn, isInVpc }) => [
      ...by(roleArn, template.logGroupArnOf(roleArn), 'logs:CreateLogStream', 'logs:PutLogEvents'),
      // Lambda makes and removes the network interfaces, without a source function in the context.
      ...(isInVpc
        ? [
            ...by(
              roleArn,
              `arn:aws:ec2:${REGION}:${ACCOUNT}:network-interface/eni-1`,
              'ec2:CreateNetworkInterface',
              'ec2:DeleteNetworkInterface',
              'ec2:AssignPrivateIpAddresses',
              'ec2:UnassignPrivateIpAddresses',
            ),
            ...by(roleArn, '*', 'ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'),
          ]
        : []),
    ]),
    ...template.sources().flatMap(({ functionName, arn, failuresTo }) => {
      const roleArn = roles.get(functionName) ?? '';
      return [
        ...(arn.includes(':sqs:')
          ? by(roleArn, arn, 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes')
          : by(
              roleArn,
              arn,
              'dynamodb:DescribeStream',
              'dynamodb:GetRecords',
              'dynamodb:GetShardIterator',
              'dynamodb:ListStreams',
            )),
        ...(failuresTo === null ? [] : by(roleArn, failuresTo, 'sqs:SendMessage')),
      ];
    }),
    ...template.schedules().flatMap(({ targetArn, roleArn, input }) => {
      if (!targetArn.includes('aws-sdk:sqs')) return by(roleArn, targetArn, 'lambda:InvokeFunction');
      const { QueueUrl } = JSON.parse(input) as { readonly QueueUrl: string };
      return by(roleArn, `arn:aws:sqs:${REGION}:${ACCOUNT}:${QueueUrl}`, 'sqs:SendMessage');
    }),
  ];
}
