import type { Config } from '../config/config.ts';
import type { Allowed } from '../config/people.ts';
import type { Requester } from '../model/request.ts';
import { groupToken, userToken } from '../text/tokens.ts';

/** What Slack says of the one who asks, beyond what the click itself carries. */
export interface Asker {
  readonly kind: 'member' | 'guest' | 'bot' | 'foreign' | 'unknown';
  /** By group id; a group that is missing here is one that Slack did not speak of. */
  readonly groups: Readonly<Record<string, 'in' | 'out' | 'unknown'>>;
}

/** Whom to ask. */
export function namesOf({ userIds, groupIds }: Allowed, except: string): string {
  const names = [...userIds.filter((id) => id !== except).map(userToken), ...groupIds.map(groupToken)];
  return names.length === 0 ? 'somebody who is listed' : `one of ${names.join(', ')}`;
}

/** true for somebody named by id, who then needs no word of Slack's about what they are. */
export function isListed(config: Config, { userId, teamId, kind }: Requester): boolean {
  const person = config.people.find((one) => one.slackUserId === userId);
  if (person === undefined) return false;
  if (kind === 'operator') return true;
  if (person.workspaceId !== undefined) return person.workspaceId === teamId;
  return kind !== 'foreign' && teamId === config.slack.workspaceId;
}

/** The door: members of the workspace, and whoever is named. null: come in. */
export function keptOut(
  config: Config,
  by: Requester,
  asker: Asker,
): 'foreignWorkspace' | 'guest' | 'bot' | 'unknownPerson' | null {
  if (isListed(config, by) || by.kind === 'operator') return null;
  if (by.kind === 'foreign' || by.teamId !== config.slack.workspaceId) return 'foreignWorkspace';
  switch (asker.kind) {
    case 'member':
      return null;
    case 'foreign':
      return 'foreignWorkspace';
    case 'guest':
    case 'bot':
      return asker.kind;
    case 'unknown':
      return 'unknownPerson';
  }
}

/** Behind the door: listed for this, or not. null: yes. */
export function notAmong(
  { userIds, groupIds }: Allowed,
  userId: string,
  asker: Asker,
): 'nobodyConfigured' | 'notAllowed' | 'membersUnknown' | null {
  if (userIds.length === 0 && groupIds.length === 0) return 'nobodyConfigured';
  if (userIds.includes(userId)) return null;
  const seen = groupIds.map((id) => (Object.hasOwn(asker.groups, id) ? asker.groups[id] : 'unknown'));
  if (seen.includes('in')) return null;
  return seen.includes('unknown') ? 'membersUnknown' : 'notAllowed';
}
