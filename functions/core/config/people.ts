import type { ApplicationConfig, Config, TargetConfig } from './config.ts';

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

/** Whether every command to this application only says what it would do. */
export function observes(config: Config, { observe }: Pick<ApplicationConfig, 'observe'>): boolean {
  return observe ?? config.observe;
}

/** Of the applications that use this target, those that are observed. */
export function observedOf(config: Config, databaseId: string): readonly string[] {
  return config.applications
    .filter((application) => application.targets.includes(databaseId) && observes(config, application))
    .map(({ id }) => id);
}

/** The runbook by which Runbell keeps copies of configuration files; people can press it, too. */
export const COPIES_RUNBOOK = 'snapshot-config';

/** Why Runbell keeps no copies on an application's hosts by itself. */
export type NoCopies = 'off' | 'nobodyMay' | 'observed' | 'noHosts';

/** null: it does. It does nothing of it where nobody else may either, and a copy is a change, too. */
export function noCopiesOf(config: Config, application: ApplicationConfig): NoCopies | null {
  const { userIds, groupIds } = allowedFor(config, COPIES_RUNBOOK);
  if (config.snapshots.off) return 'off';
  if (userIds.length + groupIds.length === 0) return 'nobodyMay';
  if (observes(config, application)) return 'observed';
  return application.hosts.length === 0 ? 'noHosts' : null;
}

/** On the hosts of these applications Runbell keeps copies without a click. */
export function copiesOf(config: Config): readonly string[] {
  return config.applications.filter((application) => noCopiesOf(config, application) === null).map(({ id }) => id);
}

/** The rules in force for a target: its own, which `parseConfig` has laid over everybody's. */
export function rulesOf(config: Config, target: TargetConfig): Config['rules'] {
  return target.rules ?? config.rules;
}

/** A shard is a slice of the configuration's list of targets: one invocation samples it. */
export const TARGETS_PER_SHARD = 100;

export function shardCount(config: Pick<Config, 'targets'>): number {
  return Math.ceil(config.targets.length / TARGETS_PER_SHARD);
}
