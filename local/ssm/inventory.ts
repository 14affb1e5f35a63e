import type { SsmDocument } from './document.ts';
import type { LocalHost } from './host.ts';
import { ServiceError } from './service-error.ts';

export function hostView(host: LocalHost): object {
  return {
    InstanceId: host.id,
    PingStatus: pingOf(host),
    AgentVersion: host.agentVersion,
    PlatformType: host.platform,
    ResourceType: host.id.startsWith('mi-') ? 'ManagedInstance' : 'EC2Instance',
  };
}

export function documentView(document: SsmDocument): object {
  return {
    Name: document.name,
    Hash: document.sha256,
    HashType: 'Sha256',
    Status: 'Active',
    DocumentType: 'Command',
    DocumentFormat: 'JSON',
    SchemaVersion: '2.2',
    DocumentVersion: '1',
    Parameters: Object.entries(document.parameters).map(([Name, { type: Type }]) => ({ Name, Type })),
  };
}

/** Hosts that every filter lets through: `InstanceIds`, `PingStatus` or `tag:<name>`. */
export function filterHosts(
  hosts: readonly LocalHost[],
  filters: readonly { readonly Key: string; readonly Values: readonly string[] }[],
): readonly LocalHost[] {
  return hosts.filter((host) => filters.every(({ Key, Values }) => Values.some((it) => it === read(host, Key))));
}

function read(host: LocalHost, key: string): string | undefined {
  if (key === 'InstanceIds') return host.id;
  if (key === 'PingStatus') return pingOf(host);
  if (key.startsWith('tag:')) return host.tags[key.slice('tag:'.length)];
  throw new ServiceError('InvalidFilterKey', `${key} is not a filter here`);
}

function pingOf(host: LocalHost): string {
  return (host.reach ?? 'online') === 'online' ? 'Online' : 'ConnectionLost';
}
