import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';

const shape = z.object({ name: z.literal('runbell'), version: z.string() });

/** The version of this command: that of the clone or of the installed package, whichever folder it was compiled into. */
export function productVersion(): string {
  for (const up of ['../../../package.json', '../../../../package.json']) {
    const file = new URL(up, import.meta.url);
    const parsed = existsSync(file) ? shape.safeParse(JSON.parse(readFileSync(file, 'utf8'))) : null;
    if (parsed?.success) return parsed.data.version;
  }
  return 'unknown';
}
