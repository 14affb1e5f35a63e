import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import { PolicyDocument, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  ApplicationLogLevel,
  Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type FunctionSource, withFunctionCode } from '../bundle/function-code.ts';
import type { Encryption } from './encryption.ts';

export interface RunbellFunctionProps {
  readonly description: string;
  readonly source: FunctionSource;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  readonly environment: Readonly<Record<string, string>>;
  /** Everything the function may do, apart from writing its own log. */
  readonly statements: readonly PolicyStatement[];
  readonly logRetention: RetentionDays;
  readonly encryption: Encryption | null;
  readonly reservedConcurrency?: number | undefined;
  readonly network?: FunctionNetwork | undefined;
}

/** What every function is given by the product it belongs to. */
export type CommonFunctionProps = Pick<
  RunbellFunctionProps,
  'source' | 'logRetention' | 'reservedConcurrency' | 'encryption'
>;

/** Where a function's network interfaces lie. */
export interface FunctionNetwork {
  readonly vpc: IVpc;
  readonly vpcSubnets: SubnetSelection;
  readonly securityGroups: ISecurityGroup[];
  readonly ipv6AllowedForDualStack: boolean;
}

/** One Lambda function with its own log group and its own role, which names every action it may use. */
export class RunbellFunction extends Construct {
  readonly lambda: LambdaFunction;
  readonly logGroup: LogGroup;
  readonly role: Role;

  constructor(scope: Construct, id: string, props: RunbellFunctionProps) {
    super(scope, id);
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: props.logRetention,
      ...(props.encryption === null ? {} : { encryptionKey: props.encryption.key }),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // No managed policy: AWSLambdaBasicExecutionRole would let it write into every log group of the account.
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: props.description,
      inlinePolicies: {
        Log: new PolicyDocument({
          statements: [
            new PolicyStatement({
              actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
              resources: [this.logGroup.logGroupArn],
            }),
          ],
        }),
        Work: new PolicyDocument({
          statements: [...props.statements, ...(props.encryption === null ? [] : [props.encryption.allowUse()])],
        }),
      },
    });
    this.lambda = withFunctionCode(props.source, (code) => this.newLambda(code, props));
  }

  private newLambda(code: Code, props: RunbellFunctionProps): LambdaFunction {
    return new LambdaFunction(this, 'Function', {
      description: props.description,
      code,
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMb,
      timeout: Duration.seconds(props.timeoutSeconds),
      role: this.role,
      // By this name CloudWatch tells its metrics from those of another stack.
      environment: { ...props.environment, RUNBELL_APP: props.source.settings.config.name },
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.WARN,
      ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
      ...props.network,
    });
  }
}
