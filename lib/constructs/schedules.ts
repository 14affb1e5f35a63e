import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSchedule, CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Encryption } from './encryption.ts';

/**
 * Everything that happens every minute. A missed minute is not made up for: by default the service would
 * replay a day of stale ticks after an outage.
 */
export class Schedules extends Construct {
  /** EventBridge Scheduler puts the time of the tick here. */
  static readonly scheduledTime = '<aws.scheduler.scheduled-time>';

  readonly #group: CfnScheduleGroup;
  readonly #role: Role;
  readonly #encryption: Encryption | null;

  constructor(scope: Construct, id: string, encryption: Encryption | null) {
    super(scope, id);
    this.#encryption = encryption;
    this.#group = new CfnScheduleGroup(this, 'Group');
    this.#role = new Role(this, 'Role', {
      description: 'Runbell: starts the functions that work every minute',
      assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
  }

  /** Invokes the function once a minute. */
  addInvoke(id: string, target: IFunction, input: unknown): void {
    this.allow('lambda:InvokeFunction', target.functionArn);
    this.addSchedule(id, target.functionArn, Stack.of(this).toJsonString(input));
  }

  /**
   * Puts a whole minute's messages into the queue in one call, each with its own delay. Schedules of their own
   * would drift: every one of them fires at some second of its minute.
   */
  addDelayedMessages(
    id: string,
    queue: IQueue,
    delaysSeconds: readonly number[],
    bodyOf: (delaySeconds: number) => unknown,
  ): void {
    this.allow('sqs:SendMessage', queue.queueArn);
    if (this.#encryption !== null) this.#role.addToPolicy(this.#encryption.allowUse());
    const input = {
      QueueUrl: queue.queueUrl,
      Entries: delaysSeconds.map((delaySeconds) => ({
        Id: `after${delaySeconds}`,
        DelaySeconds: delaySeconds,
        MessageBody: JSON.stringify(bodyOf(delaySeconds)),
      })),
    };
    const { partition } = Stack.of(this);
    this.addSchedule(
      id,
      `arn:${partition}:scheduler:::aws-sdk:sqs:sendMessageBatch`,
      Stack.of(this).toJsonString(input),
    );
  }

  private allow(action: string, resource: string): void {
    this.#role.addToPolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
  }

  private addSchedule(id: string, targetArn: string, input: string): void {
    const schedule = new CfnSchedule(this, id, {
      groupName: this.#group.ref,
      scheduleExpression: 'rate(1 minute)',
      flexibleTimeWindow: { mode: 'OFF' },
      target: {
        arn: targetArn,
        roleArn: this.#role.roleArn,
        input,
        retryPolicy: { maximumRetryAttempts: 0, maximumEventAgeInSeconds: 60 },
      },
    });
    schedule.node.addDependency(this.#role);
  }
}
