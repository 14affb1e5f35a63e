import { createHash } from 'node:crypto';
import { SignedRequestLog } from './adapters/dynamodb/signed-request-log.ts';
import { createBoltHandler, type HttpAnswer } from './adapters/slack/create-bolt-handler.ts';
import { createFormOpener } from './adapters/slack/form-opener.ts';
import { fetchSlackSecret, type SlackSecretSource, slackSecretSource } from './adapters/slack/slack-secret.ts';
import { verifyRequest } from './adapters/slack/verify-request.ts';
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
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

/** Behind a public URL: nothing that comes in may throw, and nothing unverified may reach Bolt or the table. */
export function createInteractHandler(deps: InteractHandlerDeps): (event: unknown) => Promise<HttpAnswer> {
  const { slackSecret, clock, log } = deps;
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const bolt = createBoltHandler((click) => takeClick(click, { ...deps, hash }), log);
  return async (event) => {
    const startedMs = clock.nowMs();
    try {
      const signingSecret = (await slackSecret('use'))?.signingSecret;
      if (signingSecret === undefined) return { statusCode: 503, body: '' };
      let request = verifyRequest(event, signingSecret, clock.nowMs());
      if (request.kind === 'refused' && request.reason === 'badSignature') {
        const fresh = (await slackSecret('afterMismatch'))?.signingSecret ?? signingSecret;
        if (fresh !== signingSecret) request = verifyRequest(event, fresh, clock.nowMs());
      }
      if (request.kind === 'verified') {
        const answer = await bolt(request.content);
        log.info('click.answered', { statusCode: answer.statusCode, afterMs: clock.nowMs() - startedMs });
        return answer;
      }
      log.info('request.refused', { reason: request.reason });
      return { statusCode: request.statusCode, body: '' };
    } catch (error) {
      log.error('request.failed', { problem: String(error) });
      return { statusCode: 500, body: '' };
    }
  };
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
