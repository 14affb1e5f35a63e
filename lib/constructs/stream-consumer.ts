import { Duration } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping, FilterCriteria, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { RunbellFunction, type RunbellFunctionProps } from './runbell-function.ts';
import type { StateTable } from './state-table.ts';

/** A record only says that an item has something to do, and the sweep finds the same item a minute later. */
const RETRIES_MAX = 3;
const RECORD_AGE_MINUTES_MAX = 10;

/** An item of this kind that owes this: the function is woken by every write of one, and by no other. */
export interface Owed {
  readonly entity: 'target' | 'inbox' | 'request' | 'run' | 'channel' | 'freezes';
  readonly owes: 'notice' | 'answer' | 'decision' | 'step';
}

export interface StreamConsumerProps extends RunbellFunctionProps {
  readonly state: StateTable;
  readonly wakesOn: readonly Owed[];
  readonly deadLetters: IQueue;
}

/** A function that the table's stream wakes. A record it cannot handle goes to the dead letters, not round and round. */
export class StreamConsumer extends Construct {
  readonly function: RunbellFunction;

  constructor(scope: Construct, id: string, props: StreamConsumerProps) {
    super(scope, id);
    const { state, deadLetters } = props;
    this.function = new RunbellFunction(this, id, {
      ...props,
      statements: [
        ...props.statements,
        new PolicyStatement({
          actions: [
            'dynamodb:DescribeStream',
            'dynamodb:GetRecords',
            'dynamodb:GetShardIterator',
            'dynamodb:ListStreams',
          ],
          resources: [state.streamArn],
        }),
        new PolicyStatement({ actions: ['sqs:SendMessage'], resources: [deadLetters.queueArn] }),
      ],
    });
    new EventSourceMapping(this, 'Stream', {
      target: this.function.lambda,
      eventSourceArn: state.streamArn,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: 10,
      bisectBatchOnError: true,
      reportBatchItemFailures: true,
      retryAttempts: RETRIES_MAX,
      maxRecordAge: Duration.minutes(RECORD_AGE_MINUTES_MAX),
      onFailure: { bind: () => ({ destination: deadLetters.queueArn }) },
      filters: props.wakesOn.map(({ entity, owes }) =>
        FilterCriteria.filter({ dynamodb: { NewImage: { entity: { S: [entity] }, owes: { S: [owes] } } } }),
      ),
    });
  }
}
