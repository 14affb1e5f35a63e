import { join } from 'node:path';
import * as z from 'zod';
import type { Statement } from './access.ts';

export const ACCOUNT = '000000000000';
export const REGION = 'eu-central-1';

const resource = z.object({ Type: z.string(), Properties: z.record(z.string(), z.unknown()).default({}) });
const shape = z.object({ Resources: z.record(z.string(), resource) });
const texts = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const intrinsic = z.union([
  z.object({ Ref: z.string() }),
  z.object({ 'Fn::GetAtt': z.array(z.string()) }),
  z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) }),
]);
const statements = z.array(
  z.object({
    Effect: z.enum(['Allow', 'Deny']),
    Action: texts,
    Resource: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]).optional(),
    Principal: z.unknown().optional(),
    Condition: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  }),
);
const roleShape = z.object({
  AssumeRolePolicyDocument: z.object({ Statement: statements }),
  Policies: z.array(z.object({ PolicyDocument: z.object({ Statement: statements }) })).default([]),
});
const attached = z.object({
  PolicyDocument: z.object({ Statement: statements }),
  Roles: z.array(z.object({ Ref: z.string() })),
});
const lambdaShape = z.object({
  Code: z.object({ S3Key: z.string() }),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
  Role: z.unknown(),
  VpcConfig: z.unknown().optional(),
});
const filters = z.object({ Filters: z.array(z.object({ Pattern: z.string() })) });
const sourceShape = z.object({
  FunctionName: z.unknown(),
  EventSourceArn: z.unknown(),
  FilterCriteria: filters.optional(),
  DestinationConfig: z.object({ OnFailure: z.object({ Destination: z.unknown() }) }).optional(),
});
const scheduleShape = z.object({ Target: z.object({ Arn: z.unknown(), RoleArn: z.unknown(), Input: z.unknown() }) });

export interface DeployedFunction {
  /** As the service knows it. */
  readonly name: string;
  readonly arn: string;
  readonly roleArn: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly isInVpc: boolean;
}

export interface DeployedSource {
  readonly functionName: string;
  readonly arn: string;
  readonly patterns: readonly unknown[];
  readonly failuresTo: string | null;
}

/** A synthesized template as CloudFormation would make it: every reference is a name or an ARN of this account. */
export class DeployedTemplate {
  readonly #resources: z.output<typeof shape>['Resources'];
  readonly #outdir: string;

  constructor(template: unknown, outdir: string) {
    this.#resources = shape.parse(template).Resources;
    this.#outdir = outdir;
  }

  roleArns(): readonly string[] {
    return this.#of('AWS::IAM::Role').map(([id]) => this.#arn(id));
  }

  /** What the role of this ARN may do. */
  statementsOf(roleArn: string): readonly Statement[] {
    const own = this.#of('AWS::IAM::Role')
      .filter(([id]) => this.#arn(id) === roleArn)
      .flatMap(([, properties]) => roleShape.parse(properties).Policies.flatMap((one) => one.PolicyDocument.Statement));
    const others = this.#of('AWS::IAM::Policy').flatMap(([, properties]) => {
      const { PolicyDocument, Roles } = attached.parse(properties);
      return Roles.some(({ Ref }) => this.#arn(Ref) === roleArn) ? PolicyDocument.Statement : [];
    });
    return [...own, ...others].map((one) => this.#statement(one));
  }

  /** Who may assume the role of this ARN: its statements, about those principals instead of resources. */
  trustOf(roleArn: string): readonly Statement[] {
    return this.#of('AWS::IAM::Role')
      .filter(([id]) => this.#arn(id) === roleArn)
      .flatMap(([, properties]) => roleShape.parse(properties).AssumeRolePolicyDocument.Statement)
      .map((one) => {
        const principals = z.object({ AWS: z.unknown() }).safeParse(one.Principal);
        return { ...this.#statement(one), resources: principals.success ? [this.text(principals.data.AWS)] : [] };
      });
  }

  functions(): readonly DeployedFunction[] {
    return this.#of('AWS::Lambda::Function').map(([id, properties]) => {
      const { Code, Environment, Role, VpcConfig } = lambdaShape.parse(properties);
      const variables = Object.entries(Environment.Variables).map(([name, value]) => [name, this.text(value)] as const);
      return {
        name: id,
        arn: this.#arn(id),
        roleArn: this.text(Role),
        folder: join(this.#outdir, `asset.${Code.S3Key.replace('.zip', '')}`),
        environment: Object.fromEntries(variables),
        isInVpc: VpcConfig !== undefined,
      };
    });
  }

  sources(): readonly DeployedSource[] {
    return this.#of('AWS::Lambda::EventSourceMapping').map(([, properties]) => {
      const { FunctionName, EventSourceArn, FilterCriteria, DestinationConfig } = sourceShape.parse(properties);
      const destination = DestinationConfig?.OnFailure.Destination;
      return {
        functionName: this.text(FunctionName),
        arn: this.text(EventSourceArn),
        patterns: (FilterCriteria?.Filters ?? []).map(({ Pattern }): unknown => JSON.parse(Pattern)),
        failuresTo: destination === undefined ? null : this.text(destination),
      };
    });
  }

  schedules(): readonly { readonly targetArn: string; readonly roleArn: string; readonly input: string }[] {
    return this.#of('AWS::Scheduler::Schedule').map(([, properties]) => {
      const { Target } = scheduleShape.parse(properties);
      return { targetArn: this.text(Target.Arn), roleArn: this.text(Target.RoleArn), input: this.text(Target.Input) };
    });
  }

  logGroupArnOf(roleArn: string): string {
    const log = this.statementsOf(roleArn).find(({ actions }) => actions.includes('logs:PutLogEvents'));
    return log?.resources[0] ?? '';
  }

  text(value: unknown): string {
    if (typeof value === 'string') return value;
    const found = intrinsic.parse(value);
    if ('Ref' in found) return this.#ref(found.Ref);
    if ('Fn::GetAtt' in found) return this.#attribute(found['Fn::GetAtt']);
    return found['Fn::Join'][1].map((part) => this.text(part)).join(found['Fn::Join'][0]);
  }

  #of(type: string): readonly (readonly [string, Readonly<Record<string, unknown>>])[] {
    return Object.entries(this.#resources).flatMap(([id, one]) =>
      one.Type === type ? [[id, one.Properties] as const] : [],
    );
  }

  #statement({ Effect, Action, Resource = [], Condition }: z.output<typeof statements>[number]): Statement {
    return {
      effect: Effect,
      actions: Action,
      resources: Resource.map((one) => this.text(one)),
      conditions: mapped(Condition, (keys) => mapped(keys, (wanted) => [wanted].flat().map((one) => this.text(one)))),
    };
  }

  #ref(id: string): string {
    const pseudo: Readonly<Record<string, string>> = {
      'AWS::Partition': 'aws',
      'AWS::Region': REGION,
      'AWS::AccountId': ACCOUNT,
      'AWS::URLSuffix': 'amazonaws.com',
    };
    const known = pseudo[id];
    if (known !== undefined) return known;
    return /::(Topic|Secret)$/.test(this.#resources[id]?.Type ?? '') ? this.#arn(id) : id;
  }

  #attribute([id = '', name = '']: readonly string[]): string {
    if (name === 'StreamArn') return `${this.#arn(id)}/stream/1`;
    if (name === 'DnsEntries') return `${REGION}a:vpce.example.com`;
    return this.#arn(id);
  }

  /** The ARN's shape is the service's; the name is the logical id. */
  #arn(id: string): string {
    const arnOf: Readonly<Record<string, string>> = {
      'AWS::DynamoDB::Table': `dynamodb:${REGION}:${ACCOUNT}:table/${id}`,
      'AWS::IAM::Role': `iam::${ACCOUNT}:role/${id}`,
      'AWS::Lambda::Function': `lambda:${REGION}:${ACCOUNT}:function:${id}`,
      'AWS::Logs::LogGroup': `logs:${REGION}:${ACCOUNT}:log-group:${id}:*`,
      'AWS::SQS::Queue': `sqs:${REGION}:${ACCOUNT}:${id}`,
      'AWS::SNS::Topic': `sns:${REGION}:${ACCOUNT}:${id}`,
      'AWS::SecretsManager::Secret': `secretsmanager:${REGION}:${ACCOUNT}:secret:${id}-AbCdEf`,
    };
    const arn = arnOf[this.#resources[id]?.Type ?? ''];
    if (arn === undefined) throw new Error(`no ARN is known for ${id}`);
    return `arn:aws:${arn}`;
  }
}

function mapped<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Readonly<Record<string, U>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));
}
