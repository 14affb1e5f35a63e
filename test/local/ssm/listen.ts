import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { LocalSsm } from '../../../local/ssm/create-local-ssm.ts';

/** Serves it alone on a free loopback port. */
export async function listen(ssm: Pick<LocalSsm, 'handle'>): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    respond(ssm, request).then(
      ({ status, body }) =>
        response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body)),
      // Without an answer the caller sees what a broken service shows: a reset connection.
      () => response.destroy(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function respond(ssm: Pick<LocalSsm, 'handle'>, request: IncomingMessage) {
  return ssm.handle(String(request.headers['x-amz-target']), await json(request));
}
