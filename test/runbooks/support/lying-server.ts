import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type Connection, createConnection } from 'mysql2';

/** The driver's server side; its declared types leave these out. */
type ServerSide = Connection & {
  sequenceId: number;
  serverHandshake(greeting: object): void;
  writeColumns(columns: readonly object[]): void;
  writeTextRow(columns: readonly string[]): void;
  writeEof(warnings: number, status: number): void;
};

export type Row = readonly string[];

export interface LyingServer {
  readonly port: number;
  /** What clients have sent beside their queries, as text. */
  readonly heard: () => string;
  readonly close: () => Promise<void>;
}

/** A database that lets everybody in and answers what it likes. `file`: it asks for that file of the client's instead. */
export async function lyingServer(answer: (query: string) => readonly Row[] | { readonly file: string }) {
  const sockets = new Set<Socket>();
  let heard = '';
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('data', (bytes) => {
      heard += bytes.toString('latin1');
    });
    const connection = createConnection({ stream: socket, isServer: true }) as unknown as ServerSide;
    connection.on('error', () => socket.destroy());
    connection.serverHandshake({
      protocolVersion: 10,
      serverVersion: '10.11.0-MariaDB',
      connectionId: 1,
      statusFlags: 2,
      characterSet: 45,
      // Protocol 4.1, its login with plugins, a database, files of the client's.
      capabilityFlags: 0x8 | 0x80 | 0x200 | 0x2000 | 0x8000 | 0x80000,
      authCallback: (_claim: object, done: (error: null) => void) => {
        done(null);
        connection.sequenceId = 0;
      },
    });
    const reply = (query: string) => {
      const said = answer(query);
      if ('file' in said) askForFile(socket, said.file);
      else writeRows(connection, said);
      connection.sequenceId = 0;
    };
    connection.on('query', reply);
    connection.on('stmt_prepare', reply);
    connection.on('quit', () => socket.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, heard: () => heard, close } satisfies LyingServer;
}

function askForFile(socket: Socket, file: string): void {
  const payload = Buffer.concat([Buffer.from([0xfb]), Buffer.from(file)]);
  socket.write(Buffer.concat([Buffer.from([payload.length, 0, 0, 1]), payload]));
  // What the client sends now is the file, or nothing.
  socket.once('data', () => setImmediate(() => socket.destroy()));
}

function writeRows(connection: ServerSide, rows: readonly Row[]): void {
  const count = rows[0]?.length ?? 1;
  const column = { catalog: 'def', schema: '', table: '', orgTable: '', orgName: 'c', name: 'c', characterSet: 45 };
  const columns = Array.from({ length: count }, () => ({
    ...column,
    columnLength: 255,
    columnType: 253,
    flags: 0,
    decimals: 0,
  }));
  connection.writeColumns(columns);
  for (const row of rows) connection.writeTextRow(row);
  connection.writeEof(0, 2);
}
