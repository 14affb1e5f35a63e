/** List prices in dollars, us-east-1, without any free tier: what is paid is never more than what is said. */
export const PRICES = {
  lambdaGbSecond: 0.0000133334,
  lambdaRequest: 0.2 / 1e6,
  scheduledInvocation: 1 / 1e6,
  tableWrite: 0.625 / 1e6,
  tableRead: 0.125 / 1e6,
  tableGigabyteMonth: 0.25,
  /** Point-in-time recovery, by the size of the table. */
  backupGigabyteMonth: 0.2,
  queueRequest: 0.4 / 1e6,
  secretRead: 0.05 / 1e4,
  logGigabyte: 0.5,
  secretMonth: 0.4,
  alarmMetricMonth: 0.1,
  /** Alarms on periods under a minute. */
  quickAlarmMetricMonth: 0.3,
  dashboardMonth: 3,
  keyMonth: 1,
  endpointZoneHour: 0.01,
} as const;

export const HOURS_A_MONTH = 730;
export const MINUTES_A_MONTH = HOURS_A_MONTH * 60;
