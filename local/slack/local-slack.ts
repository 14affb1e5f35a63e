import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import * as z from 'zod';
import { closeServer, closing, listenHere, readBody, strangerWhy, urlOf } from '../loopback.ts';
import { respond } from './click.ts';
import { ApiRefusal, type Args } from './methods/method.ts';
import type { LocalSlackOptions } from './options.ts';
import { pageReply } from './page/page.ts';
import { LOCKED, PageKey } from './page-key.ts';
import { ACTIONS, act, look } from './script-api.ts';
import { type Reply, WebApi } from './web-api.ts';
import { Workspace } from './workspace.ts';

/** A Slack workspace on this machine: Web API, page, and clicks that reach the real handler. */
export interface LocalSlack {
  readonly workspace: Workspace;
  /** Where it listens, without a slash at the end; the Web API is under /api/. */
  readonly url: string;
  /** The page's address with the token that opens it, as `user` or as the first of the people. */
  pageUrl(user?: string): string;
  /** What a script sends along to look and to press. */
  readonly pageHeaders: { readonly cookie: string };
  /** On this machine alone. Takes another port where this one is taken, and answers with the real one. */
  listen(port: number): Promise<number>;
  close(): Promise<void>;
}

/** Slack takes 40,000 characters of text and fifty blocks. */
const BODY_BYTES_MAX = 1_000_000;
const FAULT = '/api/sim.fault';
/** A method of the Web API, unless the page has that path: these come with the bot's token. */
const METHOD = /^\/api\/([\w.]+)$/;
const RESPONSE = /^\/response\/(\w+)$/;

/** Nothing listens until `listen`. */
export function createLocalSlack(options: LocalSlackOptions): LocalSlack {
  const workspace = new Workspace(options);
  const key = new PageKey();
  const parts = { workspace, webApi: new WebApi(workspace), key };
  const server = createServer((request, response) => {
    serve(parts, request, response).catch((error: unknown) => {
      const isCallersFault = error instanceof z.ZodError || error instanceof SyntaxError;
      send(request, response, { status: isCallersFault ? 400 : 500, body: { error: String(error) } });
    });
  });
  return {
    workspace,
    get url() {
      return workspace.url;
    },
    pageUrl: (user) => key.address(workspace.url, user),
    get pageHeaders() {
      return key.headers(Number(new URL(workspace.url).port));
    },
    async listen(port) {
      const real = await listenHere(server, port);
      workspace.url = urlOf(real);
      return real;
    },
    close: () => closeServer(server),
  };
}

interface Parts {
  readonly workspace: Workspace;
  readonly webApi: WebApi;
  readonly key: PageKey;
}

async function serve(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const stranger = strangerWhy(request, { isPage: true });
  if (stranger !== null) return send(request, response, { status: 403, body: stranger });
  const url = new URL(request.url ?? '/', parts.workspace.url);
  const reply =
    request.method === 'GET' ? show(parts, request, response, url) : await take(parts, request, url.pathname);
  if (reply === 'reset') request.socket.resetAndDestroy();
  else if (reply !== 'silent') send(request, response, reply);
}

/** `silent`: it is answered already, for as long as the page is open. */
function show({ workspace, key }: Parts, request: IncomingMessage, response: ServerResponse, url: URL) {
  const admitted = key.admit(request, url);
  if (admitted !== undefined) return admitted;
  if (!key.isHeldBy(request)) return LOCKED;
  if (url.pathname !== '/events') {
    return pageReply(workspace, url) ?? look(workspace, url) ?? { status: 404, body: 'not found' };
  }
  stream(workspace, response);
  return 'silent';
}

async function take({ workspace, webApi, key }: Parts, request: IncomingMessage, path: string) {
  const { authorization = '', 'content-type': type = '' } = request.headers;
  const isOfPage = path === FAULT || ACTIONS.includes(path);
  const method = isOfPage ? undefined : METHOD.exec(path)?.[1];
  const responseId = RESPONSE.exec(path)?.[1];
  if (method === undefined && responseId === undefined && !key.isHeldBy(request)) return LOCKED;
  const bytes = await readBody(request, BODY_BYTES_MAX);
  if (bytes === null) return { status: 413, body: `at most ${BODY_BYTES_MAX} bytes` };
  const body = bytes.toString('utf8');
  const isJson = type.startsWith('application/json');
  if (method === undefined && responseId === undefined) {
    if (path === FAULT) return webApi.orderFault(JSON.parse(body));
    // A person's doings only as JSON: a form is what another site could send without asking.
    return (
      (isOfPage && isJson ? await act(workspace, path, JSON.parse(body)) : undefined) ?? {
        status: 404,
        body: 'not found',
      }
    );
  }
  const args = isJson ? argsOf(JSON.parse(body)) : Object.fromEntries(new URLSearchParams(body));
  if (responseId !== undefined) return responded(workspace, responseId, args);
  return webApi.call(method ?? '', authorization.replace(/^Bearer /, '') || (args['token'] ?? ''), args);
}

function responded(workspace: Workspace, responseId: string, args: Args): Reply {
  try {
    respond(workspace, responseId, args);
    return { status: 200, body: 'ok' };
  } catch (error) {
    if (error instanceof ApiRefusal) return { status: 404, body: { ok: false, error: error.message } };
    throw error;
  }
}

/** Tells the page's script that something changed. */
function stream(workspace: Workspace, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  const tell = () => response.write('data: changed\n\n');
  tell();
  workspace.watchers.add(tell);
  response.on('close', () => workspace.watchers.delete(tell));
}

function send(request: IncomingMessage, response: ServerResponse, { status, headers, body }: Reply): void {
  const isText = typeof body === 'string';
  const general = {
    'content-type': `${isText ? 'text/plain' : 'application/json'}; charset=utf-8`,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'cross-origin-resource-policy': 'same-origin',
    ...closing(request),
  };
  response.writeHead(status, { ...general, ...headers }).end(isText ? body : JSON.stringify(body));
}

/** JSON as if it had come as a form, where objects are JSON text. */
function argsOf(body: unknown): Args {
  const entries = Object.entries(z.record(z.string(), z.unknown()).parse(body));
  const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return Object.fromEntries(entries.map(([name, value]) => [name, asText(value)]));
}
