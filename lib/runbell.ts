import { readFileSync } from 'node:fs';
import { Annotations, Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { IMetric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Config } from '../functions/core/config/config.ts';
import type { MetricName } from '../functions/core/config/metrics.ts';
import { copiesOf, shardCount } from '../functions/core/config/people.ts';
import type { Settings } from '../functions/core/settings.ts';
import { withCertificateFiles } from './bundle/certificate-files.ts';
import type { FunctionName } from './bundle/function-code.ts';
import { Act } from './constructs/act.ts';
import { Alarms } from './constructs/alarms.ts';
import { appMetric } from './constructs/app-metric.ts';
import { Documents } from './constructs/documents.ts';
import { Encryption } from './constructs/encryption.ts';
import { Interact } from './constructs/interact.ts';
import { Notify } from './constructs/notify.ts';
import { OverviewDashboard } from './constructs/overview-dashboard.ts';
import { pageTopic } from './constructs/page-topic.ts';
import type { CommonFunctionProps } from './constructs/runbell-function.ts';
import { RunnerRole } from './constructs/runner-role.ts';
import { Schedules } from './constructs/schedules.ts';
import { SlackSecret } from './constructs/slack-secret.ts';
import { StateTable } from './constructs/state-table.ts';
import { Track } from './constructs/track.ts';
import { Watch } from './constructs/watch.ts';
import { readDeployment } from './read-deployment.ts';
import type { RunbellProps } from './runbell-props.ts';
import { catalogueOf, type Runbook } from './runbook-catalogue.ts';

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
  /** The only role that may send commands; act uses it for one command at a time. */
  readonly runner: RunnerRole;
  readonly deadLetters: Queue;
  readonly alarms: Alarms;
  /** null unless asked for. */
  readonly dashboard: OverviewDashboard | null;
  /** The version of this package, which is what is deployed. */
  readonly version = productVersion();

  constructor(scope: Construct, id: string, props: RunbellProps) {
    super(scope, id);
    const deployment = readDeployment(props.config, props.runbooksFolder);
    if (deployment.kind === 'invalid') throw new Error(deployment.text);
    const { config, runbooks } = deployment;
    this.config = config;
    const encryption =
      props.encryptionKey === undefined ? null : new Encryption(this, 'Encryption', props.encryptionKey);
    this.state = new StateTable(this, 'State', {
      encryption,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.DESTROY,
      pointInTimeRecovery: props.pointInTimeRecovery ?? true,
    });
    this.documents = new Documents(this, 'Documents', { runbooks });
    this.slackSecret = new SlackSecret(this, 'Slack', { secretArn: config.slack.secretArn, encryption });
    this.pageTopic = props.pageTopic ?? pageTopic(this, 'Pages', config.page?.topicArn, encryption);
    this.deadLetters = new Queue(this, 'DeadLetters', {
      retentionPeriod: Duration.days(14),
      enforceSSL: true,
      removalPolicy: RemovalPolicy.DESTROY,
      ...(encryption === null ? {} : { encryptionMasterKey: encryption.key }),
    });
    const common = commonProps({ ...props, version: this.version, encryption }, config, runbooks);
    const { state, slackSecret, deadLetters } = this;
    const documentNames = this.documents.names;
    const schedules = new Schedules(this, 'Schedules', encryption);
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
      state,
      slackSecret,
      deadLetters,
      watch,
    });
    this.runner = new RunnerRole(this, 'Runner', {
      usedBy: this.act.function,
      documentNames,
      hostTag: config.hostTag,
    });
    this.track = new Track(this, 'Track', { common: common('track'), state, schedules, documentNames, watch });
    this.alarms = new Alarms(this, 'Alarms', {
      appName: config.name,
      topic: this.pageTopic,
      watch,
      interact: this.interact.function.lambda,
      track: this.track.function.lambda,
      deadLetters,
      shards,
      hasOwnLimit: props.interactConcurrency !== undefined,
    });
    this.dashboard = props.dashboard === true ? this.newDashboard() : null;
    this.annotate();
  }

  /** Reading the state, as `npx runbell status`, `incidents` and `timeline` do. */
  grantRead(grantee: IGrantable): Grant {
    return this.state.grantRead(grantee);
  }

  /** Asking for what a configured person may: `npx runbell runbook run`, `freeze` and `unfreeze`. Act decides. */
  grantRequest(grantee: IGrantable): Grant {
    return this.state.grantRequest(grantee);
  }

  /** One of the numbers that the functions count; none is written while it is zero. */
  metric(name: MetricName, options?: MetricOptions): IMetric {
    return appMetric(this.config.name, name, options);
  }

  private newDashboard(): OverviewDashboard {
    const { watch, notify, interact, act, track, deadLetters } = this;
    return new OverviewDashboard(this, 'Overview', {
      appName: this.config.name,
      functions: {
        watch: watch.function,
        notify: notify.function,
        interact: interact.function,
        act: act.function,
        track: track.function,
      },
      alarms: this.alarms.all,
      deadLetters,
    });
  }

  private annotate(): void {
    const notes = Annotations.of(this);
    const { people, userGroups, network, targets } = this.config;
    if (people.length + userGroups.length === 0) {
      notes.addInfo(
        'Nobody is listed in people or userGroups: runbooks are suggested and not runnable. List somebody to change that.',
      );
    }
    const copied = copiesOf(this.config);
    if (copied.length > 0) {
      notes.addInfo(
        `At first, daily and after each incident Runbell keeps, without a click, copies of configuration files (.env too) on ` +
          `the hosts of ${copied.join(', ')}. snapshots: { off: true } switches that off.`,
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
  props: RunbellProps & { readonly version: string; readonly encryption: Encryption | null },
  config: Config,
  runbooks: readonly Runbook[],
): (name: FunctionName) => CommonFunctionProps {
  const { config: deployed, files } = withCertificateFiles(config);
  const settings: Settings = {
    schema: 1,
    version: props.version,
    config: deployed,
    catalogue: catalogueOf(runbooks),
  };
  return (name) => ({
    source: { name, settings, files: name === 'watch' ? files : [] },
    logRetention: props.logRetention ?? RetentionDays.ONE_MONTH,
    encryption: props.encryption,
    reservedConcurrency: name === 'interact' ? props.interactConcurrency : undefined,
  });
}

function productVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    readonly version: string;
  };
  return version;
}
