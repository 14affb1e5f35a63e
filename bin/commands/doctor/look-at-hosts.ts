import * as z from 'zod';
import type { Config } from '../../../functions/core/config/config.ts';
import { about, type Finding } from '../../flows/doctor/finding.ts';
import { hostFindings, type ManagedHost } from '../../flows/doctor/host-findings.ts';
import { type Aws, type ConnectedAws, problemText } from '../common/aws.ts';
import type { Console } from '../common/console.ts';

/** The service answers 50 hosts at once. */
const PAGE = 50;
const PAGES_MAX = 40;

const page = z.object({
  InstanceInformationList: z.array(
    z.object({
      InstanceId: z.string(),
      AgentVersion: z.string().default('0'),
      PingStatus: z.string().default('unknown'),
      PlatformType: z.string().default('Linux'),
    }),
  ),
  NextToken: z.string().optional(),
});

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

type Filter = { readonly Key: string; readonly Values: readonly string[] };

/** `ids` longer than one page are asked for page by page. A string says why there is no answer. */
async function list(
  aws: Aws,
  filters: readonly Filter[],
  ids: readonly string[] | null,
): Promise<readonly ManagedHost[] | string> {
  const hosts: ManagedHost[] = [];
  let asked = PAGE;
  let token: string | undefined;
  for (let pages = 0; pages < PAGES_MAX; pages += 1) {
    const body = { Filters: filters, MaxResults: PAGE, ...(token === undefined ? {} : { NextToken: token }) };
    const answer = await aws.json('ssm', 'AmazonSSM.DescribeInstanceInformation', body);
    if (answer.kind !== 'done') return problemText(answer);
    const { InstanceInformationList: found, NextToken } = page.parse(answer.body);
    hosts.push(...found.map(hostOf));
    token = NextToken;
    if (token !== undefined) continue;
    const more = ids?.slice(asked, asked + PAGE) ?? [];
    if (more.length === 0) return hosts;
    filters = [{ Key: 'InstanceIds', Values: more }];
    asked += PAGE;
  }
  return hosts;
}

function hostOf(one: z.output<typeof page>['InstanceInformationList'][number]): ManagedHost {
  return { id: one.InstanceId, agentVersion: one.AgentVersion, pingStatus: one.PingStatus, platform: one.PlatformType };
}
