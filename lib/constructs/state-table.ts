import { RemovalPolicy } from 'aws-cdk-lib';
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  StreamViewType,
  Table,
  TableEncryption,
} from 'aws-cdk-lib/aws-dynamodb';
import { Grant, type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Encryption } from './encryption.ts';

/** The index of items with something left to do: a sparse one, so calm targets cost nothing in it. */
export const OPEN_INDEX = 'open';

export type TableAction = 'dynamodb:GetItem' | 'dynamodb:PutItem' | 'dynamodb:Query';

export interface StateTableProps {
  /** RETAIN also protects the table against deletion outside the stack. */
  readonly removalPolicy: RemovalPolicy;
  readonly pointInTimeRecovery: boolean;
  readonly encryption: Encryption | null;
}

/** All state, one item per key, every transition one conditional write. Its stream starts notify and act. */
export class StateTable extends Construct {
  readonly table: Table;
  readonly streamArn: string;
  private readonly encryption: Encryption | null;

  constructor(scope: Construct, id: string, props: StateTableProps) {
    super(scope, id);
    this.encryption = props.encryption;
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      timeToLiveAttribute: 'expiresAtS',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: props.pointInTimeRecovery },
      removalPolicy: props.removalPolicy,
      ...(props.encryption === null
        ? {}
        : { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: props.encryption.key }),
      deletionProtection: props.removalPolicy === RemovalPolicy.RETAIN,
    });
    this.table.addGlobalSecondaryIndex({
      indexName: OPEN_INDEX,
      partitionKey: { name: 'open', type: AttributeType.STRING },
      sortKey: { name: 'dueAtMs', type: AttributeType.NUMBER },
      projectionType: ProjectionType.ALL,
    });
    const { tableStreamArn } = this.table;
    if (tableStreamArn === undefined) throw new Error('the state table has a stream');
    this.streamArn = tableStreamArn;
  }

  allow(...actions: readonly TableAction[]): PolicyStatement {
    return new PolicyStatement({ actions: [...actions], resources: [this.table.tableArn] });
  }

  allowOpenItems(): PolicyStatement {
    return new PolicyStatement({
      actions: ['dynamodb:Query'],
      resources: [`${this.table.tableArn}/index/${OPEN_INDEX}`],
    });
  }

  /** Writing items of one kind and nothing else: what a function that the public can call may do. */
  allowPutOnly(entity: string): PolicyStatement {
    return new PolicyStatement({
      actions: ['dynamodb:PutItem'],
      resources: [this.table.tableArn],
      conditions: {
        'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': [`${entity}#*`] },
        // Of a call that names no key at all, everything can be said of all of them.
        Null: { 'dynamodb:LeadingKeys': 'false' },
      },
    });
  }

  /** Reading everything. */
  grantRead(grantee: IGrantable): Grant {
    return this.grant(grantee, [this.allow('dynamodb:GetItem', 'dynamodb:Query'), this.allowOpenItems()]);
  }

  /** Reading everything, and writing down wishes. */
  grantRequest(grantee: IGrantable): Grant {
    return this.grantRead(grantee).combine(this.grant(grantee, [this.allowPutOnly('request')]));
  }

  private grant(grantee: IGrantable, statements: readonly PolicyStatement[]): Grant {
    const needed = this.encryption === null ? statements : [...statements, this.encryption.allowUse()];
    return needed
      .map(({ actions, resources, conditions }) =>
        Grant.addToPrincipal({ grantee, actions, resourceArns: resources, conditions }),
      )
      .reduce((all, one) => all.combine(one));
  }
}
