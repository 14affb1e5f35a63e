import { existsSync } from 'node:fs';
import type { Requester } from '../../../functions/core/model/request.ts';
import { connectAws } from './aws.ts';
import type { Console } from './console.ts';
import { Failure } from './failure.ts';
import { textAt } from './parse-xml.ts';
import { readConfig } from './read-config.ts';

export interface AskerGiven {
  readonly as?: string;
  readonly config: string;
  readonly endpoint?: string;
}

/**
 * Whose permission a request needs, and the AWS identity that vouches for it. Whoever may write the table is
 * believed; both names are kept in the timeline.
 */
export async function whoAsks(given: AskerGiven, io: Console): Promise<Requester> {
  const [identity, userId] = await Promise.all([identityOf(given, io), userIdOf(given, io)]);
  return { userId, teamId: '', kind: 'operator', via: identity };
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

/** Whoever this machine says they are to AWS, or to the loop that runs here. */
export async function identityOf({ endpoint }: Pick<AskerGiven, 'endpoint'>, io: Console): Promise<string> {
  if (endpoint !== undefined) return 'the machine that the loop runs on';
  const connected = await connectAws(io.environment);
  if (connected.kind === 'noCredentials') throw new Failure(`${connected.why}.`);
  const answer = await connected.aws.query('sts', 'GetCallerIdentity');
  const arn = answer.kind === 'done' ? firstArn(answer.body) : undefined;
  return arn ?? 'an AWS identity that could not be asked for';
}

function firstArn(body: Parameters<typeof textAt>[0]): string | undefined {
  return textAt(body, 'GetCallerIdentityResponse', 'GetCallerIdentityResult', 'Arn');
}
