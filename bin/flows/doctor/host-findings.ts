import { AGENT_VERSION_MIN, isAgentTooOld } from '../agent-version.ts';
import { about, type Finding } from './finding.ts';

/** A host as Systems Manager knows it. */
export interface ManagedHost {
  readonly id: string;
  readonly agentVersion: string;
  readonly pingStatus: string;
  readonly platform: string;
}

export interface HostLook {
  readonly id: string;
  /** null: Systems Manager has never heard of it. */
  readonly managed: ManagedHost | null;
  readonly isTagged: boolean;
  readonly tag: { readonly key: string; readonly value: string };
}

/** One host: known, online, new enough, and allowed. */
export function hostFindings({ id, managed, isTagged, tag }: HostLook): readonly Finding[] {
  const said = about('host', id);
  if (managed === null) {
    const fix =
      'On the host: systemctl status amazon-ssm-agent. It needs the instance profile with ' +
      'AmazonSSMManagedInstanceCore, or default host management, and a way to the ssm and ssmmessages endpoints.';
    return [said('error', 'Systems Manager does not know it', fix)];
  }
  const findings: Finding[] = [];
  if (managed.platform !== 'Linux')
    findings.push(said('error', `it runs ${managed.platform}`, 'The runbooks are for Linux: take it out of hosts.'));
  if (managed.pingStatus !== 'Online') {
    findings.push(
      said(
        'error',
        `its agent is not there (${managed.pingStatus})`,
        'On the host: sudo systemctl restart amazon-ssm-agent',
      ),
    );
  }
  findings.push(
    isAgentTooOld(managed.agentVersion)
      ? said(
          'error',
          `agent ${managed.agentVersion} is older than ${AGENT_VERSION_MIN}: it drops parameters and says nothing`,
          `aws ssm send-command --document-name AWS-UpdateSSMAgent --instance-ids ${id}`,
        )
      : said('ok', `managed, agent ${managed.agentVersion}`),
  );
  findings.push(
    isTagged
      ? said('ok', `carries ${tag.key}=${tag.value}`)
      : said('error', `does not carry the tag ${tag.key}=${tag.value}`, tagCommand(id, tag)),
  );
  return findings;
}

function tagCommand(id: string, { key, value }: HostLook['tag']): string {
  return id.startsWith('mi-')
    ? `aws ssm add-tags-to-resource --resource-type ManagedInstance --resource-id ${id} --tags Key=${key},Value=${value}`
    : `aws ec2 create-tags --resources ${id} --tags Key=${key},Value=${value}`;
}
