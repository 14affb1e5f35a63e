import type { Logger, Receiver } from '@slack/bolt';
import AppModule, { LogLevel } from '@slack/bolt/dist/App.js';
import type { Log } from '../../core/ports.ts';
import { type OnClick, registerRoutes } from './bolt-routes.ts';
import type { RequestContent } from './verify-request.ts';

export interface HttpAnswer {
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Bolt, for routing and acknowledging what is verified and parsed already: its own receiver for Lambda would parse it
 * once more. From the deep path, because the package's index brings Express, Socket Mode and OAuth with it, which no
 * Lambda uses.
 */
export function createBoltHandler(onClick: OnClick, log: Log): (content: RequestContent) => Promise<HttpAnswer> {
  const none = () => Promise.resolve();
  const receiver: Receiver = { init: () => undefined, start: none, stop: none };
  const app = new (unwrap(AppModule))({
    receiver,
    logger: boltLogger(log),
    // Answers at once who we are, so that no click waits for auth.test and none fails because that failed.
    authorize: () => Promise.resolve({ botId: 'unused', botUserId: 'unused' }),
    convoStore: false,
    ignoreSelf: false,
  });
  registerRoutes(app, onClick);
  return async (body) => {
    // Slack looks at the certificate of a slash command's address now and then.
    if (body['ssl_check'] !== undefined) return { statusCode: 200, body: '' };
    let answer: HttpAnswer = { statusCode: 404, body: '' };
    const ack = async (response: unknown) => {
      answer = acknowledged(response);
    };
    // What a listener throws has been logged by then.
    return app.processEvent({ body, ack }).then(
      () => answer,
      () => ({ statusCode: 500, body: 'Internal server error' }),
    );
  };
}

function acknowledged(response: unknown): HttpAnswer {
  if (response === undefined) return { statusCode: 200, body: '' };
  return { statusCode: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(response) };
}

/** Node and esbuild wrap the default export of this CommonJS file, other loaders do not. */
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
