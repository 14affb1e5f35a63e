import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSecureContext, TLSSocket } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { TargetConfig } from '../../../functions/core/config/config.ts';
import { causeOf, openRelay, openSpeaker, realClock, samplerWith, targetAt } from './fixture.ts';
import { selfSigned } from './self-signed.ts';

const PASSWORD = 'test-password';
/** As long as a busy machine takes to notice that a connection is there. */
const CONNECT_MS = 3_000;

function takeAt(port: number, changes: Partial<TargetConfig> = {}, connectMs = 600_000) {
  return samplerWith(PASSWORD, { limits: { connectMs, takeMs: 600_000 } }).take(
    targetAt(port, 'runbell', changes),
    'counts',
    null,
  );
}

describe('the sampler before something that is no healthy MySQL server', () => {
  it('tells a port where nothing listens', async () => {
    const relay = await openRelay(1);
    await relay.close();
    expect(causeOf(await takeAt(relay.port))).toBe('connectionRefused');
  });

  it('tells a name that does not exist', async () => {
    expect(causeOf(await takeAt(3306, { host: 'no-such-host..invalid' }))).toBe('nameUnknown');
  });

  it('tells a Unix socket that is not there', async () => {
    expect(causeOf(await takeAt(3306, { socketPath: '/nonexistent/mysql.sock' }))).toBe('socketMissing');
  });

  it.each([
    ['a web server that complains', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
    ['an SSH server', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['the X Protocol of MySQL', Buffer.from([5, 0, 0, 0, 11, 8, 5, 26, 0])],
  ])('recognises %s as not MySQL, whether it hangs up or not', async (_, greeting) => {
    for (const ending of ['hangs up', 'stays']) {
      const peer = await openSpeaker((socket) => {
        socket.write(greeting);
        if (ending === 'hangs up') socket.end();
      });
      expect(causeOf(await takeAt(peer.port))).toBe('notMysql');
      await peer.close();
    }
  });

  it('tells a peer that closes at once from one that resets and one that says nothing', async () => {
    const causes = { closedBeforeGreeting: endIt, connectionReset: resetIt, frozen: () => undefined };
    for (const [cause, act] of Object.entries(causes)) {
      const peer = await openSpeaker(act);
      expect(causeOf(await takeAt(peer.port, {}, cause === 'frozen' ? CONNECT_MS : undefined))).toBe(cause);
      await peer.close();
    }
  });

  it('tells a silent server from a port that answers no connection attempt', async () => {
    expect(causeOf(await takeAt(await openBlackHole(), {}, CONNECT_MS))).toBe('unreachable');
  });

  it('says what it could not do without a readable certificate or password, and asks nobody', async () => {
    const peer = await openSpeaker(() => {
      throw new Error('asked all the same');
    });
    const noFile = await takeAt(peer.port, { tls: { caFile: '/nonexistent/ca.pem' } });
    expect(noFile).toMatchObject({
      cause: 'secretUnavailable',
      sentence: expect.stringContaining('the certificate file of its tls setting could not be read'),
    });
    const credentials = { password: async () => ({ kind: 'unavailable', why: 'the secret x is gone' }) as const };
    const sample = await samplerWith('', { credentials }).take(targetAt(peer.port, 'runbell'), 'counts', null);
    expect(sample).toMatchObject({
      cause: 'secretUnavailable',
      sentence: expect.stringContaining('the secret x is gone'),
    });
    await peer.close();
  });

  it('sends an IAM token over TLS only', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'runbell-tls-'));
    onTestFinished(() => rm(dir, { recursive: true }));
    const { cert, key } = selfSigned(['localhost'], []);
    const caFile = join(dir, 'cert.pem');
    await writeFile(caFile, cert);
    const received: string[] = [];
    const peer = await openSpeaker((socket) => askForClearPassword(socket, { cert, key }, received));
    const credential = { kind: 'iam', region: 'eu-west-1', resourceId: 'db-ABCDEFGH' } as const;
    expect(causeOf(await takeAt(peer.port, { credential, tls: 'off' }))).toBe('loginMethod');
    expect(received).toEqual([]);
    const overTls = await takeAt(peer.port, { credential, host: 'localhost', tls: { caFile } });
    expect(overTls).toMatchObject({ cause: 'denied', sentence: expect.stringContaining('rds-db:connect') });
    expect(received).toEqual([`${PASSWORD}\0`]);
    // A password of another kind is never sent like that, not even over TLS.
    expect(causeOf(await takeAt(peer.port, { host: 'localhost', tls: { caFile } }))).toBe('loginMethod');
    expect(received).toHaveLength(1);
    await peer.close();
  });
});

function endIt(socket: Socket): void {
  socket.end();
}

function resetIt(socket: Socket): void {
  socket.resetAndDestroy();
}

/** A listener that accepts nothing and whose queue is full: the system drops what comes. */
async function openBlackHole(): Promise<number> {
  const program =
    "const s=require('net').createServer();s.listen({port:0,host:'127.0.0.1',backlog:1},()=>console.log(s.address().port))";
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const fillers: Socket[] = [];
  onTestFinished(() => {
    for (const filler of fillers) filler.destroy();
    child.kill('SIGKILL');
  });
  const [line] = await once(child.stdout, 'data');
  const port = Number(String(line));
  child.kill('SIGSTOP');
  let isFull = false;
  while (!isFull && fillers.length < 20) {
    const filler = connect(port, '127.0.0.1').on('error', () => undefined);
    fillers.push(filler);
    const connected = once(filler, 'connect').then(() => true);
    isFull = !(await Promise.race([connected, realClock.sleep(1_000).then(() => false)]));
  }
  return port;
}

/** A MySQL server's part of the login, as far as it asks for the password in clear, and then refuses it. */
function askForClearPassword(socket: Socket, tls: { cert: string; key: string }, received: string[]): void {
  const ssl = 0x800;
  const capabilities = 0x8 | 0x200 | ssl | 0x2000 | 0x8000 | 0x80000;
  const head = Buffer.from([10, ...Buffer.from('8.0.0\0'), 1, 0, 0, 0, ...Buffer.alloc(8, 65), 0]);
  const flags = [capabilities & 255, (capabilities >> 8) & 255, 45, 2, 0, (capabilities >> 16) & 255, 0, 21];
  const tail = Buffer.from([
    ...Buffer.alloc(10),
    ...Buffer.alloc(12, 66),
    0,
    ...Buffer.from('mysql_native_password\0'),
  ]);
  socket.write(packet(0, Buffer.concat([head, Buffer.from(flags), tail])));
  const change = Buffer.concat([Buffer.from([0xfe]), Buffer.from('mysql_clear_password\0'), Buffer.alloc(1)]);
  const refusal = Buffer.concat([Buffer.from([0xff, 0x15, 0x04]), Buffer.from('#28000Access denied')]);
  const serve = (stream: Socket, sequence: number) => {
    stream.on('error', () => undefined);
    stream.once('data', () => {
      stream.write(packet(sequence, change));
      stream.once('data', (answer) => {
        received.push(answer.subarray(4).toString());
        stream.write(packet(sequence + 2, refusal));
      });
    });
  };
  const localFiles = 0x80;
  socket.once('data', (first: Buffer) => {
    // A server could otherwise ask for any file that the sampler can read.
    expect(first.readUInt32LE(4) & localFiles).toBe(0);
    if ((first.readUInt32LE(4) & ssl) === 0) {
      socket.write(packet(2, change));
      socket.once('data', (answer) => received.push(answer.subarray(4).toString()));
      return;
    }
    // The client may send the beginning of TLS together with its request for it, which is 36 bytes long.
    socket.pause();
    socket.unshift(first.subarray(36));
    serve(new TLSSocket(socket, { isServer: true, secureContext: createSecureContext(tls) }), 3);
  });
}

function packet(sequence: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([body.length & 255, body.length >> 8, 0, sequence]), body]);
}
