import { accessSync, appendFileSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/** Programs that some tests need beyond npm. Any one of a program's names will do. */
const PROGRAMS = {
  mariadb: ['mariadbd'],
  shellcheck: ['shellcheck'],
  chromium: ['chromium', 'chromium-browser', 'google-chrome'],
  php: ['php'],
  redis: ['redis-server'],
  moto: ['moto_server'],
} as const;

export type NeededProgram = keyof typeof PROGRAMS;

/** Where the program is, or null. Looks beside PATH too, because servers live in sbin. */
export function findProgram(name: NeededProgram): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/bin'];
  for (const folder of folders) {
    for (const program of PROGRAMS[name]) {
      const path = join(folder, program);
      if (isExecutable(path)) return path;
    }
  }
  return null;
}

/** `describe` when the program is there; else `describe.skip`, with one line in RUNBELL_SKIP_FILE about what was missed. */
export function needs(name: NeededProgram, what: string): typeof describe | typeof describe.skip {
  if (findProgram(name) !== null) return describe;
  const line = `skipped: ${what} because ${PROGRAMS[name][0]} is not installed (npm run setup:test installs it)`;
  // moto_server cannot be installed everywhere, so it alone may be missing where nothing may be skipped.
  if (process.env['CI'] === 'true' && name !== 'moto') throw new Error(line);
  const file = process.env['RUNBELL_SKIP_FILE'];
  if (file !== undefined && file !== '') appendFileSync(file, `${line}\n`);
  return describe.skip;
}

/** `describeWith('mariadb', 'the sampler on a real server', () => { … })`. */
export function describeWith(name: NeededProgram, what: string, body: () => void): void {
  needs(name, what)(what, body);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
