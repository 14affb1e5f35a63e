#!/usr/bin/env node
/**
 * `node bin/launch.mjs <file.ts> [arguments]` starts a TypeScript file on whatever Node is there.
 * `npm ci --ignore-scripts` silently leaves Node 24 out of node_modules, and the product's code runs
 * on Node 20 too: there tsx reads the types, and one line says so.
 */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const [node, , file, ...rest] = process.argv;
if (file === undefined || !existsSync(file)) {
  process.stderr.write(`Usage: node bin/launch.mjs <file.ts> [arguments]${file ? ` (there is no ${file})` : ''}\n`);
  process.exit(2);
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    'Node 24 is missing from node_modules (npm ci --ignore-scripts leaves it out): ' +
      `going on with Node ${process.versions.node} through tsx.\n`,
  );
  // Both: a configuration in a folder without a package.json of its own counts as CommonJS here.
  for (const loader of ['tsx/esm/api', 'tsx/cjs/api']) (await import(loader)).register();
}

const entry = resolve(file);
process.argv = [node ?? process.execPath, entry, ...rest];
await import(pathToFileURL(entry).href);
