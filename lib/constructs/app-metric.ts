import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_DIMENSION, METRIC_NAMESPACE, type MetricName } from '../../functions/core/config/metrics.ts';

/** One of the numbers that the functions write with their log lines, of the application of this name. */
export function appMetric(appName: string, metricName: MetricName, options: MetricOptions = {}): Metric {
  return new Metric({
    statistic: 'Sum',
    period: Duration.minutes(1),
    ...options,
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { [METRIC_DIMENSION]: appName },
  });
}
