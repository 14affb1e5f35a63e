import * as z from 'zod';
import type { FoundDatabase, FoundHost } from '../../flows/init/from-discovery.ts';
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
  return { found: await Promise.all(found.map((one) => withRouteTables(aws, one))), problems: [] };
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
async function withRouteTables(aws: Aws, database: FoundDatabase): Promise<FoundDatabase> {
  const filters = Object.fromEntries(
    database.subnets.slice(0, 20).map(({ id }, at) => [`Filter.1.Value.${at + 1}`, id] as const),
  );
  const names = { 'Filter.1.Name': 'association.subnet-id' };
  const answer = await aws.query('ec2', 'DescribeRouteTables', { ...names, ...filters });
  if (answer.kind !== 'done') return database;
  const ids = elements(answer.body, 'routeTableId').map((one) => one.text.trim());
  return { ...database, routeTableIds: [...new Set(ids)] };
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
