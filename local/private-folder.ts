import { lstatSync, mkdirSync, mkdtempSync, type Stats, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

const OTHERS = 0o077;
const OTHERS_WRITE = 0o002;
const STICKY = 0o1000;

/**
 * A folder that nobody but this user enters, made where there is none. Throws where there is something else already:
 * what lies in there may be somebody else's, and narrowing it now would not change that.
 */
export function privateFolder(path: string): string {
  // Without a slash at its end, which would follow a link.
  const folder = resolve(path);
  assertKept(folder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const why = whyNotPrivate(lstatSync(folder));
  if (why !== null) throw new Error(`${folder} ${why}. Nothing was started.`);
  return folder;
}

/** A new one, with a name that nobody knew before. */
export function newPrivateFolder(prefix: string): string {
  assertKept(prefix);
  return mkdtempSync(prefix);
}

/** A file that only this user reads, from its first byte on. There must be none of that name. */
export function writePrivate(file: string, text: string): void {
  writeFileSync(file, text, { mode: 0o600, flag: 'wx' });
}

/** null: it is this user's folder, and no one else's. */
export function whyNotPrivate(stat: Stats): string | null {
  const { uid, mode } = stat;
  if (stat.isSymbolicLink()) return 'is a symbolic link: name the folder itself';
  if (!stat.isDirectory()) return 'is no folder: name another one';
  if (uid !== process.getuid?.()) return `belongs to another user (${uid}): name a folder of your own`;
  if ((mode & OTHERS) === 0) return null;
  return `is open to others (mode ${(mode & 0o777).toString(8)}): look at what is in it, then chmod 700 it, or name a new one`;
}

/** Where everybody may rename everything, the folder would be another one a moment later. */
function assertKept(path: string): void {
  for (let at = dirname(path); ; at = dirname(at)) {
    const stat = lstatSync(at, { throwIfNoEntry: false });
    const isOpen = stat !== undefined && (stat.mode & OTHERS_WRITE) !== 0 && (stat.mode & STICKY) === 0;
    if (isOpen && stat.isDirectory()) {
      throw new Error(
        `Everybody may replace what is in ${at}: chmod +t it, or use another place. Nothing was started.`,
      );
    }
    if (at === dirname(at)) return;
  }
}
