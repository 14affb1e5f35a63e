import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '../../support/needs.ts';

const STARTER = fileURLToPath(new URL('./start_moto.py', import.meta.url));
const START_MS_MAX = 60_000;
const LOG_CHARS_MAX = 4000;

export interface MotoServer {
  /** For every AWS client, the CDK's included. */
  readonly environment: Readonly<Record<string, string>>;
  /** The newest of what the server wrote, for a failure that the client cannot explain. */
  log(): string;
  stop(): Promise<void>;
}

/** An emulated AWS on loopback, empty, and gone when it is stopped. */
export async function startMoto(): Promise<MotoServer> {
  const server = spawn(pythonOf(findProgram('moto') ?? ''), [STARTER], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  let log = '';
  server.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString('utf8')).slice(-LOG_CHARS_MAX);
  });
  const port = await portOf(server, () => log);
  return {
    log: () => log,
    environment: {
      AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
      AWS_REGION: 'eu-central-1',
      AWS_DEFAULT_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
    stop: async () => {
      server.kill('SIGKILL');
      await ended;
    },
  };
}

function portOf(server: ChildProcess, log: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    let out = '';
    const late = setTimeout(() => reject(new Error(`moto did not start: ${log()}`)), START_MS_MAX);
    server.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString('utf8');
      if (!out.includes('\n')) return;
      clearTimeout(late);
      resolve(Number(out.trim()));
    });
    server.once('exit', (code) => {
      clearTimeout(late);
      reject(new Error(`moto ended with ${code}: ${log()}`));
    });
  });
}

/** The interpreter that moto is installed for: its program names it, or stands beside it. */
function pythonOf(program: string): string {
  const first = readFileSync(program, 'utf8').split('\n')[0] ?? '';
  const named = /^#!\s*(\S*python\S*)/.exec(first)?.[1];
  const beside = join(dirname(program), 'python3');
  return named ?? (existsSync(beside) ? beside : 'python3');
}
