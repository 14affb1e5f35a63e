import { ConfiguredCredentialSource } from '../../../functions/adapters/mysql/credential-source.ts';
import { MysqlSampleSource } from '../../../functions/adapters/mysql/mysql-sample-source.ts';
import { systemClock } from '../../../functions/adapters/system/system-clock.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const silent = { info: () => undefined, error: () => undefined };

/** The sampler that watch has, with the credentials that the configuration names. */
export function configuredSampler(environment: Environment, readSecret: (arn: string) => Promise<string>) {
  const credentials = new ConfiguredCredentialSource({ clock: systemClock, readSecret, environment });
  return new MysqlSampleSource({ clock: systemClock, credentials, log: silent, random: Math.random });
}

/** The same with a password that is not stored anywhere yet. */
export function samplerWithPassword(password: string) {
  const credentials = { password: async () => ({ kind: 'password', password }) as const };
  return new MysqlSampleSource({ clock: systemClock, credentials, log: silent, random: Math.random });
}
