import { METRIC_DIMENSION, METRIC_NAMESPACE, METRICS } from '../../core/config/metrics.ts';

/**
 * What turns a log line into metrics, in CloudWatch's embedded metric format: no call, no agent, and the line stays
 * what it was. Null where the line counts nothing.
 */
export function embeddedMetrics(
  event: string,
  fields: Readonly<Record<string, unknown>>,
  appName: string,
  nowMs: number,
): object | null {
  const counted = (METRICS[event] ?? []).flatMap(({ metric, unit, field }) => {
    const value = field === null ? 1 : fields[field];
    return typeof value === 'number' && value > 0 ? [{ metric, unit, value }] : [];
  });
  if (counted.length === 0) return null;
  return {
    _aws: {
      Timestamp: nowMs,
      CloudWatchMetrics: [
        {
          Namespace: METRIC_NAMESPACE,
          Dimensions: [[METRIC_DIMENSION]],
          Metrics: counted.map(({ metric, unit }) => ({ Name: metric, Unit: unit })),
        },
      ],
    },
    [METRIC_DIMENSION]: appName,
    ...Object.fromEntries(counted.map(({ metric, value }) => [metric, value])),
  };
}
