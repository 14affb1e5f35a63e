import { PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Config } from '../../../functions/core/config/config.ts';
import type { Asker } from '../common/asker.ts';
import { type Aws, answerOf, connectAws, problemText } from '../common/aws.ts';
import type { Console } from '../common/console.ts';
import { Failure } from '../common/failure.ts';

export interface SecretOrder {
  readonly io: Console;
  /** null: nobody to ask, so standard input has it. */
  readonly asker: Asker | null;
  readonly config: Config;
  readonly stack: string;
  readonly unchecked: boolean;
}

export async function connected({ io }: SecretOrder): Promise<Aws> {
  const answer = await connectAws(io.environment);
  if (answer.kind === 'noCredentials') throw new Failure(`${answer.why}. Nothing was stored.`);
  return answer.aws;
}

/** A new version of the secret; the one before stays readable as AWSPREVIOUS. */
export async function storeSecret(aws: Aws, arn: string, text: string, io: Console): Promise<void> {
  const client = aws.client('SECRETS_MANAGER', SecretsManagerClient);
  const answer = await answerOf(client.send(new PutSecretValueCommand({ SecretId: arn, SecretString: text })));
  if (answer.kind === 'refused' && answer.code === 'ResourceNotFoundException') {
    throw new Failure(
      `There is no secret ${arn} in ${aws.region}. Nothing was stored. Make it first: ` +
        `aws secretsmanager create-secret --name NAME, and write its ARN into the configuration.`,
    );
  }
  if (answer.kind !== 'done') {
    throw new Failure(
      `The secret could not be stored (${problemText(answer)}). Needed: secretsmanager:PutSecretValue on ${arn}.`,
    );
  }
  io.out(`Stored in ${arn}. The functions read it again within minutes; nothing has to be deployed.`);
}
