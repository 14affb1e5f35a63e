import {
  botTokenProblem,
  readSlackSecret,
  type SlackSecretValue,
  signingSecretProblem,
} from '../../flows/secret-value.ts';
import { BOT_SCOPES } from '../../flows/slack-manifest.ts';
import type { Aws } from '../common/aws.ts';
import { Failure } from '../common/failure.ts';
import { describeStack } from '../common/find-stack.ts';
import { askSlack } from '../common/slack-check.ts';
import { connected, type SecretOrder, storeSecret } from './store-secret.ts';

/** Bot token and signing secret. The token is tried; nothing but a click can try the signing secret. */
export async function setSlack(order: SecretOrder): Promise<void> {
  const aws = await connected(order);
  const arn = await secretArn(aws, order);
  const value = await given(order);
  order.io.say('Asking Slack whose token it is …');
  const problem = await check(value, order);
  if (problem !== null && !order.unchecked) throw new Failure(`${problem} Nothing was stored.`);
  await storeSecret(aws, arn, JSON.stringify(value), order.io);
}

async function secretArn(aws: Aws, { config, stack }: SecretOrder): Promise<string> {
  if (config.slack.secretArn !== undefined) return config.slack.secretArn;
  const found = await describeStack(aws, stack);
  if (found.kind === 'unknown') throw new Failure(`${found.why}. Nothing was stored.`);
  const arn = found.outputs.get('SlackSecretArn');
  if (arn === undefined) throw new Failure(`The stack ${stack} has no output SlackSecretArn. Nothing was stored.`);
  return arn;
}

async function given({ io, asker }: SecretOrder): Promise<SlackSecretValue> {
  if (asker !== null) {
    // What is copied often brings a space along.
    const trimmed = (problem: typeof botTokenProblem) => (value: string) => problem(value.trim());
    const botToken = await asker.hidden('Bot User OAuth Token ("OAuth & Permissions")', trimmed(botTokenProblem));
    const signing = await asker.hidden('Signing Secret ("Basic Information")', trimmed(signingSecretProblem));
    return { botToken: botToken.trim(), signingSecret: signing.trim() };
  }
  const read = readSlackSecret(await io.input());
  if (read.kind === 'invalid') throw new Failure(`Standard input: ${read.why}. Nothing was stored.`);
  return read.value;
}

/** What is wrong with it; null: nothing. */
async function check(value: SlackSecretValue, { io, config }: SecretOrder): Promise<string | null> {
  const slack = await askSlack(value.botToken, io.environment);
  if (slack.kind === 'refused') {
    return `Slack refuses the token (${slack.code}): install the app again and take its "Bot User OAuth Token".`;
  }
  if (slack.kind === 'noAnswer') return `Slack could not be asked (${slack.why}): try again, or add --unchecked.`;
  if (slack.workspaceId !== config.slack.workspaceId) {
    return `The token belongs to workspace ${slack.workspaceId} and the configuration names ${config.slack.workspaceId}.`;
  }
  io.say(`Slack knows it: ${slack.workspace} (${slack.workspaceId}).`);
  const missing = BOT_SCOPES.filter((scope) => !slack.scopes.includes(scope));
  if (missing.length > 0 && slack.scopes.length > 0) {
    io.say(
      `Scopes still missing: ${missing.join(', ')}. Paste npx runbell slack-manifest into the app, install it again.`,
    );
  }
  return null;
}
