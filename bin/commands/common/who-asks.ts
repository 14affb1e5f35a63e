import { existsSync } from 'node:fs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import type { Requester } from '../../../functions/core/model/request.ts';
import { answerOf, connectAws } from './aws.ts';
import type { Console } from './console.ts';
import { Failure } from './failure.ts';
import { readConfig } from './read-config.ts';

export interface AskerGiven {
  readonly as?: string;
  readonly config: string;
  readonly endpoint?: string;
}

/** Whose permission a request needs, and the AWS identity that vouches for it; both are kept in the timeline. */
export async function whoAsks(given: AskerGiven, io: Console): Promise<Requester> {
  const [identity, userId] = await Promise.all([identityOf(given, io), userIdOf(given, io)]);
  return { userId, teamId: '', kind: 'operator', via: identity.name, awsUserId: identity.awsUserId };
}

async function userIdOf({ as, config }: AskerGiven, { environment }: Console): Promise<string> {
  const named = as ?? environment['RUNBELL_AS'];
  if (named !== undefined) {
    if (/^[UW][A-Z0-9]{4,20}$/.test(named)) return named;
    throw new Failure(`--as takes a Slack member id such as U012AB3CD, and not "${named.slice(0, 40)}".`);
  }
  const people = existsSync(config) ? (await readConfig(config)).people : [];
  const [only] = people;
  if (only !== undefined && people.length === 1) return only.slackUserId;
  const ids = people.map(({ slackUserId }) => slackUserId).join(', ');
  const listed = ids === '' ? '' : ` ${config} lists ${ids}.`;
  throw new Failure(`Say who asks, by Slack member id: --as U012AB3CD, or export RUNBELL_AS.${listed}`);
}

export interface Identity {
  /** Its ARN, for people. */
  readonly name: string;
  /** As IAM compares it (`aws:userid`), such as `AROAEXAMPLE:alice`. */
  readonly awsUserId: string;
}

/** Whoever this machine says they are to AWS, or to the loop that runs here. */
export async function identityOf({ endpoint }: Pick<AskerGiven, 'endpoint'>, io: Console): Promise<Identity> {
  if (endpoint !== undefined) return { name: 'the machine that the loop runs on', awsUserId: 'local' };
  const connected = await connectAws(io.environment);
  if (connected.kind === 'noCredentials') throw new Failure(`${connected.why}.`);
  const client = connected.aws.client('STS', STSClient);
  const answer = await answerOf(client.send(new GetCallerIdentityCommand({})));
  const { Arn, UserId } = answer.kind === 'done' ? answer.body : {};
  return { name: Arn ?? 'an AWS identity that could not be asked for', awsUserId: UserId ?? 'unknown' };
}
