import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import type { Encryption } from './encryption.ts';

/** Where pages and alarms go: the topic of the configuration, or one of the stack's own. */
export function pageTopic(
  scope: Construct,
  id: string,
  topicArn: string | undefined,
  encryption: Encryption | null,
): ITopic {
  if (topicArn !== undefined) return Topic.fromTopicArn(scope, id, topicArn);
  const topic = new Topic(scope, id, {
    displayName: 'Runbell',
    enforceSSL: true,
    ...(encryption === null ? {} : { masterKey: encryption.key }),
  });
  // A topic with a policy of its own loses the default one, which would let alarms through.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
  );
  return topic;
}
