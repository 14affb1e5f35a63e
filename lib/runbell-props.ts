import type { RemovalPolicy } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { ConfigInput } from '../functions/core/config/config.ts';

export interface RunbellProps {
  /** What to watch and who may act: the default export of `runbell.config.ts`. */
  readonly config: ConfigInput;
  /**
   * A folder of runbooks.
   *
   * @default - the runbooks that come with Runbell
   */
  readonly runbooksFolder?: string;
  /**
   * What becomes of the table when the stack is deleted. RETAIN also protects it against deletion by hand.
   *
   * @default RemovalPolicy.DESTROY
   */
  readonly removalPolicy?: RemovalPolicy;
  /**
   * Whether the table can be put back to any second of the last 35 days.
   *
   * @default true
   */
  readonly pointInTimeRecovery?: boolean;
  /**
   * A key of your own for the table, the queues, the logs, the page topic and the Slack secret. One that is imported
   * has to let in the services for logs and alarms by its own policy.
   *
   * @default - keys that AWS owns, at no charge
   */
  readonly encryptionKey?: IKey;
  /**
   * Where pages and alarms go.
   *
   * @default - `page.topicArn` of the configuration, or a topic of the stack's own
   */
  readonly pageTopic?: ITopic;
  /**
   * A dashboard with alarms, sampling, Slack, clicks, runs and errors. Not made unasked: past the first three of an
   * account it costs 3 $ a month, more than everything else together.
   *
   * @default false
   */
  readonly dashboard?: boolean;
  /**
   * How long the log of each function is kept.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetention?: RetentionDays;
  /**
   * Concurrent executions kept for clicks, and the most that a flood of the public URL can take: Lambda then takes ten
   * times as many requests a second, Slack's among them.
   *
   * @default - none: clicks share the account's, because accounts with a small quota refuse a reservation
   */
  readonly interactConcurrency?: number;
}
