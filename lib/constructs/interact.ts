import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { type CommonFunctionProps, RunbellFunction } from './runbell-function.ts';
import type { SlackSecret } from './slack-secret.ts';
import type { StateTable } from './state-table.ts';

export interface InteractProps {
  readonly common: CommonFunctionProps;
  readonly state: StateTable;
  readonly slackSecret: SlackSecret;
}

/** Receives clicks from Slack: the only thing of Runbell's that the internet can reach, so it may do next to nothing. */
export class Interact extends Construct {
  readonly function: RunbellFunction;
  readonly url: string;

  constructor(scope: Construct, id: string, props: InteractProps) {
    super(scope, id);
    const { state, slackSecret } = props;
    this.function = new RunbellFunction(this, 'Interact', {
      ...props.common,
      description: 'Runbell: verifies and stores clicks from Slack',
      // Memory buys processor time, and Slack waits for three seconds only.
      memoryMb: 1024,
      timeoutSeconds: 10,
      environment: { RUNBELL_TABLE: state.table.tableName, RUNBELL_SLACK_SECRET_ARN: slackSecret.arn },
      statements: [state.allowAsking('slack'), slackSecret.allowRead()],
    });
    // Slack cannot sign for IAM. The function checks Slack's own signature before anything else.
    this.url = this.function.lambda.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url;
  }
}
