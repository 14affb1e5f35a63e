import { Duration } from 'aws-cdk-lib';
import { Rule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction as LambdaTarget } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { followStatements } from './act.ts';
import { type CommonFunctionProps, RunbellFunction } from './runbell-function.ts';
import type { Schedules } from './schedules.ts';
import { type StateTable, WAITING_INDEX } from './state-table.ts';

export interface TrackProps {
  readonly common: CommonFunctionProps;
  readonly state: StateTable;
  readonly schedules: Schedules;
  readonly watch: IFunction;
  readonly documentNames: readonly string[];
}

/** Follows what was sent and sweeps what is overdue: SSM's events for speed, a look every minute for the truth. */
export class Track extends Construct {
  readonly function: RunbellFunction;

  constructor(scope: Construct, id: string, props: TrackProps) {
    super(scope, id);
    const { state, watch } = props;
    this.function = new RunbellFunction(this, 'Track', {
      ...props.common,
      description: 'Runbell: follows commands, deadlines and owed notices',
      memoryMb: 256,
      // While something is owed or critical one sweep lasts until the next, which may come late.
      timeoutSeconds: 90,
      environment: { RUNBELL_TABLE: state.table.tableName, RUNBELL_WATCH_FUNCTION: watch.functionName },
      statements: [
        state.allow('target', 'application', 'inbox', 'request', 'run', 'freezes', 'channel', 'timeline'),
        state.allowOpenItems(WAITING_INDEX),
        ...followStatements(watch),
      ],
    });
    // The next minute's sweep does whatever this one could not.
    this.function.lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.seconds(60) });
    props.schedules.addInvoke('Sweep', this.function.lambda, { kind: 'sweep' });
    this.addCommandRule(props.documentNames);
  }

  private addCommandRule(documentNames: readonly string[]): void {
    new Rule(this, 'CommandRule', {
      description: 'Runbell: how its commands go, host by host',
      eventPattern: {
        source: ['aws.ssm'],
        detailType: ['EC2 Command Invocation Status-change Notification'],
        detail: { 'document-name': [...documentNames] },
      },
      targets: [new LambdaTarget(this.function.lambda, { retryAttempts: 0, maxEventAge: Duration.minutes(1) })],
    });
  }
}
