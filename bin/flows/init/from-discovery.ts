import { isAgentTooOld } from '../agent-version.ts';
import type { Answers } from './answers.ts';

/** Where something is reached inside a VPC. */
export interface FoundPlace {
  readonly id: string;
  readonly vpcId: string | null;
  /** One for each zone. */
  readonly subnets: readonly { readonly id: string; readonly zone: string }[];
  readonly securityGroupIds: readonly string[];
  readonly routeTableIds: readonly string[];
}

/** A machine of EC2, on which somebody runs a database. */
export type FoundMachine = FoundPlace;

/** A database that AWS runs. */
export interface FoundDatabase extends FoundPlace {
  readonly engine: string;
  readonly address: string;
  readonly port: number;
  readonly resourceId: string;
  readonly takesIamTokens: boolean;
  /** Of Aurora. */
  readonly clusterId: string | null;
}

/** A machine that Systems Manager knows. */
export interface FoundHost {
  readonly id: string;
  readonly name: string | null;
  readonly agentVersion: string;
  readonly isOnline: boolean;
}

export interface Choice {
  readonly change: Partial<Answers>;
  /** What was chosen, and why. */
  readonly why: readonly string[];
}

/** Zones that the function is put into: a second one survives the loss of the first, a third adds nothing. */
const ZONES_MAX = 2;

/** What follows from a database: its address, how to log in, and the way there. */
export function fromDatabase(database: FoundDatabase, region: string): Choice {
  const why = [`${database.id}: ${database.engine} at ${database.address}:${database.port}`];
  const credential = database.takesIamTokens
    ? ({ kind: 'iam', region, resourceId: database.resourceId } as const)
    : null;
  why.push(
    database.takesIamTokens
      ? 'login with IAM tokens: it is switched on there, so there is no password anywhere'
      : 'login with a password secret: IAM authentication is switched off there. npx runbell secrets set fills the secret',
  );
  const network = networkOf(database, why);
  return {
    change: {
      targetId: configId(database.id),
      host: database.address,
      port: database.port,
      tls: 'rds',
      credential,
      ...(network === null ? {} : { network }),
    },
    why,
  };
}

/** What follows from a machine: the way there. How its database lets somebody in, no service can tell. */
export function fromMachine(machine: FoundMachine, port: number): Choice {
  const why = [`it is on ${machine.id}, so a password is kept in a secret: npx runbell secrets set fills it`];
  const network = networkOf({ ...machine, port, takesIamTokens: false }, why);
  return { change: network === null ? {} : { network }, why };
}

type Reached = FoundPlace & Pick<FoundDatabase, 'port' | 'takesIamTokens'>;

function networkOf(database: Reached, why: string[]): Answers['network'] {
  const [securityGroupId] = database.securityGroupIds;
  if (database.vpcId === null || securityGroupId === undefined || database.subnets.length === 0) return null;
  const zones = [...new Map(database.subnets.map((subnet) => [subnet.zone, subnet])).values()].slice(0, ZONES_MAX);
  const withPassword = !database.takesIamTokens;
  why.push(
    `its own VPC ${database.vpcId}, ${zones.map(({ zone }) => zone).join(' and ')}, where it is`,
    `its security group ${securityGroupId}, which has to let itself in on port ${database.port}; or name one of your own`,
  );
  if (withPassword) why.push(`an endpoint for the password: ${(7.3 * zones.length).toFixed(2)} $ a month`);
  return {
    kind: 'vpc',
    vpcId: database.vpcId,
    subnetIds: zones.map(({ id }) => id),
    availabilityZones: zones.map(({ zone }) => zone),
    securityGroupId,
    routeTableIds: [...database.routeTableIds],
    ...(withPassword ? { secretsEndpoint: 'create' as const } : {}),
  };
}

/** How a host reads in a list: name, version, and what is in the way. */
export function hostHint(host: FoundHost): string {
  const notes = [
    host.name,
    `agent ${host.agentVersion}`,
    isAgentTooOld(host.agentVersion) ? 'too old, doctor says how to update it' : null,
    host.isOnline ? null : 'not online',
  ];
  return notes.filter((note) => note !== null).join(', ');
}

/** Identifiers of RDS are longer and freer than ours. */
function configId(name: string): string {
  const id = name.toLowerCase().replace(/[^a-z0-9-]/g, '-');
  return (/^[a-z]/.test(id) ? id : `db-${id}`).slice(0, 40);
}
