import {
  ConfiguredCredentialSource,
  type CredentialSource,
} from '../../../functions/adapters/mysql/credential-source.ts';
import { MysqlSampleSource } from '../../../functions/adapters/mysql/mysql-sample-source.ts';
import { systemClock } from '../../../functions/adapters/system/log.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The credentials that the configuration names, read as watch reads them. */
export function configuredCredentials(
  environment: Environment,
  readSecret: (arn: string) => Promise<string>,
): CredentialSource {
  return new ConfiguredCredentialSource({ clock: systemClock, readSecret, environment });
}

/** The sampler that watch has. What it finds is in its answer, so nothing is logged. */
export function samplerWith(credentials: CredentialSource): MysqlSampleSource {
  const log = { info: () => undefined, error: () => undefined };
  return new MysqlSampleSource({ clock: systemClock, credentials, log, random: Math.random });
}

/** The same with a password that is not stored anywhere yet. */
export function samplerWithPassword(password: string): MysqlSampleSource {
  return samplerWith({ password: async () => ({ kind: 'password', password }) });
}
