import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { CredentialSource } from '../../../functions/adapters/mysql/credential-source.ts';
import type { Config, TargetConfig } from '../../../functions/core/config/config.ts';
import type { Sample } from '../../../functions/core/model/sample.ts';
import { forEachLimited } from '../../../functions/flows/change-item.ts';
import type { Finding } from '../../flows/doctor/finding.ts';
import { type TargetLook, targetFindings } from '../../flows/doctor/target-findings.ts';
import { answerOf, type ConnectedAws } from '../common/aws.ts';
import type { Console } from '../common/console.ts';
import { configuredCredentials, samplerWith } from '../common/try-target.ts';
import { askServer } from './ask-server.ts';

const AT_ONCE = 5;

/** Every target by the sampler that watch has, and then by what only a doctor asks. */
export async function lookAtTargets(config: Config, connected: ConnectedAws, io: Console): Promise<readonly Finding[]> {
  const credentials = configuredCredentials(io.environment, (arn) => readSecret(connected, arn));
  const found = new Map<string, readonly Finding[]>();
  await forEachLimited(config.targets, AT_ONCE, async (target) => {
    io.say(`Looking at ${target.id} …`);
    const place = { isFromElsewhere: config.network.kind === 'vpc', hasCredentials: connected.kind === 'connected' };
    found.set(target.id, await lookAt(target, credentials, place));
  });
  return config.targets.flatMap(({ id }) => found.get(id) ?? []);
}

async function lookAt(
  target: TargetConfig,
  credentials: CredentialSource,
  place: Pick<TargetLook, 'isFromElsewhere' | 'hasCredentials'>,
): Promise<readonly Finding[]> {
  const sampler = samplerWith(place.hasCredentials ? credentials : withoutTokens(credentials));
  const sample = await sampler.take(target, 'holders', null);
  const isReadable = sample.kind === 'reading';
  const password = isReadable ? await credentials.password(target, null) : null;
  const facts = password?.kind === 'password' ? await askServer(target, password.password) : null;
  return targetFindings({
    target,
    sample,
    facts,
    byAdminPort: isReadable ? await byAdminPort(target, credentials) : null,
    ...place,
  });
}

async function byAdminPort(target: TargetConfig, credentials: CredentialSource): Promise<Sample | null> {
  if (target.adminPort === undefined || target.socketPath !== undefined) return null;
  return samplerWith(credentials).take({ ...target, port: target.adminPort }, 'counts', null);
}

/** Signing a token looks for credentials in more places than we have just looked, which takes seconds. */
function withoutTokens(credentials: CredentialSource): CredentialSource {
  return {
    password: async (target, refused) =>
      target.credential.kind === 'iam'
        ? { kind: 'unavailable', why: 'there are no AWS credentials' }
        : credentials.password(target, refused),
  };
}

/** Throws without quoting: the sampler turns it into its own sentence. */
export async function readSecret(connected: ConnectedAws, arn: string): Promise<string> {
  if (connected.kind === 'noCredentials') throw new MissingCredentials();
  const client = connected.aws.client('SECRETS_MANAGER', SecretsManagerClient);
  const answer = await answerOf(client.send(new GetSecretValueCommand({ SecretId: arn })));
  const text = answer.kind === 'done' ? answer.body.SecretString : undefined;
  if (text !== undefined) return text;
  const name = answer.kind === 'done' ? 'no text in the secret' : answer.kind === 'refused' ? answer.code : answer.why;
  throw Object.assign(new Error(), { name });
}

class MissingCredentials extends Error {
  override readonly name = 'no AWS credentials here';
}
