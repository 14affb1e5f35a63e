#!/usr/bin/env node
/** The `runbell` command: starts bin/runbell.ts on whatever Node is there, from a clone and from an installed package. */
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('runbell.ts', import.meta.url));
// Node itself does not read types below node_modules, whatever its version.
if (entry.includes('/node_modules/')) {
  for (const loader of ['tsx/esm/api', 'tsx/cjs/api']) (await import(loader)).register();
}
process.argv.splice(2, 0, entry);
await import('./launch.mjs');
