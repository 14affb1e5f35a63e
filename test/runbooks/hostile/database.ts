import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Connection, createConnection } from 'mysql2';
import { answers } from './answers.ts';

/** The driver's server side; its declared types leave these out. */
type ServerSide = Connection & {
  writeColumns(columns: readonly object[]): void;
  writeTextRow(columns: readonly (string | null)[]): void;
};

/** `file`: asks the client for a file of its machine; `clear`: for the password as it is. */
export type Lie = 'rows' | 'refusal' | 'endless' | 'silent' | 'file' | 'clear';

export interface LyingDatabase {
  readonly port: number;
  /** What clients have sent, one text a connection. */
  readonly heard: readonly string[];
  close(): Promise<void>;
}

const CAPABILITIES = 0x8 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x10000 | 0x20000 | 0x80000;
const TEXT_COLUMN = { catalog: 'def', schema: '', table: '', orgTable: '', characterSet: 45, flags: 0, decimals: 0 };

/** A server that lets everybody in and answers statements, or one of them, with `texts`. */
export async function openLyingDatabase(lie: Lie, texts: readonly string[], question?: string): Promise<LyingDatabase> {
  const { rows } = answers('/srv/app', texts, 0, question);
  const [heard, sockets]: [string[], Set<Socket>] = [[], new Set()];
  const server = createServer((socket) => {
    sockets.add(socket);
    const at = heard.push('') - 1;
    socket.on('error', () => socket.destroy());
    socket.on('data', (data: Buffer) => {
      heard[at] += data.toString('latin1');
    });
    greet(socket, lie, (sql) => rows(sql), texts);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { port, heard, close };
}

function greet(
  socket: Socket,
  lie: Lie,
  rows: (sql: string) => readonly (readonly string[])[],
  texts: readonly string[],
): void {
  const connection = createConnection({ stream: socket, isServer: true }) as ServerSide;
  connection.on('error', () => socket.destroy());
  connection.serverHandshake({
    protocolVersion: 10,
    serverVersion: '11.4.0-MariaDB',
    connectionId: 1,
    statusFlags: 2,
    characterSet: 45,
    capabilityFlags: CAPABILITIES,
    authCallback: (_claim: unknown, done: (error: null) => void) => {
      if (lie === 'clear') {
        send(socket, 2, Buffer.from('\u00femysql_clear_password\0', 'latin1'));
      } else {
        done(null);
        connection.sequenceId = 0;
      }
    },
  });
  connection.on('query', (sql: string) => {
    if (lie === 'silent') return;
    if (lie === 'file') send(socket, 1, Buffer.from('\u00fb/etc/shadow', 'latin1'));
    else if (lie === 'refusal') connection.writeError({ code: 1094, message: texts.join(' ') });
    else if (lie === 'endless') writeForEver(connection, socket);
    else writeRows(connection, rows(sql));
    connection.sequenceId = 0;
  });
  connection.on('quit', () => socket.end());
}

function writeRows(connection: ServerSide, rows: readonly (readonly string[])[]): void {
  const width = Math.max(...rows.map((row) => row.length));
  writeHead(connection, width);
  for (const row of rows) connection.writeTextRow(Array.from({ length: width }, (_, at) => row[at] ?? null));
  connection.writeEof(0, 2);
}

function writeHead(connection: ServerSide, width: number): void {
  const columns = Array.from({ length: width }, (_, at) => ({ ...TEXT_COLUMN, name: `c${at}`, orgName: `c${at}` }));
  connection.writeColumns(columns.map((column) => ({ ...column, columnLength: 1 << 20, columnType: 253 })));
}

/** Rows of 60,000 bytes until the client goes. */
function writeForEver(connection: ServerSide, socket: Socket): void {
  writeHead(connection, 1);
  let sequence = 4;
  const value = Buffer.concat([Buffer.from([0xfc, 60_000 & 0xff, 60_000 >> 8]), Buffer.alloc(60_000, 'A')]);
  const more = () => {
    while (socket.writable && send(socket, sequence, value)) sequence = (sequence + 1) & 0xff;
  };
  socket.on('drain', more);
  more();
}

/** One packet as it goes over the wire; false: the socket is full. */
function send(socket: Socket, sequence: number, body: Buffer): boolean {
  const head = [body.length & 0xff, (body.length >> 8) & 0xff, body.length >> 16, sequence & 0xff];
  return socket.write(Buffer.concat([Buffer.from(head), body]));
}
