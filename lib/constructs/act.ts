import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { CommonFunctionProps, RunbellFunction } from './runbell-function.ts';
import type { SlackSecret } from './slack-secret.ts';
import type { StateTable } from './state-table.ts';
import { StreamConsumer } from './stream-consumer.ts';

export interface ActProps {
  readonly common: CommonFunctionProps;
  readonly state: StateTable;
  readonly slackSecret: SlackSecret;
  readonly deadLetters: IQueue;
  /** Asked to look at once after a run, outside its schedule. */
  readonly watch: IFunction;
}

/** Decides requests, and sends commands with the runner role, which no other function may assume. */
export class Act extends Construct {
  readonly function: RunbellFunction;

  constructor(scope: Construct, id: string, props: ActProps) {
    super(scope, id);
    const { state, slackSecret, deadLetters, watch } = props;
    const consumer = new StreamConsumer(this, 'Act', {
      ...props.common,
      description: 'Runbell: decides requests and sends commands to hosts',
      memoryMb: 256,
      timeoutSeconds: 120,
      environment: {
        RUNBELL_TABLE: state.table.tableName,
        RUNBELL_WATCH_FUNCTION: watch.functionName,
        // To ask Slack who a person is, and who belongs to a group.
        RUNBELL_SLACK_SECRET_ARN: slackSecret.arn,
      },
      statements: [
        state.allow('target', 'application', 'inbox', 'request', 'run', 'freezes', 'timeline'),
        state.allowOpenItems(),
        slackSecret.allowRead(),
        ...followStatements(watch),
        // Knows no resources.
        new PolicyStatement({ actions: ['ssm:CancelCommand'], resources: ['*'] }),
      ],
      state,
      deadLetters,
      wakesOn: [
        { entity: 'inbox', owes: 'decision' },
        { entity: 'request', owes: 'decision' },
        { entity: 'run', owes: 'step' },
      ],
    });
    this.function = consumer.function;
  }
}

/** Seeing how commands went, which knows no resources, and having watch look at what they changed. */
export function followStatements(watch: IFunction): readonly PolicyStatement[] {
  return [
    new PolicyStatement({ actions: ['ssm:ListCommands', 'ssm:GetCommandInvocation'], resources: ['*'] }),
    new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [watch.functionArn] }),
  ];
}
