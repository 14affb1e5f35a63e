import { readFileSync } from 'node:fs';
import { Annotations, Duration, RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config, ConfigInput } from '../functions/core/config/config.ts';
import type { Settings } from '../functions/core/config/settings.ts';
import { shardCount } from '../functions/core/config/shards.ts';
import { withCertificateFiles } from './bundle/certificate-files.ts';
import type { FunctionName } from './bundle/function-code.ts';
import { Act } from './constructs/act.ts';
import { Alarms } from './constructs/alarms.ts';
import { Documents } from './constructs/documents.ts';
import { Interact } from './constructs/interact.ts';
import { Notify } from './constructs/notify.ts';
import { pageTopic } from './constructs/page-topic.ts';
import type { CommonFunctionProps } from './constructs/runbell-function.ts';
import { Schedules } from './constructs/schedules.ts';
import { SlackSecret } from './constructs/slack-secret.ts';
import { StateTable } from './constructs/state-table.ts';
import { Track } from './constructs/track.ts';
import { Watch } from './constructs/watch.ts';
import { readDeployment } from './read-deployment.ts';
import { catalogueOf, type Runbook } from './runbook-catalogue.ts';

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
  /** @default RetentionDays.ONE_MONTH */
  readonly logRetention?: RetentionDays;
  /**
   * How many clicks are taken at the same time: a limit to what a flood at the public URL can cost.
   *
   * @default - no limit of its own, because accounts with a small concurrency quota refuse one
   */
  readonly interactConcurrency?: number;
}

/** Watches the databases of a configuration, tells Slack, and runs runbooks for people who may. */
export class Runbell extends Construct {
  readonly config: Config;
  readonly state: StateTable;
  readonly documents: Documents;
  readonly slackSecret: SlackSecret;
  /** Where pages and alarms go; subscribe to it. */
  readonly pageTopic: ITopic;
  readonly watch: Watch;
  readonly notify: Notify;
  readonly interact: Interact;
  readonly act: Act;
  readonly track: Track;
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, props: RunbellProps) {
    super(scope, id);
    const deployment = readDeployment(props.config, props.runbooksFolder);
    if (deployment.kind === 'invalid') throw new Error(deployment.text);
    const { config, runbooks } = deployment;
    this.config = config;
    this.state = new StateTable(this, 'State', {
      removalPolicy: props.removalPolicy ?? RemovalPolicy.DESTROY,
      pointInTimeRecovery: props.pointInTimeRecovery ?? true,
    });
    this.documents = new Documents(this, 'Documents', { runbooks });
    this.slackSecret = new SlackSecret(this, 'Slack', { secretArn: config.slack.secretArn });
    this.pageTopic = pageTopic(this, 'Pages', config.page?.topicArn);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      retentionPeriod: Duration.days(14),
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const common = commonProps(props, config, runbooks);
    const { state, slackSecret, deadLetters } = this;
    const documentNames = this.documents.names;
    const schedules = new Schedules(this, 'Schedules');
    const shards = shardCount(config);
    this.watch = new Watch(this, 'Watch', { common: common('watch'), config, shards, state, schedules });
    const watch = this.watch.function.lambda;
    this.notify = new Notify(this, 'Notify', {
      common: common('notify'),
      state,
      slackSecret,
      deadLetters,
      pageTopicArn: this.pageTopic.topicArn,
    });
    this.interact = new Interact(this, 'Interact', { common: common('interact'), state, slackSecret });
    this.act = new Act(this, 'Act', {
      common: common('act'),
      config,
      state,
      slackSecret,
      deadLetters,
      documentNames,
      watch,
    });
    this.track = new Track(this, 'Track', { common: common('track'), state, schedules, documentNames, watch });
    new Alarms(this, 'Alarms', {
      topic: this.pageTopic,
      watch,
      interact: this.interact.function.lambda,
      track: this.track.function.lambda,
      deadLetters,
      shards,
    });
    this.annotate();
  }

  private annotate(): void {
    const notes = Annotations.of(this);
    const { people, userGroups, network, targets } = this.config;
    if (people.length + userGroups.length === 0) {
      notes.addInfo(
        'Nobody is listed in people or userGroups: runbooks are suggested and not runnable. List somebody to change that.',
      );
    }
    const usesPassword = targets.some(({ credential }) => credential.kind === 'secret');
    if (network.kind === 'vpc' && network.secretsEndpoint === 'create' && !usesPassword) {
      notes.addWarningV2(
        'runbell:unusedEndpoint',
        'network.secretsEndpoint makes an endpoint that costs money by the hour, and no target uses a password secret.',
      );
    }
  }
}

function commonProps(
  props: RunbellProps,
  config: Config,
  runbooks: readonly Runbook[],
): (name: FunctionName) => CommonFunctionProps {
  const { config: deployed, files } = withCertificateFiles(config);
  const settings: Settings = {
    schema: 1,
    version: productVersion(),
    config: deployed,
    catalogue: catalogueOf(runbooks),
  };
  return (name) => ({
    source: { name, settings, files: name === 'watch' ? files : [] },
    logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    reservedConcurrency: name === 'interact' ? props.interactConcurrency : undefined,
  });
}

function productVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  };
  return version;
}
