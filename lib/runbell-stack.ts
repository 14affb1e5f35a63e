import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import { copiesOf } from '../functions/core/config/people.ts';
import { Runbell } from './runbell.ts';
import type { RunbellProps } from './runbell-props.ts';

export interface RunbellStackProps extends StackProps, RunbellProps {
  /**
   * An existing key for everything that is stored, where `encryptionKey` is not at hand as a construct.
   *
   * @default - keys that AWS owns
   */
  readonly encryptionKeyArn?: string;
}

/** Runbell as a stack of its own, with what people need to go on as outputs. */
export class RunbellStack extends Stack {
  readonly runbell: Runbell;

  constructor(scope: Construct, id: string, props: RunbellStackProps) {
    super(scope, id, {
      description: 'Runbell: watches MySQL connections, tells Slack, runs runbooks for people who may',
      ...props,
    });
    const { encryptionKeyArn: keyArn } = props;
    const encryptionKey = keyArn === undefined ? {} : { encryptionKey: Key.fromKeyArn(this, 'Key', keyArn) };
    this.runbell = new Runbell(this, 'Runbell', { ...props, ...encryptionKey });
    for (const [name, { value, description }] of Object.entries(outputsOf(this.runbell))) {
      new CfnOutput(this, name, { value, description });
    }
  }
}

function outputsOf(
  runbell: Runbell,
): Readonly<Record<string, { readonly value: string; readonly description: string }>> {
  const { config } = runbell;
  const copied = copiesOf(config);
  return {
    SlackRequestUrl: {
      value: runbell.interact.url,
      description: 'Interactivity request URL of the Slack app',
    },
    SlackSecretArn: {
      value: runbell.slackSecret.arn,
      description: 'Put JSON with botToken and signingSecret here',
    },
    Version: { value: runbell.version, description: 'The version of Runbell that is deployed' },
    TableName: { value: runbell.state.table.tableName, description: 'All state of Runbell' },
    PageTopicArn: { value: runbell.pageTopic.topicArn, description: 'Pages and alarms: subscribe to it' },
    DocumentNames: {
      value: runbell.documents.names.join(', ') || 'none',
      description: 'The SSM documents that may run on hosts',
    },
    RunbookUse: {
      value:
        config.people.length + config.userGroups.length === 0
          ? 'runbooks are suggested and not runnable: nobody is listed in people or userGroups'
          : `${listed(config)} may run runbooks`,
      description: 'Who may run runbooks',
    },
    CopiesOnHosts: {
      value:
        copied.length === 0
          ? 'none without a click'
          : `of configuration files, on the hosts of ${copied.join(', ')}; snapshots: { off: true } switches that off`,
      description: 'What Runbell does on hosts without a click',
    },
    NextSteps: {
      value: [
        '1. Fill the secret SlackSecretArn.',
        '2. Give SlackRequestUrl to the Slack app and invite its bot to the channel.',
        `3. Tag each host ${config.hostTag.key}=${config.hostTag.value}.`,
        '4. Subscribe to PageTopicArn.',
      ].join(' '),
      description: 'What is left to do after the first deployment',
    },
  };
}

function listed({ people, userGroups }: Runbell['config']): string {
  const groups = userGroups.length === 0 ? [] : [`the members of ${userGroups.map(({ name }) => name).join(', ')}`];
  return [...(people.length === 0 ? [] : [`${people.length} listed in people`]), ...groups].join(' and ');
}
