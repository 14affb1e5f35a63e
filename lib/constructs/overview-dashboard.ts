import { Duration } from 'aws-cdk-lib';
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  LogQueryWidget,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { MetricName } from '../../functions/core/config/metrics.ts';
import { appMetric } from './app-metric.ts';
import type { RunbellFunction } from './runbell-function.ts';

export interface OverviewDashboardProps {
  readonly appName: string;
  readonly functions: Readonly<Record<string, RunbellFunction>>;
  readonly alarms: readonly IAlarm[];
  readonly deadLetters: IQueue;
}

const WIDTH = 12;
const HEIGHT = 6;

/** One page that answers: does it sample, does Slack have everything, who asked for what, what went wrong. */
export class OverviewDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: OverviewDashboardProps) {
    super(scope, id);
    const { appName, functions, deadLetters } = props;
    const lambdas = Object.entries(functions);
    const each = (metricName: string, statistic: string): IMetric[] =>
      lambdas.map(([label, { lambda }]) =>
        lambda.metric(metricName, { label, statistic, period: Duration.minutes(1) }),
      );
    const counted = (...names: readonly MetricName[]): IMetric[] =>
      names.map((name) => appMetric(appName, name, { label: name }));
    const slowest = (name: MetricName): IMetric => appMetric(appName, name, { label: name, statistic: 'Maximum' });
    this.dashboard = new Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.hours(6),
      widgets: [
        [
          new TextWidget({ width: WIDTH, height: HEIGHT, markdown: legend(appName) }),
          new AlarmStatusWidget({ width: WIDTH, height: HEIGHT, title: 'Alarms', alarms: [...props.alarms] }),
        ],
        [
          graph('Ticks and sweeps', each('Invocations', 'Sum')),
          graph('Cannot be read', counted('Samples', 'Unreadable')),
        ],
        [
          graph('What Slack lacks, and for how long (ms)', [slowest('OwedNoticeAge'), slowest('NoticeDelay')]),
          graph('Click to acknowledgement (ms)', [slowest('ClickAck')]),
        ],
        [
          graph('Requests and runs', counted('Requests', 'Refusals', 'LostAnswers', 'Commands', 'Runs')),
          graph('Trouble of our own', [
            ...each('Errors', 'Sum'),
            ...each('Throttles', 'Sum'),
            ...counted('StaleTicks', 'SetAside', 'Unheard'),
            deadLetters.metricApproximateNumberOfMessagesVisible({ label: 'dead letters' }),
          ]),
        ],
        [lastErrors(lambdas.map(([, { logGroup }]) => logGroup.logGroupName))],
      ],
    });
  }
}

function legend(appName: string): string {
  return [
    `# Runbell: ${appName}`,
    'Numbers that are zero are not written, because a metric is paid by the hour: an empty graph is a calm one.',
    'What each alarm means and what to do: docs/operating.md#alarms.',
  ].join('\n\n');
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: WIDTH, height: HEIGHT });
}

function lastErrors(logGroupNames: string[]): LogQueryWidget {
  return new LogQueryWidget({
    title: 'Newest errors, with target, incident and run',
    logGroupNames,
    width: 2 * WIDTH,
    height: HEIGHT,
    queryLines: [
      'fields @timestamp, event, target, incident, run, reason, problem',
      "filter level = 'ERROR'",
      'sort @timestamp desc',
      'limit 20',
    ],
  });
}
