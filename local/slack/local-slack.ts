import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod';
import { respond } from './click.ts';
import { ApiRefusal, type Args } from './methods/method.ts';
import type { LocalSlackOptions } from './options.ts';
import { pageReply } from './page/page.ts';
import { act, look } from './script-api.ts';
import { type Reply, WebApi } from './web-api.ts';
import { Workspace } from './workspace.ts';

/** A Slack workspace on this machine: Web API, page, and clicks that reach the real handler. */
export interface LocalSlack {
  readonly workspace: Workspace;
  /** Where it listens, without a slash at the end; the Web API is under /api/. */
  readonly url: string;
  /** Takes another port where this one is taken, and answers with the real one. */
  listen(port: number, host?: string): Promise<number>;
  close(): Promise<void>;
}

/** Nothing listens until `listen`. */
export function createLocalSlack(options: LocalSlackOptions): LocalSlack {
  const workspace = new Workspace(options);
  const webApi = new WebApi(workspace);
  const server = createServer((request, response) => {
    serve(workspace, webApi, request, response).catch((error: unknown) => {
      const isCallersFault = error instanceof z.ZodError || error instanceof SyntaxError;
      send(response, { status: isCallersFault ? 400 : 500, body: { error: String(error) } });
    });
  });
  return {
    workspace,
    get url() {
      return workspace.url;
    },
    async listen(port, host = '127.0.0.1') {
      const real = await listenOn(server, port, host);
      workspace.url = `http://${host}:${real}`;
      return real;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

async function listenOn(server: Server, port: number, host: string): Promise<number> {
  const refused = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    server.once('error', resolve).listen(port, host, () => resolve(null));
  });
  server.removeAllListeners('error').removeAllListeners('listening');
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  const isTaken = refused?.code === 'EADDRINUSE' || refused?.code === 'EACCES';
  if (isTaken && port !== 0) return listenOn(server, 0, host);
  throw refused;
}

async function serve(workspace: Workspace, webApi: WebApi, request: IncomingMessage, response: ServerResponse) {
  if (isForeign(request)) return send(response, { status: 403, body: 'this page only talks to itself' });
  const url = new URL(request.url ?? '/', workspace.url);
  if (request.method === 'GET') {
    if (url.pathname === '/events') return stream(workspace, response);
    return send(response, pageReply(workspace, url) ?? look(workspace, url) ?? { status: 404, body: 'not found' });
  }
  const reply = await answer(workspace, webApi, url.pathname, request);
  if (reply === 'reset') request.socket.resetAndDestroy();
  else if (reply !== 'silent') send(response, reply);
}

async function answer(workspace: Workspace, webApi: WebApi, path: string, request: IncomingMessage) {
  const body = await text(request);
  if (path === '/api/sim.fault') return webApi.orderFault(JSON.parse(body));
  const { authorization, 'content-type': type = '' } = request.headers;
  const isJson = type.startsWith('application/json');
  // A person's doings only as JSON: a form is what another site could send without asking.
  const done = isJson ? await act(workspace, path, JSON.parse(body)) : undefined;
  if (done !== undefined) return done;
  const args = isJson ? argsOf(JSON.parse(body)) : Object.fromEntries(new URLSearchParams(body));
  if (path.startsWith('/response/')) return responded(workspace, path.replace('/response/', ''), args);
  return webApi.call(path.replace('/api/', ''), authorization?.replace(/^Bearer /, '') ?? args['token'] ?? '', args);
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

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  const isText = typeof body === 'string';
  const type = `${isText ? 'text/plain' : 'application/json'}; charset=utf-8`;
  response.writeHead(status, { 'content-type': type, ...headers }).end(isText ? body : JSON.stringify(body));
}

/** Another site in the same browser must neither read the channel nor press its buttons. */
function isForeign({ headers: { host = '', origin }, socket }: IncomingMessage): boolean {
  const isHere = ['localhost', '[::1]', socket.localAddress].includes(host.replace(/:\d+$/, ''));
  return !isHere || (origin !== undefined && origin !== `http://${host}`);
}

/** JSON as if it had come as a form, where objects are JSON text. */
function argsOf(body: unknown): Args {
  const entries = Object.entries(z.record(z.string(), z.unknown()).parse(body));
  const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return Object.fromEntries(entries.map(([name, value]) => [name, asText(value)]));
}
