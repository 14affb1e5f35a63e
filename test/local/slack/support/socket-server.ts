import { createHash, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { text as textOf } from 'node:stream/consumers';
import type { FunctionUrlEvent } from '../../../../local/aws/function-url.ts';

const ACCEPT = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

type Ack = { readonly envelope_id: string; readonly payload?: unknown };

/**
 * Slack's side of Socket Mode: says where to connect to whoever has the app token, greets, sends each interaction as
 * an envelope, and waits for its acknowledgement. Any other method goes on to the Web API at `apiUrl`.
 */
export async function socketServer(appToken: string, apiUrl: () => string) {
  const sockets = new Set<Socket>();
  const waiting = new Map<string, (ack: Ack) => void>();
  let connections = 0;

  const server = createServer(async (request, response) => {
    const body = await textOf(request);
    if (!request.url?.endsWith('/apps.connections.open')) {
      const { authorization = '', 'content-type': type = '' } = request.headers;
      const passed = await fetch(`${apiUrl()}/api/${request.url?.split('/').at(-1)}`, {
        method: 'POST',
        headers: { authorization, 'content-type': type },
        body,
      });
      response.writeHead(passed.status, { 'content-type': 'application/json' }).end(await passed.text());
      return;
    }
    const isKnown = request.headers.authorization === `Bearer ${appToken}`;
    const { port } = server.address() as AddressInfo;
    const answer = isKnown ? { ok: true, url: `ws://127.0.0.1:${port}/link` } : { ok: false, error: 'invalid_auth' };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Socket) => {
    const key = createHash('sha1').update(`${request.headers['sec-websocket-key']}${ACCEPT}`).digest('base64');
    const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
    socket.write(`${[...lines, `Sec-WebSocket-Accept: ${key}`].join('\r\n')}\r\n\r\n`);
    sockets.add(socket);
    connections += 1;
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    onFrames(socket, (kind, payload) => {
      if (kind === PING) socket.write(frame(PONG, payload));
      if (kind === CLOSE) socket.end(frame(CLOSE, payload));
      if (kind !== TEXT) return;
      const ack = JSON.parse(payload.toString('utf8')) as Ack;
      waiting.get(ack.envelope_id)?.(ack);
      waiting.delete(ack.envelope_id);
    });
    say(socket, { type: 'hello', num_connections: 1 });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  /** In place of the function URL: never answers when nothing is acknowledged. */
  const interact = ({ body = '' }: FunctionUrlEvent) => {
    const fields = Object.fromEntries(new URLSearchParams(Buffer.from(body, 'base64').toString('utf8')));
    const { payload } = fields;
    const envelope =
      payload === undefined
        ? { type: 'slash_commands', payload: fields }
        : { type: 'interactive', payload: JSON.parse(payload) as unknown };
    const envelope_id = randomUUID();
    const acknowledged = new Promise<Ack>((resolve) => waiting.set(envelope_id, resolve));
    for (const socket of sockets) say(socket, { ...envelope, envelope_id, accepts_response_payload: true });
    return acknowledged.then(({ payload: answer = {} }) => ({
      statusCode: 200,
      body: JSON.stringify(answer) === '{}' ? '' : JSON.stringify(answer),
    }));
  };
  return {
    apiUrl: `http://127.0.0.1:${port}/api/`,
    interact,
    connections: () => connections,
    isConnected: () => sockets.size > 0,
    /** Slack moves a connection to another machine of its own now and then. */
    disconnect: () => {
      for (const socket of sockets) say(socket, { type: 'disconnect', reason: 'refresh_requested' });
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function say(socket: Socket, message: object): void {
  socket.write(frame(TEXT, Buffer.from(JSON.stringify(message))));
}

function frame(kind: number, payload: Buffer): Buffer {
  const head = payload.length < 126 ? Buffer.from([0x80 | kind, payload.length]) : Buffer.alloc(10);
  if (payload.length >= 126) {
    head.writeUInt8(0x80 | kind, 0);
    head.writeUInt8(127, 1);
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  return Buffer.concat([head, payload]);
}

/** Whole frames of a client, which always masks them. */
function onFrames(socket: Socket, take: (kind: number, payload: Buffer) => void): void {
  let kept = Buffer.alloc(0);
  socket.on('data', (data) => {
    kept = Buffer.concat([kept, data]);
    for (;;) {
      if (kept.length < 2) return;
      const short = kept.readUInt8(1) & 0x7f;
      const head = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (kept.length < head + 4) return;
      const length = short === 126 ? kept.readUInt16BE(2) : short === 127 ? Number(kept.readBigUInt64BE(2)) : short;
      if (kept.length < head + 4 + length) return;
      const mask = kept.subarray(head, head + 4);
      const payload = Buffer.from(kept.subarray(head + 4, head + 4 + length)).map(
        (byte, at) => byte ^ (mask[at % 4] ?? 0),
      );
      take(kept.readUInt8(0) & 0x0f, Buffer.from(payload));
      kept = kept.subarray(head + 4 + length);
    }
  });
}
