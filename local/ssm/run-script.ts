import { type ChildProcess, spawn } from 'node:child_process';
import { constants } from 'node:os';
import { STDOUT_BYTES_MAX } from './cut-output.ts';

export interface ScriptOrder {
  readonly file: string;
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

export interface ScriptResult {
  readonly end: 'exited' | 'timedOut' | 'cancelled' | 'notStarted';
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** After a kill, output that a survivor still holds open is not waited for. */
const LET_GO_MS = 200;

/** Runs one `_script.sh` as the agent does: `sh -c`, no input, own process group, SIGKILL to all of it at the end of its time. */
export function runScript(order: ScriptOrder): Promise<ScriptResult> {
  const child = spawn('/bin/sh', ['-c', `'${order.file.replaceAll("'", "'\\''")}'`], {
    cwd: order.directory,
    env: { ...order.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const stdout = keepHead(child.stdout);
  const stderr = keepHead(child.stderr);
  let end: ScriptResult['end'] = 'exited';
  const stop = (why: 'timedOut' | 'cancelled'): void => {
    if (end === 'exited') end = why;
    killGroup(child);
    setTimeout(letGo, LET_GO_MS);
  };
  const letGo = (): void => {
    child.stdout.destroy();
    child.stderr.destroy();
  };
  const onAbort = (): void => stop('cancelled');
  const timer = setTimeout(() => stop('timedOut'), order.timeoutMs);
  order.signal.addEventListener('abort', onAbort, { once: true });
  if (order.signal.aborted) onAbort();
  return new Promise((resolve) => {
    child.once('error', () => {
      end = 'notStarted';
    });
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      order.signal.removeEventListener('abort', onAbort);
      // An sh that execs its last command dies of the signal itself; one that forks says 128 + n.
      const exit = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
      resolve({ end, code: exit, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) });
    });
  });
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The group is gone already; only a survivor with a session of its own still holds the output.
  }
}

/** Reads everything, so that a chatty script never blocks, and keeps one byte more than is ever shown. */
function keepHead(stream: NodeJS.ReadableStream): Buffer[] {
  const kept: Buffer[] = [];
  let room = STDOUT_BYTES_MAX + 1;
  stream.on('data', (chunk: Buffer) => {
    if (room > 0) kept.push(chunk.subarray(0, room));
    room -= chunk.length;
  });
  return kept;
}
