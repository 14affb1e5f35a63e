import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

const GRACE_MS = 1500;
const LOOK_AGAIN_MS = 100;
const ROUNDS_MAX = 10;

/** Distinguishes a process from a later one that was given the same pid. Empty: there is no such process. */
export function processMark(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Fields after the name, which may itself hold spaces and brackets; the twentieth is the start time.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

/** Processes whose command line or environment names this folder. Ours are all started with one of both. */
export function processesOf(dir: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map(Number)
    .filter((pid) => ['cmdline', 'environ'].some((file) => readProc(pid, file).includes(dir)));
}

/** Asks first, then insists, until none is left: a daemon may start what was just ended once more. */
export async function endProcessesOf(dir: string): Promise<void> {
  signalAll(processesOf(dir), 'SIGTERM');
  const untilMs = Date.now() + GRACE_MS;
  while (processesOf(dir).length > 0 && Date.now() < untilMs) await wait(LOOK_AGAIN_MS);
  for (let round = 0; round < ROUNDS_MAX && processesOf(dir).length > 0; round += 1) {
    signalAll(processesOf(dir), 'SIGKILL');
    await wait(LOOK_AGAIN_MS);
  }
}

function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended by itself in the meantime.
    }
  }
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
