import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { CommonFunctionProps, RunbellFunction } from './runbell-function.ts';
import type { SlackSecret } from './slack-secret.ts';
import type { StateTable } from './state-table.ts';
import { StreamConsumer } from './stream-consumer.ts';

export interface NotifyProps {
  readonly common: CommonFunctionProps;
  readonly state: StateTable;
  readonly slackSecret: SlackSecret;
  readonly deadLetters: IQueue;
  /** The configuration's topic, or the stack's own, which hears only of what Slack does not have. */
  readonly pageTopicArn: string;
}

/** Makes Slack agree with the state: the only function that posts and edits cards. */
export class Notify extends Construct {
  readonly function: RunbellFunction;

  constructor(scope: Construct, id: string, props: NotifyProps) {
    super(scope, id);
    const { state, slackSecret, deadLetters, pageTopicArn } = props;
    const consumer = new StreamConsumer(this, 'Notify', {
      ...props.common,
      description: 'Runbell: posts and edits the cards in Slack',
      memoryMb: 256,
      timeoutSeconds: 60,
      environment: {
        RUNBELL_TABLE: state.table.tableName,
        RUNBELL_SLACK_SECRET_ARN: slackSecret.arn,
        RUNBELL_PAGE_TOPIC: pageTopicArn,
      },
      statements: [
        state.allow('target', 'application', 'request', 'freezes', 'channel', 'pace', 'timeline'),
        slackSecret.allowRead(),
        new PolicyStatement({ actions: ['sns:Publish'], resources: [pageTopicArn] }),
      ],
      state,
      deadLetters,
      wakesOn: [
        { entity: 'target', owes: 'notice' },
        { entity: 'request', owes: 'answer' },
        { entity: 'channel', owes: 'notice' },
        { entity: 'freezes', owes: 'notice' },
      ],
    });
    this.function = consumer.function;
  }
}
