import { createHmac } from 'node:crypto';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { fetchSlackSecret, type SlackSecret } from '../../../functions/adapters/slack/slack-secret.ts';
import { createLightPost } from '../../../functions/adapters/system/light-post.ts';
import type { Config } from '../../../functions/core/config/config.ts';
import { about, type Finding } from '../../flows/doctor/finding.ts';
import { BOT_SCOPES } from '../../flows/slack-manifest.ts';
import { type Aws, type AwsAnswer, answerOf, type ConnectedAws } from '../common/aws.ts';
import type { Console } from '../common/console.ts';
import type { FoundStack } from '../common/find-stack.ts';
import { askSlack, refusalOf, slackClient } from '../common/slack-check.ts';

const said = about('slack');
const MANIFEST_FIX = 'npx runbell slack-manifest: paste it into the app, and install the app again.';
const SECRET_FIX = 'npx runbell secrets set --slack';
const ROUND_TRIP_MS = 5_000;

/** Token, scopes, channels, and a signed request through the deployed address. */
export async function lookAtSlack(
  config: Config,
  connected: ConnectedAws,
  stack: FoundStack,
  io: Console,
): Promise<readonly Finding[]> {
  const arn = config.slack.secretArn ?? (stack.kind === 'found' ? stack.outputs.get('SlackSecretArn') : undefined);
  if (connected.kind === 'noCredentials' || arn === undefined) {
    const why =
      connected.kind === 'noCredentials' ? connected.why : 'There is no secret before the first npx cdk deploy.';
    return [said('note', 'not looked at: its secret cannot be read', why)];
  }
  io.say('Looking at Slack …');
  const secret = await fetchSlackSecret(() => secretAnswer(connected.aws, arn), arn);
  if ('problem' in secret) return [said('error', `no token and signing secret (${secret.problem})`, SECRET_FIX)];
  const token = await tokenFindings(secret, config, io);
  const url = stack.kind === 'found' ? stack.outputs.get('SlackRequestUrl') : undefined;
  return [...token, ...(url === undefined ? [] : [await roundTrip(url, secret.signingSecret)])];
}

function secretAnswer(aws: Aws, arn: string): Promise<AwsAnswer<object>> {
  const client = aws.client('SECRETS_MANAGER', SecretsManagerClient);
  return answerOf(client.send(new GetSecretValueCommand({ SecretId: arn })));
}

async function tokenFindings({ botToken }: SlackSecret, config: Config, io: Console): Promise<readonly Finding[]> {
  const slack = await askSlack(botToken, io.environment);
  if (slack.kind === 'refused')
    return [said('error', `refuses the bot token (${slack.code})`, `Install the app again, then ${SECRET_FIX}`)];
  if (slack.kind === 'noAnswer')
    return [said('warning', `did not answer (${slack.why})`, 'Is there a way to slack.com from here? Then once more.')];
  const { channel: usual, fallbackChannel = usual } = config.slack;
  const channels = new Set([usual, fallbackChannel, ...config.targets.flatMap(({ channel }) => channel ?? [])]);
  const missing = slack.scopes.length === 0 ? [] : BOT_SCOPES.filter((scope) => !slack.scopes.includes(scope));
  return [
    slack.workspaceId === config.slack.workspaceId
      ? said('ok', `the token is ${slack.workspace}'s (${slack.workspaceId})`)
      : said(
          'error',
          `the token is that of workspace ${slack.workspaceId}`,
          `slack.workspaceId is ${config.slack.workspaceId}: every click would be refused. Correct one of them.`,
        ),
    ...(missing.length === 0 ? [] : [said('warning', `scopes missing: ${missing.join(', ')}`, MANIFEST_FIX)]),
    ...(await Promise.all([...channels].map((channel) => channelFinding(botToken, channel, io)))),
  ];
}

/** Asked for as the board asks when it looks for its own card: needs membership and all scopes of that. */
async function channelFinding(token: string, channel: string, io: Console): Promise<Finding> {
  try {
    const order = { channel, limit: 1, include_all_metadata: true };
    await slackClient(token, io.environment).conversations.history(order);
    return said('ok', `is in channel ${channel}`);
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal.kind === 'noAnswer')
      return said('warning', `channel ${channel}: no answer (${refusal.why})`, 'Once more.');
    if (refusal.code === 'missing_scope')
      return said('error', `channel ${channel} cannot be read: a scope is missing`, MANIFEST_FIX);
    const fix =
      refusal.code === 'channel_not_found'
        ? 'Check its id (name, View channel details, at the bottom). A private one: /invite @runbell there.'
        : 'In that channel: /invite @runbell';
    return said('error', `cannot use channel ${channel} (${refusal.code})`, fix);
  }
}

/** Slack's own test of an address, signed: taken only when function and secret agree, and nothing is stored. */
async function roundTrip(url: string, signingSecret: string): Promise<Finding> {
  const body = 'ssl_check=1';
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex');
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(body.length),
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': `v0=${signature}`,
  };
  const answer = await createLightPost()(new URL('/slack/events', url), headers, body, ROUND_TRIP_MS);
  if (answer.kind === 'failed')
    return said(
      'error',
      `the request URL does not answer (${answer.why})`,
      'npx cdk deploy; the log of interact says more.',
    );
  if (answer.statusCode === 200) return said('ok', 'a signed request through the deployed address is accepted');
  const fix =
    answer.statusCode === 401
      ? `The function knows another signing secret: ${SECRET_FIX}, or wait a minute after changing it.`
      : 'The log of interact says why.';
  return said('error', `a signed request through the deployed address gets HTTP ${answer.statusCode}`, fix);
}
