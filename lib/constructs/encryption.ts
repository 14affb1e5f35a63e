import { Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';

/** The services that use the key for us, each in the name of whoever calls it. */
const THROUGH = ['dynamodb', 'sqs', 'secretsmanager', 'sns'];
const USE = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:GenerateDataKeyWithoutPlaintext',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
];

/**
 * A key of the customer's own for everything that Runbell stores. Services that use it in nobody's name (logs, alarms)
 * are let in by the key's policy; CDK can change that of a key made in the same app, and of no imported one.
 */
export class Encryption extends Construct {
  readonly key: IKey;

  constructor(scope: Construct, id: string, key: IKey) {
    super(scope, id);
    this.key = key;
    const { partition, region, account } = Stack.of(this);
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: USE,
        resources: ['*'],
        conditions: {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:${partition}:logs:${region}:${account}:log-group:*` },
        },
      }),
    );
    key.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        resources: ['*'],
        conditions: { StringEquals: { 'aws:SourceAccount': account } },
      }),
    );
  }

  /** Using the key through the services that keep our state, and for nothing else. */
  allowUse(): PolicyStatement {
    const { region, urlSuffix } = Stack.of(this);
    return new PolicyStatement({
      actions: USE,
      resources: [this.key.keyArn],
      conditions: { StringEquals: { 'kms:ViaService': THROUGH.map((name) => `${name}.${region}.${urlSuffix}`) } },
    });
  }
}
