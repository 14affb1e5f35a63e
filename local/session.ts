import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import * as z from 'zod';
import { newPrivateFolder, writePrivate } from './private-folder.ts';
import { endProcessesOf, processMark } from './processes.ts';

const PREFIX = 'runbell-local-';
/** The folder of a session; those beside it have a word more. */
const SESSION = new RegExp(`^${PREFIX}[A-Za-z0-9]{6}$`);
const OWNER_FILE = 'session.json';
const REMOVALS_MAX = 5;

const ownerSchema = z.object({ pid: z.number().int(), mark: z.string() });

/** One run of the local loop: folders that hold everything it writes, and every process it starts. */
export interface Session {
  /** Only this user enters it. */
  readonly dir: string;
  /** A folder beside it for what runs as another user; `gid`: whose members may pass through it, where that is one. */
  folderBeside(name: string, gid?: number): string;
  /** Ends what is left of the session's processes and removes its folders. */
  close(): Promise<void>;
}

/** Opens a fresh session, after cleaning up behind those whose process was killed before it could. */
export async function openSession(say: (line: string) => void): Promise<Session> {
  for (const dir of ownSessions().filter((one) => !hasOwner(one))) {
    say('Cleaning up behind an earlier start that was killed.');
    await closeSession(dir);
  }
  const dir = newPrivateFolder(join(tmpdir(), PREFIX));
  writePrivate(join(dir, OWNER_FILE), JSON.stringify({ pid: process.pid, mark: processMark(process.pid) }));
  const folderBeside = (name: string, gid?: number) => {
    const folder = `${dir}-${name}`;
    mkdirSync(folder, { mode: 0o700 });
    if (gid !== undefined && process.getuid?.() === 0) {
      chownSync(folder, 0, gid);
      chmodSync(folder, 0o710);
    }
    return folder;
  };
  return { dir, folderBeside, close: () => closeSession(dir) };
}

async function closeSession(dir: string): Promise<void> {
  await endProcessesOf(dir);
  const beside = readdirSync(dirname(dir)).filter((name) => name.startsWith(`${basename(dir)}-`));
  // The session's own at last: whoever is killed meanwhile has left behind what shows that this is to be done.
  for (const folder of [...beside.map((name) => join(dirname(dir), name)), dir]) remove(folder);
}

/** By the system's own program, which no link that is put there meanwhile leads elsewhere: a folder may be another user's. */
function remove(folder: string): void {
  for (let times = 0; times < REMOVALS_MAX && existsSync(folder); times += 1) {
    spawnSync('rm', ['-rf', '--', folder], { stdio: 'ignore', env: { PATH: process.env['PATH'] } });
  }
}

/** Sessions of this user, whoever started them. */
export function ownSessions(): string[] {
  return readdirSync(tmpdir())
    .filter((name) => SESSION.test(name))
    .map((name) => join(tmpdir(), name))
    .filter((dir) => {
      const stat = lstatSync(dir, { throwIfNoEntry: false });
      return stat?.isDirectory() === true && stat.uid === process.getuid?.();
    });
}

/** A pid that was given to somebody else has another start time. */
function hasOwner(dir: string): boolean {
  const file = join(dir, OWNER_FILE);
  if (!existsSync(file)) return false;
  try {
    const { pid, mark } = ownerSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
    return processMark(pid) === mark;
  } catch {
    return false;
  }
}
