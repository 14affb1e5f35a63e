import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, realpathSync, statSync } from 'node:fs';

/** What decides that two configurations mean the same application on this machine. */
interface Places {
  readonly directory: string;
  readonly pm2: { readonly home: string };
}

export interface HeldApplications {
  release(): Promise<void>;
}

const PLACE = 'Nothing was started.';
const MISSING = `The program flock is missing (package util-linux), and without it two loops could act on one application. ${PLACE}`;

/**
 * Keeps every other loop and `runbell runbook run` of this machine away from these applications, whoever started it and
 * wherever it keeps its state: the kernel locks the directory and the PM2 home themselves. It lets go when this
 * process ends, however that happens. What is not there, or not readable to this user, he cannot act on either.
 */
export async function holdApplications(applications: readonly Places[]): Promise<HeldApplications> {
  const holders: ChildProcess[] = [];
  const release = async () => {
    for (const holder of holders.splice(0)) {
      holder.stdin?.end();
      if (holder.exitCode === null && holder.signalCode === null) await once(holder, 'exit');
    }
  };
  try {
    for (const folder of foldersOf(applications)) {
      const holder = await hold(folder);
      if (holder !== null) holders.push(holder);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

/** Two applications may share a PM2 home, and a path may have several names: each folder once. */
function foldersOf(applications: readonly Places[]): readonly string[] {
  const paths = applications.flatMap(({ directory, pm2 }) => [directory, pm2.home]);
  return [...new Set(paths.flatMap((path) => realPathOf(path) ?? []))];
}

function realPathOf(path: string): string | null {
  try {
    const real = realpathSync(path);
    return statSync(real).isDirectory() ? real : null;
  } catch {
    return null;
  }
}

/** A child that holds the lock until its input ends, which is when this process does. null: the folder is closed to us. */
async function hold(folder: string): Promise<ChildProcess | null> {
  // In a process group of its own, so that Ctrl-C does not take the lock away before everything has stopped.
  const child = spawn('flock', ['-n', folder, 'cat'], {
    stdio: ['pipe', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'] },
    cwd: '/',
    detached: true,
  });
  child.stdin.on('error', () => undefined);
  child.stdin.write('held\n');
  const held = once(child.stdout, 'data').then(() => 'held' as const);
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const answer = await Promise.race([held, ended]).catch(() => 'missing' as const);
  if (answer === 'held') return child;
  if (answer === 'missing') throw new Error(MISSING);
  // 1: somebody holds it. Anything else is about the folder itself.
  if (answer === 1) throw new Error(takenText(folder));
  return null;
}

function takenText(folder: string): string {
  const holder = holderOf(folder);
  const who = holder === null ? 'another process' : `process ${holder.pid} of user ${holder.user}`;
  const stop = holder === null ? 'Stop it' : `Stop it (Ctrl-C in its terminal, or kill ${holder.pid})`;
  return `${folder} is in use by ${who}: two would act on one application at the same time. ${stop}, or leave this application out. ${PLACE}`;
}

/** The kernel names the child that asked for the lock; whoever started that one has it. */
function holderOf(folder: string): { readonly pid: number; readonly user: string } | null {
  const { ino } = statSync(folder);
  const lock = new RegExp(`^\\d+: FLOCK +ADVISORY +WRITE +(\\d+) +[\\da-f]+:[\\da-f]+:${ino} `, 'm');
  const flockPid = lock.exec(readText('/proc/locks'))?.[1];
  const pid = /^PPid:\s+(\d+)$/m.exec(readText(`/proc/${flockPid}/status`))?.[1];
  const uid = /^Uid:\s+(\d+)/m.exec(readText(`/proc/${pid}/status`))?.[1];
  if (pid === undefined || uid === undefined) return null;
  const user = new RegExp(`^([\\w.-]+):[^:]*:${uid}:`, 'm').exec(readText('/etc/passwd'))?.[1] ?? uid;
  return { pid: Number(pid), user };
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
