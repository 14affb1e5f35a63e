import { Annotations, Fn, Stack } from 'aws-cdk-lib';
import {
  CfnVPCEndpoint,
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type IVpc,
  Port,
  SecurityGroup,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { Config } from '../../functions/core/config/config.ts';
import type { FunctionNetwork } from './runbell-function.ts';

export type VpcConfig = Extract<Config['network'], { kind: 'vpc' }>;

export interface WatchNetworkProps {
  readonly network: VpcConfig;
  /** The password secrets that watch reads through the endpoint. */
  readonly secretArns: readonly string[];
}

/** How watch reaches the databases and the table from inside a VPC that has no NAT. */
export class WatchNetwork extends Construct {
  readonly functionNetwork: FunctionNetwork;
  readonly environment: Readonly<Record<string, string>>;
  readonly statements: readonly PolicyStatement[];

  constructor(scope: Construct, id: string, props: WatchNetworkProps) {
    super(scope, id);
    const { network } = props;
    const vpc = Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: network.vpcId,
      availabilityZones: network.availabilityZones,
      privateSubnetIds: network.subnetIds,
    });
    Annotations.of(this).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId', 'No route of these is changed.');
    const securityGroup = SecurityGroup.fromSecurityGroupId(this, 'Group', network.securityGroupId, { mutable: false });
    this.functionNetwork = {
      vpc,
      vpcSubnets: { subnets: vpc.privateSubnets },
      securityGroups: [securityGroup],
      ipv6AllowedForDualStack: network.secretsEndpoint === 'egress-only-ipv6',
    };
    if (network.routeTableIds.length > 0) this.addTableEndpoint(network);
    this.environment = this.secretsEnvironment(props, vpc, securityGroup);
    this.statements = networkInterfaceStatements(Stack.of(this));
  }

  /** Free. Without a policy of its own: everything else on these route tables goes through it too. */
  private addTableEndpoint(network: VpcConfig): void {
    new CfnVPCEndpoint(this, 'TableEndpoint', {
      vpcEndpointType: 'Gateway',
      serviceName: `com.amazonaws.${Stack.of(this).region}.dynamodb`,
      vpcId: network.vpcId,
      routeTableIds: network.routeTableIds,
    });
  }

  private secretsEnvironment(
    props: WatchNetworkProps,
    vpc: IVpc,
    watchGroup: ISecurityGroup,
  ): Readonly<Record<string, string>> {
    const stack = Stack.of(this);
    switch (props.network.secretsEndpoint) {
      case 'create':
        return { AWS_ENDPOINT_URL_SECRETS_MANAGER: this.addSecretsEndpoint(props, vpc, watchGroup) };
      case 'egress-only-ipv6':
        // The name that answers on IPv6. DynamoDB stays on its gateway endpoint, which is IPv4.
        return { AWS_ENDPOINT_URL_SECRETS_MANAGER: `https://secretsmanager.${stack.region}.api.aws` };
      case 'existing':
      case undefined:
        return {};
    }
  }

  /**
   * Without private DNS: with it, everything else in the VPC would be sent to this endpoint,
   * whose policy and security group let only watch and its secrets through.
   */
  private addSecretsEndpoint(props: WatchNetworkProps, vpc: IVpc, watchGroup: ISecurityGroup): string {
    const zones = props.network.availabilityZones;
    const group = new SecurityGroup(this, 'SecretsEndpointGroup', {
      vpc,
      allowAllOutbound: false,
      description: 'Runbell: the Secrets Manager endpoint that watch reads passwords through',
    });
    group.addIngressRule(watchGroup, Port.tcp(443), 'watch reads the database passwords');
    const endpoint = new InterfaceVpcEndpoint(this, 'SecretsEndpoint', {
      vpc,
      service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
      // An endpoint takes one subnet for each zone.
      subnets: { subnets: vpc.privateSubnets.filter((_subnet, at) => zones.indexOf(zones[at] ?? '') === at) },
      securityGroups: [group],
      open: false,
      privateDnsEnabled: false,
    });
    endpoint.addToPolicy(
      new PolicyStatement({
        principals: [new AnyPrincipal()],
        actions: ['secretsmanager:GetSecretValue'],
        resources: [...props.secretArns],
      }),
    );
    const zoneAndName = Fn.select(0, endpoint.vpcEndpointDnsEntries);
    return `https://${Fn.select(1, Fn.split(':', zoneAndName))}`;
  }
}

/**
 * Lambda makes and removes the network interfaces with the function's role. It accepts the account's
 * resources or `*` and nothing narrower, so the function's own code is denied the same actions.
 */
function networkInterfaceStatements(stack: Stack): readonly PolicyStatement[] {
  const change = [
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ];
  const look = ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeSubnets'];
  return [
    new PolicyStatement({
      actions: change,
      resources: [stack.formatArn({ service: 'ec2', resource: '*', resourceName: '*' })],
    }),
    // These two know no resources.
    new PolicyStatement({ actions: look, resources: ['*'] }),
    new PolicyStatement({
      effect: Effect.DENY,
      actions: [...change, ...look],
      resources: ['*'],
      conditions: { Null: { 'lambda:SourceFunctionArn': 'false' } },
    }),
  ];
}
