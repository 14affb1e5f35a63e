import type { Logger } from '@slack/bolt';
import AppModule, { LogLevel } from '@slack/bolt/dist/App.js';
import AwsLambdaReceiverModule from '@slack/bolt/dist/receivers/AwsLambdaReceiver.js';
import type { Log } from '../../core/ports.ts';
import { type OnClick, registerRoutes } from './bolt-routes.ts';
import type { VerifiedRequest } from './verify-request.ts';

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Bolt, for routing and acknowledging what is verified already. From the deep paths, because the package's
 * index brings Express, Socket Mode and OAuth with it, which no Lambda uses.
 */
export function createBoltHandler(
  onClick: OnClick,
  log: Log,
): (request: Extract<VerifiedRequest, { readonly kind: 'verified' }>) => Promise<HttpAnswer> {
  const logger = boltLogger(log);
  const receiver = new (unwrap(AwsLambdaReceiverModule))({
    signingSecret: 'unused',
    signatureVerification: false,
    logger,
  });
  const app = new (unwrap(AppModule))({
    receiver,
    logger,
    // Answers at once who we are, so that no click waits for auth.test and none fails because that failed.
    authorize: () => Promise.resolve({ botId: 'unused', botUserId: 'unused' }),
    convoStore: false,
    ignoreSelf: false,
  });
  registerRoutes(app, onClick);
  const handle = receiver.toHandler();
  return async ({ body, headers }) => {
    const event = {
      body,
      headers,
      isBase64Encoded: false,
      requestContext: {},
      rawPath: '/',
      rawQueryString: '',
      routeKey: '',
      version: '2.0',
    };
    const { statusCode, headers: answered, body: text } = await handle(event, {});
    const contentType = answered?.['Content-Type'];
    return {
      statusCode,
      body: text,
      ...(contentType === undefined ? {} : { headers: { 'content-type': String(contentType) } }),
    };
  };
}

/** Node and esbuild wrap the default export of these CommonJS files, other loaders do not. */
function unwrap<T extends object>(module: { readonly default: T } | T): T {
  return 'default' in module ? module.default : module;
}

function boltLogger(log: Log): Logger {
  const say =
    (level: 'warn' | 'error') =>
    (...messages: unknown[]) =>
      log.error(`bolt.${level}`, { message: messages.map(String).join(' ') });
  return {
    debug: () => undefined,
    info: () => undefined,
    warn: say('warn'),
    error: say('error'),
    setLevel: () => undefined,
    getLevel: () => LogLevel.WARN,
    setName: () => undefined,
  };
}
