import { randomUUID } from 'node:crypto';
import { type Command, type Invocation, parentDetails, statusOf } from './command.ts';

/** An event as EventBridge hands it to a rule's target. */
export interface SsmEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: 'aws.ssm';
  readonly account: string;
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface Place {
  readonly region: string;
  readonly accountId: string;
}

/** The change of one host's part, or with null of the command as a whole. */
export function statusEvent(command: Command, invocation: Invocation | null, place: Place, nowMs: number): SsmEvent {
  const detail = {
    'command-id': command.id,
    'document-name': command.document.name,
    'requested-date-time': new Date(command.requestedAtMs).toISOString(),
  };
  const expiry = { 'expire-after': new Date(command.expiresAtMs).toISOString(), parameters: command.parameters };
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': `EC2 Command ${invocation === null ? '' : 'Invocation '}Status-change Notification`,
    source: 'aws.ssm',
    account: place.accountId,
    time: `${new Date(nowMs).toISOString().slice(0, 19)}Z`,
    region: place.region,
    resources: (invocation === null ? command.invocations : [invocation]).map(({ host }) => arnOf(host.id, place)),
    detail:
      invocation === null
        ? { ...detail, ...expiry, status: statusOf(parentDetails(command)) }
        : { ...detail, 'instance-id': invocation.host.id, status: statusOf(invocation.details) },
  };
}

function arnOf(hostId: string, { region, accountId }: Place): string {
  const resource = hostId.startsWith('mi-') ? 'ssm' : 'ec2';
  const kind = hostId.startsWith('mi-') ? 'managed-instance' : 'instance';
  return `arn:aws:${resource}:${region}:${accountId}:${kind}/${hostId}`;
}
