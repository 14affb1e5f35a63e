import { Duration } from 'aws-cdk-lib';
import { Alarm, ComparisonOperator, type IMetric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { UNHEARD_MINUTES } from '../../functions/core/config/metrics.ts';
import { appMetric } from './app-metric.ts';

const MINUTE = Duration.minutes(1);
/** Sampling that stopped is heard within five minutes: three empty ones, and CloudWatch's own delay. */
const SILENT_MINUTES = 3;

export interface AlarmsProps {
  readonly topic: ITopic;
  readonly watch: LambdaFunction;
  readonly interact: LambdaFunction;
  readonly track: LambdaFunction;
  readonly deadLetters: IQueue;
  /** Every shard is invoked at least once a minute. */
  readonly shards: number;
  readonly appName: string;
  /** interact has a concurrency of its own, which can be used up while the account's is not. */
  readonly hasOwnLimit: boolean;
}

/**
 * What tells people that Runbell itself is in trouble: CloudWatch and SNS, none of our code. Few on purpose, each
 * metric costs money and each alarm attention (one alarm over several metrics costs as much as several). Failures of
 * notify and act are heard as dead letters. All functions share the account's concurrency, so what turns any of them
 * away for a minute turns watch away, which is started every minute; only interact can have a limit of its own. A
 * function that is kept from working in another way is heard by what it owes.
 */
export class Alarms extends Construct {
  readonly all: readonly Alarm[];
  readonly #topic: ITopic;

  constructor(scope: Construct, id: string, props: AlarmsProps) {
    super(scope, id);
    this.#topic = props.topic;
    this.all = [...this.silences(props), ...this.errors(props), ...this.throttles(props), ...this.waits(props)];
  }

  private silences({ watch, track, shards }: AlarmsProps): Alarm[] {
    return [
      this.silence(
        'WatchSilent',
        watch,
        shards,
        'Runbell has not sampled for three minutes: nobody would be told of a leak. Look first whether the schedule is ' +
          'on and whether the Lambda concurrency of the account is used up.',
      ),
      this.silence(
        'TrackSilent',
        track,
        1,
        'Runbell has not followed runs, deadlines and owed notices for three minutes. Cards still come; a run may stay ' +
          '"running" on its card.',
      ),
    ];
  }

  private errors({ watch, interact, track }: AlarmsProps): Alarm[] {
    return [
      this.trouble(
        'WatchErrors',
        watch.metricErrors(perMinute),
        2,
        'Sampling failed in two of five minutes. The log of watch names the reason.',
      ),
      this.trouble(
        'TrackErrors',
        track.metricErrors(perMinute),
        2,
        'Following runs and owed notices failed in two of five minutes. Nothing is lost; the log of track names the reason.',
      ),
      // It catches everything, so its failures show in its answers; a flood that it refuses does, too.
      this.trouble(
        'InteractErrors',
        interact.metric('Url5xxCount', perMinute),
        1,
        'A click in Slack got no proper answer and the person saw a warning, or somebody floods the public address. The ' +
          'log of interact names the reason.',
      ),
    ];
  }

  private throttles({ watch, interact, hasOwnLimit }: AlarmsProps): Alarm[] {
    const says =
      'Clicks in Slack are turned away: interactConcurrency is used up, or somebody floods the public address.';
    return [
      ...(hasOwnLimit ? [this.trouble('InteractThrottles', interact.metricThrottles(perMinute), 1, says)] : []),
      this.trouble(
        'WatchThrottles',
        watch.metricThrottles(perMinute),
        1,
        'Lambda turned sampling away: the concurrency of the account is used up. The other functions share it, so cards, ' +
          'clicks, decisions and runs may wait as well.',
      ),
    ];
  }

  /** What nobody has done yet. */
  private waits({ deadLetters, appName }: AlarmsProps): Alarm[] {
    return [
      this.trouble(
        'DeadLetters',
        deadLetters.metricApproximateNumberOfMessagesVisible({ period: MINUTE, statistic: 'Maximum' }),
        1,
        'A change of state could not be told in Slack or acted upon after four tries. The sweep goes on trying; the logs of ' +
          'notify and act name the item.',
      ),
      this.alarm(
        'OwedNotices',
        appMetric(appName, 'Unheard'),
        `Somebody should know something and has not heard of it: for more than ${UNHEARD_MINUTES} minutes Slack has lacked ` +
          'a card or its newest state or a click has waited for its decision, or watch cannot reach the table to store what ' +
          'its samples say, or an item of the table cannot be read. npx runbell status says which.',
        {
          threshold: 1,
          comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
          // At once, and until nothing more has been heard of it for five minutes: it is not looked at in each of them.
          evaluationPeriods: 5,
          datapointsToAlarm: 1,
          treatMissingData: TreatMissingData.NOT_BREACHING,
        },
      ),
    ];
  }

  private silence(id: string, lambda: LambdaFunction, invocationsMin: number, says: string): Alarm {
    return this.alarm(id, lambda.metricInvocations(perMinute), says, {
      threshold: invocationsMin,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: SILENT_MINUTES,
      datapointsToAlarm: SILENT_MINUTES,
      // A function that is not invoked has no data at all.
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  private trouble(id: string, metric: IMetric, datapointsToAlarm: number, says: string, threshold = 1): Alarm {
    return this.alarm(id, metric, says, {
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: datapointsToAlarm === 1 ? 1 : 5,
      datapointsToAlarm,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }

  private alarm(
    id: string,
    metric: IMetric,
    says: string,
    when: {
      readonly threshold: number;
      readonly comparisonOperator: ComparisonOperator;
      readonly evaluationPeriods: number;
      readonly datapointsToAlarm: number;
      readonly treatMissingData: TreatMissingData;
    },
  ): Alarm {
    const alarm = new Alarm(this, id, {
      ...when,
      metric,
      alarmDescription: `${says} What to do: docs/operating.md#alarms, ${id}.`,
    });
    const action = new SnsAction(this.#topic);
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  }
}

const perMinute = { period: MINUTE, statistic: 'Sum' };
