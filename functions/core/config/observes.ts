import type { ApplicationConfig, Config } from './config.ts';

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
