import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { TargetConfig } from '../../../functions/core/config/config.ts';
import { passwordProblem, readPassword, withPassword } from '../../flows/secret-value.ts';
import { type Aws, answerOf } from '../common/aws.ts';
import { Failure } from '../common/failure.ts';
import { samplerWithPassword } from '../common/try-target.ts';
import { connected, type SecretOrder, storeSecret } from './store-secret.ts';

/** Causes that are the password's or the account's fault; anything else says nothing about the password. */
const REFUSED: ReadonlySet<string> = new Set(['denied', 'accountLocked', 'passwordExpired', 'loginMethod']);

/** The password of one target, tried against the database where it can be reached from here. */
export async function setPassword(order: SecretOrder, id: string): Promise<void> {
  const target = order.config.targets.find((one) => one.id === id);
  const arn = arnOf(target, id, order);
  const aws = await connected(order);
  const password = await given(order, id);
  if (target !== undefined) await tryIt(target, password, order);
  await storeSecret(aws, arn, withPassword(await textBefore(aws, arn), password), order.io);
}

function arnOf(target: TargetConfig | undefined, id: string, { config }: SecretOrder): string {
  if (target === undefined) {
    throw new Failure(`There is no target "${id}"; the targets are ${config.targets.map((one) => one.id).join(', ')}.`);
  }
  const { credential } = target;
  if (credential.kind === 'secret') return credential.arn;
  throw new Failure(
    credential.kind === 'iam'
      ? `${id} logs in with IAM tokens: it has no password.`
      : `${id} reads its password from ${credential.variable}: write credential: { kind: 'secret', arn } to keep it in Secrets Manager.`,
  );
}

async function given({ io, asker }: SecretOrder, id: string): Promise<string> {
  if (asker !== null) return asker.hidden(`Password of the monitoring account of ${id}`, passwordProblem);
  const read = readPassword(await io.input());
  if (read.kind === 'invalid') throw new Failure(`Standard input: ${read.why}. Nothing was stored.`);
  return read.value;
}

async function tryIt(target: TargetConfig, password: string, { io, unchecked }: SecretOrder): Promise<void> {
  io.say(`Trying it at ${target.host}:${target.port} …`);
  const sample = await samplerWithPassword(password).take(target, 'counts', null);
  if (sample.kind !== 'unreadable') return io.say('The database takes it.');
  if (!REFUSED.has(sample.cause)) return io.say(`It could not be tried from here (${sample.cause}); stored as it is.`);
  if (!unchecked) throw new Failure(`${sample.sentence} Nothing was stored.`);
}

/** null: empty, or not readable with these credentials. */
async function textBefore(aws: Aws, arn: string): Promise<string | null> {
  const client = aws.client('SECRETS_MANAGER', SecretsManagerClient);
  const answer = await answerOf(client.send(new GetSecretValueCommand({ SecretId: arn })));
  return (answer.kind === 'done' ? answer.body.SecretString : undefined) ?? null;
}
