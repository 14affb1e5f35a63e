import { Stack } from 'aws-cdk-lib';
import { ArnPrincipal, PolicyDocument, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Config } from '../../functions/core/config/config.ts';
import type { RunbellFunction } from './runbell-function.ts';

/** Of runs that people start, and of Runbell's own looks beside them. */
const RUN_IDS = ['run-*', 'beside-*'];

export interface RunnerRoleProps {
  /** The only one that may use it: act. */
  readonly usedBy: RunbellFunction;
  readonly documentNames: readonly string[];
  readonly hostTag: Config['hostTag'];
}

/**
 * The only role that may send commands. Act assumes it once for each host of a run, under the run's id and with a
 * session policy that leaves that one document and that one host: see functions/adapters/ssm/run-session.ts.
 */
export class RunnerRole extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, props: RunnerRoleProps) {
    super(scope, id);
    this.role = new Role(this, 'Role', {
      description: 'Runbell: sends one command to one host, in a session that carries the id of its run',
      // Named here, act needs no statement of its own: within an account this is enough.
      assumedBy: new ArnPrincipal(props.usedBy.role.roleArn).withConditions({
        StringLike: { 'sts:RoleSessionName': RUN_IDS },
      }),
      inlinePolicies: { Send: new PolicyDocument({ statements: [...sendStatements(Stack.of(this), props)] }) },
    });
    // Afterwards, because this role names the role of the function.
    props.usedBy.lambda.addEnvironment('RUNBELL_RUNNER_ROLE_ARN', this.role.roleArn);
  }
}

/** Our documents, each by its exact name, on hosts that carry the tag. Whoever may set the tag can add a host. */
function sendStatements(stack: Stack, { documentNames, hostTag }: RunnerRoleProps): readonly PolicyStatement[] {
  const send = { actions: ['ssm:SendCommand'] };
  return [
    new PolicyStatement({
      ...send,
      resources: documentNames.map((name) =>
        stack.formatArn({ service: 'ssm', resource: 'document', resourceName: name }),
      ),
    }),
    new PolicyStatement({
      ...send,
      resources: [
        stack.formatArn({ service: 'ec2', resource: 'instance', resourceName: '*' }),
        stack.formatArn({ service: 'ssm', resource: 'managed-instance', resourceName: '*' }),
      ],
      // Not aws:ResourceTag: with a global key, SendCommand would have to be allowed for the service's own calls too.
      conditions: { StringEquals: { [`ssm:resourceTag/${hostTag.key}`]: hostTag.value } },
    }),
  ];
}
