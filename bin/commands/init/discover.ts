import * as z from 'zod';
import type { FoundDatabase, FoundHost, FoundMachine, FoundPlace } from '../../flows/init/from-discovery.ts';
import { type Aws, problemText } from '../common/aws.ts';
import { elements, textAt, type XmlElement } from '../common/parse-xml.ts';

export interface Discovery {
  readonly databases: readonly FoundDatabase[];
  readonly hosts: readonly FoundHost[];
  /** What could not be asked, and why. */
  readonly problems: readonly string[];
}

const instances = z.object({
  InstanceInformationList: z.array(
    z.object({
      InstanceId: z.string(),
      AgentVersion: z.string().default('unknown'),
      PingStatus: z.string().default('unknown'),
      ComputerName: z.string().optional(),
      PlatformType: z.string().optional(),
    }),
  ),
});

/** Offers are for people: more than this nobody reads. */
const SHOWN_MAX = 50;

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
  const answer = await aws.query('rds', 'DescribeDBInstances', { MaxRecords: '100' });
  if (answer.kind !== 'done') {
    return {
      found: [],
      problems: [`Databases of RDS could not be listed (rds:DescribeDBInstances, ${problemText(answer)})`],
    };
  }
  const found = elements(answer.body, 'DBInstance')
    .filter((one) => /^(mysql|mariadb|aurora-mysql)$/.test(textAt(one, 'Engine') ?? ''))
    .flatMap((one) => databaseOf(one) ?? [])
    .slice(0, SHOWN_MAX);
  const clusters = found.some(({ clusterId }) => clusterId !== null) ? await findClusters(aws) : new Map();
  const placed = found.map((one) => withRouteTables(aws, { ...one, ...clusters.get(one.clusterId ?? '') }));
  return { found: await Promise.all(placed), problems: [] };
}

/** Logging in to Aurora is switched on, and named in policies, by its cluster. */
async function findClusters(aws: Aws): Promise<ReadonlyMap<string, Partial<FoundDatabase>>> {
  const answer = await aws.query('rds', 'DescribeDBClusters', { MaxRecords: '100' });
  if (answer.kind !== 'done') return new Map();
  const clusters = elements(answer.body, 'DBCluster').map((one) => {
    const takesIamTokens = textAt(one, 'IAMDatabaseAuthenticationEnabled') === 'true';
    return [
      textAt(one, 'DBClusterIdentifier') ?? '',
      { takesIamTokens, resourceId: textAt(one, 'DbClusterResourceId') ?? '' },
    ] as const;
  });
  return new Map(clusters);
}

function databaseOf(instance: XmlElement): FoundDatabase | null {
  const address = textAt(instance, 'Endpoint', 'Address');
  const id = textAt(instance, 'DBInstanceIdentifier');
  if (address === undefined || id === undefined) return null;
  return {
    id,
    address,
    engine: `${textAt(instance, 'Engine')} ${textAt(instance, 'EngineVersion') ?? ''}`.trim(),
    port: Number(textAt(instance, 'Endpoint', 'Port') ?? 3306),
    clusterId: textAt(instance, 'DBClusterIdentifier') || null,
    resourceId: textAt(instance, 'DbiResourceId') ?? '',
    takesIamTokens: textAt(instance, 'IAMDatabaseAuthenticationEnabled') === 'true',
    vpcId: textAt(instance, 'DBSubnetGroup', 'VpcId') ?? null,
    subnets: elements(instance, 'Subnet').flatMap((subnet) => {
      const subnetId = textAt(subnet, 'SubnetIdentifier');
      const zone = textAt(subnet, 'SubnetAvailabilityZone', 'Name');
      return subnetId === undefined || zone === undefined ? [] : [{ id: subnetId, zone }];
    }),
    securityGroupIds: elements(instance, 'VpcSecurityGroupId').map((group) => group.text.trim()),
    routeTableIds: [],
  };
}

/** Left empty where they cannot be read: then the endpoint to the table has to be there already. */
async function withRouteTables<P extends FoundPlace>(aws: Aws, place: P): Promise<P> {
  const filters = Object.fromEntries(
    place.subnets.slice(0, 20).map(({ id }, at) => [`Filter.1.Value.${at + 1}`, id] as const),
  );
  const own = await routeTables(aws, { 'Filter.1.Name': 'association.subnet-id', ...filters });
  // A subnet that names none of its own has the main one of its VPC.
  const isMain = { 'Filter.1.Name': 'association.main', 'Filter.1.Value.1': 'true' };
  const inVpc = { 'Filter.2.Name': 'vpc-id', 'Filter.2.Value.1': place.vpcId ?? '' };
  const routeTableIds = own.length > 0 ? own : await routeTables(aws, { ...isMain, ...inVpc });
  return { ...place, routeTableIds };
}

async function routeTables(aws: Aws, filters: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const answer = await aws.query('ec2', 'DescribeRouteTables', filters);
  if (answer.kind !== 'done') return [];
  // Each has routes and associations that name it once more.
  const tables = elements(answer.body, 'routeTableSet').flatMap(({ children }) => children);
  return [...new Set(tables.flatMap((one) => textAt(one, 'routeTableId') ?? []))];
}

/** The machine of EC2 that has this address, where somebody runs a database of their own; null: none that may be seen. */
export async function findMachine(aws: Aws, address: string): Promise<FoundMachine | null> {
  const isIp = /^\d+\.\d+\.\d+\.\d+$/.test(address);
  const filter = { 'Filter.1.Name': isIp ? 'private-ip-address' : 'private-dns-name', 'Filter.1.Value.1': address };
  const answer = await aws.query('ec2', 'DescribeInstances', filter);
  const sets = answer.kind === 'done' ? elements(answer.body, 'instancesSet') : [];
  const [machine] = sets.flatMap(({ children }) => children);
  if (machine === undefined) return null;
  const [subnetId, zone] = [textAt(machine, 'subnetId'), textAt(machine, 'placement', 'availabilityZone')];
  const groups = elements(machine, 'groupSet').flatMap(({ children }) => children);
  return withRouteTables(aws, {
    id: textAt(machine, 'instanceId') ?? address,
    vpcId: textAt(machine, 'vpcId') ?? null,
    subnets: subnetId === undefined || zone === undefined ? [] : [{ id: subnetId, zone }],
    securityGroupIds: [...new Set(groups.flatMap((group) => textAt(group, 'groupId') ?? []))],
    routeTableIds: [],
  });
}

async function findHosts(aws: Aws): Promise<Found<FoundHost>> {
  const answer = await aws.json('ssm', 'AmazonSSM.DescribeInstanceInformation', { MaxResults: SHOWN_MAX });
  const parsed = instances.safeParse(answer.kind === 'done' ? answer.body : null);
  if (answer.kind !== 'done' || !parsed.success) {
    const why = answer.kind === 'done' ? 'an answer that is not understood' : problemText(answer);
    return { found: [], problems: [`Hosts could not be listed (ssm:DescribeInstanceInformation, ${why})`] };
  }
  const found = parsed.data.InstanceInformationList.filter(({ PlatformType }) => PlatformType !== 'Windows').map(
    (one) => ({
      id: one.InstanceId,
      name: one.ComputerName ?? null,
      agentVersion: one.AgentVersion,
      isOnline: one.PingStatus === 'Online',
    }),
  );
  return { found, problems: [] };
}
