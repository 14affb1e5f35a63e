import { RemovalPolicy, SecretValue } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Encryption } from './encryption.ts';

/**
 * Written once, when the secret is made, and never again: CloudFormation writes a secret's value only when this
 * text changes, so changing it would erase what people put there.
 */
const EMPTY = '{"botToken":"","signingSecret":""}';

export interface SlackSecretProps {
  /** An existing secret; else the stack makes an empty one. */
  readonly secretArn: string | undefined;
  readonly encryption: Encryption | null;
}

/** The bot token and the signing secret of the Slack app. */
export class SlackSecret extends Construct {
  readonly arn: string;

  constructor(scope: Construct, id: string, props: SlackSecretProps) {
    super(scope, id);
    this.arn =
      props.secretArn ??
      new Secret(this, 'Secret', {
        description: 'Runbell: JSON with "botToken" and "signingSecret" of the Slack app',
        secretStringValue: SecretValue.unsafePlainText(EMPTY),
        removalPolicy: RemovalPolicy.DESTROY,
        ...(props.encryption === null ? {} : { encryptionKey: props.encryption.key }),
      }).secretArn;
  }

  allowRead(): PolicyStatement {
    return new PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [this.arn] });
  }
}
