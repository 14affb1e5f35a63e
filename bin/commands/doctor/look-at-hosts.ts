import { DescribeInstanceInformationCommand, type InstanceInformation, SSMClient } from '@aws-sdk/client-ssm';
import type { Config } from '../../../functions/core/config/config.ts';
import { about, type Finding } from '../../flows/doctor/finding.ts';
import { hostFindings, type ManagedHost } from '../../flows/doctor/host-findings.ts';
import { type Aws, answerOf, type ConnectedAws, problemText } from '../common/aws.ts';
import type { Console } from '../common/console.ts';

/** The service answers 50 hosts at once. */
const PAGE = 50;
const PAGES_MAX = 40;

/** Every host of every application, as Systems Manager knows it. Nothing is sent to a host. */
export async function lookAtHosts(config: Config, connected: ConnectedAws, io: Console): Promise<readonly Finding[]> {
  const said = about('host');
  const ids = [...new Set(config.applications.flatMap(({ hosts }) => hosts))];
  if (ids.length === 0) return [];
  if (connected.kind === 'noCredentials')
    return [said('note', `${ids.length} hosts were not looked at`, connected.why)];
  io.say(`Looking at ${ids.length} hosts …`);
  const known = await list(connected.aws, [{ Key: 'InstanceIds', Values: ids.slice(0, PAGE) }], ids);
  const tagged = await list(
    connected.aws,
    [{ Key: `tag:${config.hostTag.key}`, Values: [config.hostTag.value] }],
    null,
  );
  if (typeof known === 'string' || typeof tagged === 'string') {
    const fix = 'Your credentials need ssm:DescribeInstanceInformation.';
    return [said('warning', `the hosts could not be looked at (${typeof known === 'string' ? known : tagged})`, fix)];
  }
  return ids.flatMap((id) =>
    hostFindings({
      id,
      managed: known.find((host) => host.id === id) ?? null,
      isTagged: tagged.some((host) => host.id === id),
      tag: config.hostTag,
    }),
  );
}

type Filter = { Key: string; Values: string[] };

/** `ids` longer than one page are asked for page by page. A string says why there is no answer. */
async function list(
  aws: Aws,
  filters: Filter[],
  ids: readonly string[] | null,
): Promise<readonly ManagedHost[] | string> {
  const client = aws.client('SSM', SSMClient);
  const hosts: ManagedHost[] = [];
  let asked = PAGE;
  let token: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const question = { Filters: filters, MaxResults: PAGE, NextToken: token };
    const answer = await answerOf(client.send(new DescribeInstanceInformationCommand(question)));
    if (answer.kind !== 'done') return problemText(answer);
    hosts.push(...(answer.body.InstanceInformationList ?? []).map(hostOf));
    token = answer.body.NextToken;
    if (token !== undefined) continue;
    const more = ids?.slice(asked, asked + PAGE) ?? [];
    if (more.length === 0) return hosts;
    filters = [{ Key: 'InstanceIds', Values: more }];
    asked += PAGE;
  }
  return hosts;
}

function hostOf(one: InstanceInformation): ManagedHost {
  return {
    id: one.InstanceId ?? '',
    agentVersion: one.AgentVersion ?? '0',
    pingStatus: one.PingStatus ?? 'unknown',
    platform: one.PlatformType ?? 'Linux',
  };
}
