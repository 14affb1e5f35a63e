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
/** The same of what waits in an inbox: those who may write there are let into no other index. */
export const WAITING_INDEX = 'waiting';

/** The kinds of items, each under a key of its own: `target#shop-db`. */
export type ItemKind =
  | 'target'
  | 'application'
  | 'inbox'
  | 'request'
  | 'run'
  | 'freezes'
  | 'channel'
  | 'pace'
  | 'timeline'
  | 'chunk';

/** What a request in an inbox is made of. */
const REQUEST_ATTRIBUTES = [
  'pk',
  'sk',
  'entity',
  'id',
  'revision',
  'body',
  'owes',
  'waiting',
  'dueAtMs',
  'expiresAtS',
] as const;

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
    this.table.addGlobalSecondaryIndex({
      indexName: WAITING_INDEX,
      partitionKey: { name: 'waiting', type: AttributeType.STRING },
      sortKey: { name: 'dueAtMs', type: AttributeType.NUMBER },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    const { tableStreamArn } = this.table;
    if (tableStreamArn === undefined) throw new Error('the state table has a stream');
    this.streamArn = tableStreamArn;
  }

  /** Reading and putting items of these kinds, and of no other. */
  allow(...kinds: readonly ItemKind[]): PolicyStatement {
    return this.only(['dynamodb:GetItem', 'dynamodb:PutItem'], kinds);
  }

  /** The samples of whole spans lie in one partition. */
  allowChunks(): PolicyStatement {
    return this.only(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], ['chunk']);
  }

  /** Finding what has something left to do. The index holds items of all kinds. */
  allowOpenItems(...indexes: readonly string[]): PolicyStatement {
    return new PolicyStatement({
      actions: ['dynamodb:Query'],
      resources: [OPEN_INDEX, ...indexes].map((index) => `${this.table.tableArn}/index/${index}`),
    });
  }

  /**
   * Putting requests into one inbox, and nothing else: what whoever may only ask can do. The attributes are those of
   * such an item, so that none of them gets into the index of open items.
   */
  allowAsking(inbox: string): PolicyStatement {
    return this.only(['dynamodb:PutItem'], [`inbox#${inbox}`], REQUEST_ATTRIBUTES);
  }

  private only(actions: string[], kinds: readonly string[], attributes?: readonly string[]): PolicyStatement {
    const keys = { 'dynamodb:LeadingKeys': kinds.map((kind) => `${kind}#*`) };
    return new PolicyStatement({
      actions,
      resources: [this.table.tableArn],
      conditions: {
        'ForAllValues:StringLike': keys,
        ...(attributes === undefined
          ? {}
          : { 'ForAllValues:StringEquals': { 'dynamodb:Attributes': [...attributes] } }),
        // Of a call that names no key at all, everything can be said of all of them.
        Null: {
          'dynamodb:LeadingKeys': 'false',
          ...(attributes === undefined ? {} : { 'dynamodb:Attributes': 'false' }),
        },
      },
    });
  }

  /** Reading everything. */
  grantRead(grantee: IGrantable): Grant {
    const read = new PolicyStatement({
      actions: ['dynamodb:GetItem', 'dynamodb:Query'],
      resources: [this.table.tableArn],
    });
    return this.grant(grantee, [read, this.allowOpenItems(WAITING_INDEX)]);
  }

  /** Reading everything, and asking in the name of one's own AWS identity: nobody can write as another. */
  grantRequest(grantee: IGrantable): Grant {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: IAM puts the caller's id there.
    const own = this.allowAsking('operator#${aws:userid}');
    return this.grantRead(grantee).combine(this.grant(grantee, [own]));
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
