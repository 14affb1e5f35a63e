#!/usr/bin/env node
/** `node bin/launch.mjs <file.ts> [arguments]` starts a TypeScript file of the clone on whatever Node is there. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { startSource } from './start.mjs';

const [, , file, ...rest] = process.argv;
if (file === undefined || !existsSync(file)) {
  process.stderr.write(`Usage: node bin/launch.mjs <file.ts> [arguments]${file ? ` (there is no ${file})` : ''}\n`);
  process.exit(2);
}
await startSource(resolve(file), rest);
