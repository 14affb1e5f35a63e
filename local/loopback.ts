import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';

const HOST = '127.0.0.1';
const NAMES = [HOST, 'localhost', '[::1]'];
const HTTP_PORT = 80;

/**
 * Why a request is not answered, whatever it carries; null: it may be. A site that has its own name point to this
 * machine is found out by Host, one that sends requests from a visitor's browser by Origin and Sec-Fetch-Site. Another
 * port of this machine is another site too: other users can have one. `isPage`: the server has a page of its own.
 */
export function strangerWhy(request: IncomingMessage, { isPage }: { readonly isPage: boolean }): string | null {
  const port = request.socket.localPort;
  const [host = '', ...more] = request.headersDistinct['host'] ?? [];
  const own = NAMES.map((name) => (port === HTTP_PORT ? name : `${name}:${port}`));
  if (more.length > 0 || !own.includes(host)) {
    return `This answers at ${own.join(', ')} only. Through a tunnel, use the same port on both sides.`;
  }
  const { origin, 'sec-fetch-site': site = 'none' } = request.headers;
  const isOwnOrigin = origin === undefined || (isPage && origin === `http://${host}`);
  if (!isOwnOrigin || !['none', 'same-origin'].includes(String(site))) return 'Requests from other pages are refused.';
  return null;
}

/** The whole body, or null when it is longer; the rest of it is not read then. */
export async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | null> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) return null;
  }
  return Buffer.concat(chunks);
}

/** For the answer to a request whose body was not read: what is left of it is not waited for. */
export function closing({ complete, headers }: IncomingMessage): { readonly connection?: 'close' } {
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  return hasBody && !complete ? { connection: 'close' } : {};
}

/** Compares two secrets in a time that says nothing of them. */
export function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

/** Listens on this machine alone. Answers with the real port: another one where this is taken. */
export async function listenHere(server: Server, port: number): Promise<number> {
  const refused = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    server.once('error', resolve).listen(port, HOST, () => resolve(null));
  });
  server.removeAllListeners('error').removeAllListeners('listening');
  const address = server.address();
  if (typeof address === 'object' && address !== null) return address.port;
  const isTaken = refused?.code === 'EADDRINUSE' || refused?.code === 'EACCES';
  if (isTaken && port !== 0) return listenHere(server, 0);
  throw refused;
}

export function urlOf(port: number): string {
  return `http://${HOST}:${port}`;
}

export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
}
