import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config, TargetConfig } from '../../functions/core/config/config.ts';
import { databaseUsers, hasRoom, passwordSecretArns } from '../policy-room.ts';
import type { Encryption } from './encryption.ts';
import { type CommonFunctionProps, RunbellFunction } from './runbell-function.ts';
import { Schedules } from './schedules.ts';
import type { StateTable } from './state-table.ts';
import { WatchNetwork } from './watch-network.ts';

/** Under suspicion an invocation goes on sampling until the next tick, up to a minute later. */
const TIMEOUT_SECONDS = 90;
/** EventBridge Scheduler fires once a minute at best; SQS delays make the ticks in between. */
const SCHEDULE_SECONDS = 60;
/** The shortest time SQS keeps a message: an older tick is worth nothing. */
const TICK_KEPT_SECONDS = 60;
const CONCURRENCY_MAX = 1000;

export interface WatchProps {
  readonly common: CommonFunctionProps;
  readonly config: Config;
  readonly shards: number;
  readonly state: StateTable;
  readonly schedules: Schedules;
}

/** Samples every target on every tick: the schedule, the function and its way to the databases. */
export class Watch extends Construct {
  readonly function: RunbellFunction;
  /** null: the schedule invokes the function itself, once a minute. */
  readonly ticks: Queue | null;

  constructor(scope: Construct, id: string, props: WatchProps) {
    super(scope, id);
    const { config, state } = props;
    const secretArns = passwordSecretArns(config.targets);
    const network =
      config.network.kind === 'vpc' ? new WatchNetwork(this, 'Network', { network: config.network, secretArns }) : null;
    this.ticks = config.sampling.everySeconds === SCHEDULE_SECONDS ? null : tickQueue(this, props.common.encryption);
    this.function = new RunbellFunction(this, 'Watch', {
      ...props.common,
      description: 'Runbell: samples the databases',
      memoryMb: 256,
      timeoutSeconds: TIMEOUT_SECONDS,
      environment: { RUNBELL_TABLE: state.table.tableName, ...network?.environment },
      statements: [
        state.allow('target'),
        state.allowChunks(),
        state.allowOpenItems(),
        ...databaseStatements(Stack.of(this), config.targets, secretArns),
        ...(network?.statements ?? []),
        ...(this.ticks === null ? [] : [takeFrom(this.ticks)]),
      ],
      network: network?.functionNetwork,
    });
    // A tick that failed is stale by the time it could be tried again.
    this.function.lambda.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.seconds(60) });
    if (this.ticks !== null) this.addTickSource(this.ticks, props.shards);
    this.addSchedules(props);
  }

  private addTickSource(ticks: Queue, shards: number): void {
    new EventSourceMapping(this, 'TickSource', {
      target: this.function.lambda,
      eventSourceArn: ticks.queueArn,
      batchSize: 1,
      // A tick that overlaps a long one must not wait for it.
      maxConcurrency: Math.min(CONCURRENCY_MAX, Math.max(2, shards * 2)),
    });
  }

  private addSchedules({ config, shards, schedules }: WatchProps): void {
    for (let shard = 0; shard < shards; shard += 1) {
      const id = `WatchShard${shard}`;
      if (this.ticks === null) {
        schedules.addInvoke(id, this.function.lambda, tickOf(shard, 0));
      } else {
        schedules.addDelayedMessages(id, this.ticks, delays(config.sampling.everySeconds), (delaySeconds) =>
          tickOf(shard, delaySeconds),
        );
      }
    }
  }
}

/** What the handler is sent. It drops a tick that is older than one interval. */
function tickOf(shard: number, delaySeconds: number) {
  return { kind: 'tick', shard, scheduledTime: Schedules.scheduledTime, delaySeconds };
}

function tickQueue(scope: Construct, encryption: Encryption | null): Queue {
  return new Queue(scope, 'Ticks', {
    retentionPeriod: Duration.seconds(TICK_KEPT_SECONDS),
    visibilityTimeout: Duration.seconds(TIMEOUT_SECONDS),
    ...(encryption === null ? {} : { encryptionMasterKey: encryption.key }),
    enforceSSL: true,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

function takeFrom(queue: Queue): PolicyStatement {
  return new PolicyStatement({
    actions: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
    resources: [queue.queueArn],
  });
}

function delays(everySeconds: number): readonly number[] {
  return Array.from({ length: SCHEDULE_SECONDS / everySeconds }, (_unused, at) => at * everySeconds);
}

/** Reading exactly the passwords that targets name, and signing in as exactly the users that targets name. */
function databaseStatements(
  stack: Stack,
  targets: readonly TargetConfig[],
  secretArns: readonly string[],
): readonly PolicyStatement[] {
  const users = databaseUserArns(stack, targets);
  return [
    ...(users.length === 0 ? [] : [new PolicyStatement({ actions: ['rds-db:connect'], resources: [...users] })]),
    ...(secretArns.length === 0
      ? []
      : [new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [...secretArns] })]),
  ];
}

function databaseUserArns(stack: Stack, targets: readonly TargetConfig[]): readonly string[] {
  // Where any database is named, the user still has to exist there to be let in.
  return databaseUsers(targets, !hasRoom(targets, false))
    .map(({ region, name }) =>
      stack.formatArn({
        service: 'rds-db',
        region,
        resource: 'dbuser',
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        resourceName: name,
      }),
    )
    .sort();
}
