import { type Asker, isListed } from '../core/act/who-may.ts';
import type { Requester } from '../core/model/request.ts';
import type { UserDirectory } from '../core/ports.ts';
import type { Settings } from '../core/settings.ts';

/** Asks Slack only for what the click and the configuration leave open. */
export async function askerOf(
  { settings, directory }: { readonly settings: Settings; readonly directory: UserDirectory },
  by: Requester,
): Promise<Asker> {
  const { config } = settings;
  const isKnown = by.kind === 'operator' || isListed(config, by);
  const groups = config.userGroups.map(async ({ slackGroupId }) => {
    const members = await directory.members(slackGroupId);
    return [slackGroupId, members === 'unknown' ? 'unknown' : members.includes(by.userId) ? 'in' : 'out'] as const;
  });
  const kind = isKnown || by.kind === 'foreign' ? 'member' : await directory.kindOf(by.userId);
  return { kind, groups: Object.fromEntries(await Promise.all(groups)) };
}
