import type { Config } from './config.ts';

/** Who is listed for something, by member id and by user group. */
export interface Allowed {
  readonly userIds: readonly string[];
  readonly groupIds: readonly string[];
}

/** Who may run it: those the runbook names, else everybody listed. Nobody listed means nobody may. */
export function allowedFor(config: Config, runbookId: string): Allowed {
  const { allowed } = config.runbooks[runbookId] ?? {};
  return allowed === undefined ? everybodyListed(config) : split(allowed);
}

/** Who may be the second person. */
export function approversFor(config: Config, runbookId: string): Allowed {
  const { allowed } = config.runbooks[runbookId]?.approval ?? {};
  return allowed === undefined ? allowedFor(config, runbookId) : split(allowed);
}

export function everybodyListed(config: Config): Allowed {
  return {
    userIds: config.people.map((person) => person.slackUserId),
    groupIds: config.userGroups.map((group) => group.slackGroupId),
  };
}

/** Member ids and group ids in one list, as they are configured. */
export function split(ids: readonly string[]): Allowed {
  return { userIds: ids.filter((id) => !id.startsWith('S')), groupIds: ids.filter((id) => id.startsWith('S')) };
}
