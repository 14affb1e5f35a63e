import { createHash } from 'node:crypto';
import { SignedRequestLog } from './adapters/dynamodb/signed-request-log.ts';
import { createBoltHandler, type HttpAnswer } from './adapters/slack/create-bolt-handler.ts';
import { createFormOpener } from './adapters/slack/form-opener.ts';
import { refusalTally } from './adapters/slack/refusal-tally.ts';
import { fetchSlackSecret, type SlackSecretSource, slackSecretSource } from './adapters/slack/slack-secret.ts';
import {
  type Digest,
  nodeDigest,
  type RequestRefusal,
  STATUS_CODES,
  screenRequest,
  type VerifiedRequest,
  verifyRequest,
} from './adapters/slack/verify-request.ts';
import { createLightPost } from './adapters/system/light-post.ts';
import { jsonLog, systemClock } from './adapters/system/log.ts';
import { createSignedAwsCall } from './adapters/system/signed-aws-call.ts';
import type { FormOpener, RequestLog } from './core/model/decision.ts';
import type { Clock, Log } from './core/ports.ts';
import { takeClick } from './flows/interact.ts';

type Environment = Readonly<Record<string, string | undefined>>;

export interface InteractHandlerDeps {
  readonly requests: RequestLog;
  readonly forms: FormOpener;
  readonly slackSecret: SlackSecretSource;
  readonly digest: Digest;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

/** Behind a public URL: nothing that comes in may throw, and nothing unverified may reach Bolt or the table. */
export function createInteractHandler(deps: InteractHandlerDeps): (event: unknown) => Promise<HttpAnswer> {
  const { clock, log } = deps;
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const bolt = createBoltHandler((click) => takeClick(click, { ...deps, hash }), log);
  const tally = refusalTally(clock, log);
  // In a flood with what Lambda counts as an error of the address, so that the alarm on those rings.
  const refuse = (reason: RequestRefusal): HttpAnswer => ({
    statusCode: tally(reason).flood ? 503 : STATUS_CODES[reason],
    body: '',
  });
  return async (event) => {
    const startedMs = clock.nowMs();
    try {
      const request = await authenticate(event, startedMs, deps);
      if (request.kind === 'refused') return refuse(request.reason);
      const answer = await bolt(request.content);
      log.info('click.answered', { statusCode: answer.statusCode, afterMs: clock.nowMs() - startedMs });
      return answer;
    } catch (error) {
      log.error('request.failed', { problem: String(error) });
      return { statusCode: 500, body: '' };
    }
  };
}

/** Cheapest first, and the secret only for what may be Slack's. */
async function authenticate(
  event: unknown,
  nowMs: number,
  { slackSecret, digest }: InteractHandlerDeps,
): Promise<VerifiedRequest> {
  const screened = screenRequest(event, nowMs);
  if (screened.kind === 'refused') return screened;
  const secret = await slackSecret('use');
  if (secret === null) return { kind: 'refused', reason: 'noSigningSecret' };
  const request = verifyRequest(screened, secret.signingSecret, digest);
  if (request.kind === 'verified' || request.reason !== 'badSignature') return request;
  const fresh = await slackSecret('afterMismatch');
  const isSame = fresh === null || fresh.signingSecret === secret.signingSecret;
  return isSame ? request : verifyRequest(screened, fresh.signingSecret, digest);
}

const SLACK_API_URL = 'https://slack.com/api/';

/** What Lambda, or a laptop in its place, gives the function. */
export function interactDeps(environment: Environment, log: Log = jsonLog): InteractHandlerDeps {
  const {
    RUNBELL_TABLE: table = '',
    RUNBELL_SLACK_SECRET_ARN: secretArn = '',
    RUNBELL_SLACK_API_URL: slackApiUrl = SLACK_API_URL,
  } = environment;
  const post = createLightPost();
  const call = createSignedAwsCall(environment, post);
  // Starts now, while the function initialises: the first click then waits for no secret.
  const slackSecret = slackSecretSource(() => fetchSlackSecret(call, secretArn), systemClock, log);
  const botToken = async () => (await slackSecret('use'))?.botToken ?? null;
  return {
    requests: new SignedRequestLog(call, table, (problem) => log.error('requestLog.failed', { problem })),
    forms: createFormOpener({ post, botToken, slackApiUrl }),
    slackSecret,
    digest: nodeDigest,
    clock: systemClock,
    log,
  };
}

function fromEnvironment(environment: Environment): (event: unknown) => Promise<HttpAnswer> {
  return createInteractHandler(interactDeps(environment));
}

let deployed = process.env['RUNBELL_SLACK_SECRET_ARN'] === undefined ? null : fromEnvironment(process.env);

/** What Lambda calls. Two parameters at most: the runtime refuses a third. */
export function handler(event: unknown): Promise<HttpAnswer> {
  deployed ??= fromEnvironment(process.env);
  return deployed(event);
}
