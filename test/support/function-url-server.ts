import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EVENT_BYTES_MAX, type FunctionUrlEvent, functionUrlEvent } from '../../local/aws/function-url.ts';

export type FunctionUrlHandler = (event: FunctionUrlEvent) => Promise<{
  readonly statusCode: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}>;

/** A function behind an address, as its function URL is. On a free port of 127.0.0.1. */
export async function openFunctionUrl(
  handler: FunctionUrlHandler,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => void serve(request, response, handler));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function serve(request: IncomingMessage, response: ServerResponse, handler: FunctionUrlHandler): Promise<void> {
  try {
    const body = await bodyOf(request);
    const { method = '', url = '/', headers } = request;
    const event = body === null ? null : functionUrlEvent({ method, url, headers, body });
    if (event === null) {
      response.writeHead(413, { connection: 'close' }).end();
      return;
    }
    const answer = await handler(event);
    response.writeHead(answer.statusCode, answer.headers).end(answer.body);
  } catch {
    // What is thrown in Lambda comes back from the function URL so; also what the caller broke off.
    if (!response.headersSent) response.writeHead(502).end();
  }
}

/** null: more than any event can hold. */
async function bodyOf(request: IncomingMessage): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > EVENT_BYTES_MAX) return null;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > EVENT_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
