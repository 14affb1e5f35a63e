/**
 * Starts TypeScript on whatever Node is there. Node 24 comes with `npm ci`, but a command that is started by its path
 * gets the machine's own Node, and `npm ci --ignore-scripts` silently leaves Node 24 out; the product's code runs on
 * Node 20 too, where tsx reads the types.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath, pathToFileURL } from 'node:url';

const OWN_NODE = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url));

/** Imports a TypeScript file of the clone as if Node had been started with it. */
export async function startSource(file, args) {
  if (!readsTypes()) {
    if (existsSync(OWN_NODE)) return handOver(OWN_NODE, [file, ...args]);
    process.stderr.write(
      'Node 24 is missing from node_modules (npm ci --ignore-scripts leaves it out): ' +
        `going on with Node ${process.versions.node} through tsx.\n`,
    );
    await readTypesWithTsx();
  }
  process.argv = [process.execPath, file, ...args];
  await import(pathToFileURL(file).href);
}

/**
 * Starts `bin/<name>`: as source in a clone, compiled in an installed package. There only the user's configuration has
 * types, and tsx reads it, because Node itself would take it for CommonJS where `npm init` wrote so into package.json.
 */
export async function start(name) {
  const source = new URL(`${name}.ts`, import.meta.url);
  if (existsSync(source)) return startSource(fileURLToPath(source), process.argv.slice(2));
  await readTypesWithTsx();
  await import(new URL(`../dist/bin/${name}.js`, import.meta.url).href);
}

function readsTypes() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 18);
}

/** Both: a configuration in a folder without a package.json of its own counts as CommonJS here. */
async function readTypesWithTsx() {
  for (const loader of ['tsx/esm/api', 'tsx/cjs/api']) (await import(loader)).register();
}

/** Ends as the other Node ends. What a terminal sends reaches both; what was sent to this process alone is passed on. */
function handOver(node, args) {
  const child = spawn(node, args, { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  }
  return new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      process.exitCode = code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0);
      for (const one of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(one);
      resolve();
    });
  });
}
