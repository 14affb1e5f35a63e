import { createHash } from 'node:crypto';
import { SignedRequestLog } from './adapters/dynamodb/signed-request-log.ts';
import { createBoltHandler, type HttpAnswer } from './adapters/slack/create-bolt-handler.ts';
import { fetchSlackSecret, type SigningSecretSource, signingSecretSource } from './adapters/slack/slack-secret.ts';
import { verifyRequest } from './adapters/slack/verify-request.ts';
import { jsonLog } from './adapters/system/log.ts';
import { createSignedAwsCall } from './adapters/system/signed-aws-call.ts';
import { systemClock } from './adapters/system/system-clock.ts';
import type { RequestLog } from './core/act/click.ts';
import type { Clock, Log } from './core/ports.ts';
import { recordClick } from './flows/interact.ts';

export interface InteractHandlerDeps {
  readonly requests: RequestLog;
  readonly signingSecret: SigningSecretSource;
  readonly clock: Pick<Clock, 'nowMs'>;
  readonly log: Log;
}

/** Behind a public URL: nothing that comes in may throw, and nothing unverified may reach Bolt or the table. */
export function createInteractHandler(deps: InteractHandlerDeps): (event: unknown) => Promise<HttpAnswer> {
  const { signingSecret, clock, log } = deps;
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  const bolt = createBoltHandler((click) => recordClick(click, { ...deps, hash }), log);
  return async (event) => {
    try {
      const secret = await signingSecret('use');
      if (secret === null) return { statusCode: 503, body: '' };
      let request = verifyRequest(event, secret, clock.nowMs());
      if (request.kind === 'refused' && request.reason === 'badSignature') {
        const fresh = await signingSecret('afterMismatch');
        if (fresh !== null && fresh !== secret) request = verifyRequest(event, fresh, clock.nowMs());
      }
      if (request.kind === 'verified') return await bolt(request);
      log.info('request.refused', { reason: request.reason });
      return { statusCode: request.statusCode, body: '' };
    } catch (error) {
      log.error('request.failed', { problem: String(error) });
      return { statusCode: 500, body: '' };
    }
  };
}

function fromEnvironment(environment: NodeJS.ProcessEnv): (event: unknown) => Promise<HttpAnswer> {
  const { RUNBELL_TABLE: table = '', RUNBELL_SLACK_SECRET_ARN: secretArn = '' } = environment;
  const call = createSignedAwsCall(environment);
  return createInteractHandler({
    requests: new SignedRequestLog(call, table, (problem) => jsonLog.error('requestLog.failed', { problem })),
    // Starts now, while the function initialises: the first click then waits for no secret.
    signingSecret: signingSecretSource(() => fetchSlackSecret(call, secretArn), systemClock, jsonLog),
    clock: systemClock,
    log: jsonLog,
  });
}

let deployed = process.env['RUNBELL_SLACK_SECRET_ARN'] === undefined ? null : fromEnvironment(process.env);

/** What Lambda calls. Two parameters at most: the runtime refuses a third. */
export function handler(event: unknown): Promise<HttpAnswer> {
  deployed ??= fromEnvironment(process.env);
  return deployed(event);
}
