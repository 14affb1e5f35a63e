import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { endProcessesOf, processMark } from './processes.ts';

const PREFIX = 'runbell-local-';
const OWNER_FILE = 'session.json';

const ownerSchema = z.object({ pid: z.number().int(), mark: z.string() });

/** One run of the local loop: a folder that holds everything it writes, and every process it starts. */
export interface Session {
  readonly dir: string;
  /** Ends what is left of the session's processes and removes its folder. */
  close(): Promise<void>;
}

/** Opens a fresh session, after cleaning up behind those whose process was killed before it could. */
export async function openSession(say: (line: string) => void): Promise<Session> {
  for (const dir of abandoned()) {
    say('Cleaning up behind an earlier start that was killed.');
    await closeSession(dir);
  }
  const dir = mkdtempSync(join(tmpdir(), PREFIX));
  // The demo application runs as another user and has to pass through.
  chmodSync(dir, 0o755);
  writeFileSync(join(dir, OWNER_FILE), JSON.stringify({ pid: process.pid, mark: processMark(process.pid) }));
  return { dir, close: () => closeSession(dir) };
}

async function closeSession(dir: string): Promise<void> {
  await endProcessesOf(dir);
  rmSync(dir, { recursive: true, force: true, maxRetries: 5 });
}

/** Sessions of this user whose owner is gone. A pid that was given to somebody else has another start time. */
function abandoned(): string[] {
  return readdirSync(tmpdir())
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => join(tmpdir(), name))
    .filter((dir) => statSync(dir, { throwIfNoEntry: false })?.uid === process.getuid?.() && !hasOwner(dir));
}

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
