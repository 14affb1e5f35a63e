import { DescribeInstancesCommand, DescribeRouteTablesCommand, EC2Client, type Filter } from '@aws-sdk/client-ec2';
import { type DBInstance, DescribeDBClustersCommand, DescribeDBInstancesCommand, RDSClient } from '@aws-sdk/client-rds';
import { DescribeInstanceInformationCommand, SSMClient } from '@aws-sdk/client-ssm';
import type { FoundDatabase, FoundHost, FoundMachine, FoundPlace } from '../../flows/init/from-discovery.ts';
import { type Aws, answerOf, problemText } from '../common/aws.ts';

export interface Discovery {
  readonly databases: readonly FoundDatabase[];
  readonly hosts: readonly FoundHost[];
  /** What could not be asked, and why. */
  readonly problems: readonly string[];
}

/** Offers are for people: more than this nobody reads. */
const SHOWN_MAX = 50;
const RDS_PAGE = 100;

/** Looks, and changes nothing. Whatever may not be asked is left out with its reason. */
export async function discover(aws: Aws): Promise<Discovery> {
  const [databases, hosts] = await Promise.all([findDatabases(aws), findHosts(aws)]);
  return { databases: databases.found, hosts: hosts.found, problems: [...databases.problems, ...hosts.problems] };
}

interface Found<T> {
  readonly found: readonly T[];
  readonly problems: readonly string[];
}

async function findDatabases(aws: Aws): Promise<Found<FoundDatabase>> {
  const rds = aws.client('RDS', RDSClient);
  const answer = await answerOf(rds.send(new DescribeDBInstancesCommand({ MaxRecords: RDS_PAGE })));
  if (answer.kind !== 'done') {
    return {
      found: [],
      problems: [`Databases of RDS could not be listed (rds:DescribeDBInstances, ${problemText(answer)})`],
    };
  }
  const found = (answer.body.DBInstances ?? [])
    .filter(({ Engine = '' }) => /^(mysql|mariadb|aurora-mysql)$/.test(Engine))
    .flatMap((one) => databaseOf(one) ?? [])
    .slice(0, SHOWN_MAX);
  const clusters = found.some(({ clusterId }) => clusterId !== null) ? await findClusters(rds) : new Map();
  const placed = found.map((one) => withRouteTables(aws, { ...one, ...clusters.get(one.clusterId ?? '') }));
  return { found: await Promise.all(placed), problems: [] };
}

/** Logging in to Aurora is switched on, and named in policies, by its cluster. */
async function findClusters(rds: RDSClient): Promise<ReadonlyMap<string, Partial<FoundDatabase>>> {
  const answer = await answerOf(rds.send(new DescribeDBClustersCommand({ MaxRecords: RDS_PAGE })));
  if (answer.kind !== 'done') return new Map();
  const clusters = (answer.body.DBClusters ?? []).map((one) => {
    const takesIamTokens = one.IAMDatabaseAuthenticationEnabled === true;
    return [one.DBClusterIdentifier ?? '', { takesIamTokens, resourceId: one.DbClusterResourceId ?? '' }] as const;
  });
  return new Map(clusters);
}

function databaseOf(instance: DBInstance): FoundDatabase | null {
  const { DBInstanceIdentifier: id, Endpoint, DBSubnetGroup, Engine = '', EngineVersion = '' } = instance;
  if (Endpoint?.Address === undefined || id === undefined) return null;
  return {
    id,
    address: Endpoint.Address,
    engine: `${Engine} ${EngineVersion}`.trim(),
    port: Endpoint.Port ?? 3306,
    clusterId: instance.DBClusterIdentifier || null,
    resourceId: instance.DbiResourceId ?? '',
    takesIamTokens: instance.IAMDatabaseAuthenticationEnabled === true,
    vpcId: DBSubnetGroup?.VpcId ?? null,
    subnets: (DBSubnetGroup?.Subnets ?? []).flatMap(({ SubnetIdentifier: subnet, SubnetAvailabilityZone }) =>
      subnet === undefined || SubnetAvailabilityZone?.Name === undefined
        ? []
        : [{ id: subnet, zone: SubnetAvailabilityZone.Name }],
    ),
    securityGroupIds: (instance.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId }) => VpcSecurityGroupId ?? []),
    routeTableIds: [],
  };
}

/** Left empty where they cannot be read: then the endpoint to the table has to be there already. */
async function withRouteTables<P extends FoundPlace>(aws: Aws, place: P): Promise<P> {
  const subnetIds = place.subnets.slice(0, 20).map(({ id }) => id);
  const own = await routeTables(aws, [{ Name: 'association.subnet-id', Values: subnetIds }]);
  if (own.length > 0) return { ...place, routeTableIds: own };
  // A subnet that names none of its own has the main one of its VPC.
  const ofVpc = { Name: 'vpc-id', Values: [place.vpcId ?? ''] };
  return { ...place, routeTableIds: await routeTables(aws, [{ Name: 'association.main', Values: ['true'] }, ofVpc]) };
}

async function routeTables(aws: Aws, filters: Filter[]): Promise<readonly string[]> {
  const ec2 = aws.client('EC2', EC2Client);
  const answer = await answerOf(ec2.send(new DescribeRouteTablesCommand({ Filters: filters })));
  if (answer.kind !== 'done') return [];
  return [...new Set((answer.body.RouteTables ?? []).flatMap(({ RouteTableId }) => RouteTableId ?? []))];
}

/** The machine of EC2 that has this address, where somebody runs a database of their own; null: none that may be seen. */
export async function findMachine(aws: Aws, address: string): Promise<FoundMachine | null> {
  const isIp = /^\d+\.\d+\.\d+\.\d+$/.test(address);
  const filter = { Name: isIp ? 'private-ip-address' : 'private-dns-name', Values: [address] };
  const ec2 = aws.client('EC2', EC2Client);
  const answer = await answerOf(ec2.send(new DescribeInstancesCommand({ Filters: [filter] })));
  const reservations = answer.kind === 'done' ? (answer.body.Reservations ?? []) : [];
  const [machine] = reservations.flatMap(({ Instances = [] }) => Instances);
  if (machine === undefined) return null;
  const [subnetId, zone] = [machine.SubnetId, machine.Placement?.AvailabilityZone];
  const groups = (machine.SecurityGroups ?? []).flatMap(({ GroupId }) => GroupId ?? []);
  return withRouteTables(aws, {
    id: machine.InstanceId ?? address,
    vpcId: machine.VpcId ?? null,
    subnets: subnetId === undefined || zone === undefined ? [] : [{ id: subnetId, zone }],
    securityGroupIds: [...new Set(groups)],
    routeTableIds: [],
  });
}

async function findHosts(aws: Aws): Promise<Found<FoundHost>> {
  const question = new DescribeInstanceInformationCommand({ MaxResults: SHOWN_MAX });
  const answer = await answerOf(aws.client('SSM', SSMClient).send(question));
  if (answer.kind !== 'done') {
    const why = problemText(answer);
    return { found: [], problems: [`Hosts could not be listed (ssm:DescribeInstanceInformation, ${why})`] };
  }
  const listed = answer.body.InstanceInformationList ?? [];
  const found = listed.flatMap(({ InstanceId: id, PlatformType, ComputerName, AgentVersion, PingStatus }) =>
    id === undefined || PlatformType === 'Windows'
      ? []
      : [
          {
            id,
            name: ComputerName ?? null,
            agentVersion: AgentVersion ?? 'unknown',
            isOnline: PingStatus === 'Online',
          },
        ],
  );
  return { found, problems: [] };
}
