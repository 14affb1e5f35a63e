/**
 * Bundles the handlers for Lambda: one folder per function with one `index.cjs`.
 * CommonJS, because on Node 24 an ES module that imports node:http loads undici with it (22 ms of cold start).
 * No source maps: they quadruple the upload, and a stack with its own names can be read.
 * Plain JavaScript, because a construct starts it in a process of its own: esbuild's plugins are
 * asynchronous and a construct is not.
 *
 * `node lib/bundle/bundle-functions.mjs <handlers folder> <output folder>`
 */
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { stubBoltReceivers } from './stub-bolt-receivers.mjs';

const HANDLER = /^(?<name>[a-z-]+)\.handler\.ts$/;

/**
 * @param {string} handlersFolder holds `<name>.handler.ts` for every function
 * @param {string} outputFolder receives `<name>/index.cjs`
 * @returns {Promise<readonly { name: string, bytes: number, files: readonly string[], packages: readonly string[] }[]>}
 */
export async function bundleFunctions(handlersFolder, outputFolder) {
  const names = (await readdir(handlersFolder)).flatMap((file) => HANDLER.exec(file)?.groups?.['name'] ?? []).sort();
  return Promise.all(names.map((name) => bundleOne(name, handlersFolder, outputFolder)));
}

async function bundleOne(name, handlersFolder, outputFolder) {
  const { metafile } = await build({
    entryPoints: [resolve(handlersFolder, `${name}.handler.ts`)],
    outfile: join(outputFolder, name, 'index.cjs'),
    bundle: true,
    platform: 'node',
    // The product runs on Node 20 too; the Lambda's own Node is newer.
    target: 'node20',
    format: 'cjs',
    // Names stay as they are: shorter ones would have to be given back one by one at every start.
    minifyWhitespace: true,
    minifySyntax: true,
    mainFields: ['module', 'main'],
    // A lazy import inside one file only delays the first call: plain requires are quicker.
    supported: { 'dynamic-import': false },
    legalComments: 'none',
    metafile: true,
    logLevel: 'error',
    plugins: [stubBoltReceivers],
  });
  const { bytes, inputs } = Object.values(metafile.outputs)[0];
  // A file of which nothing is left was only looked at.
  const files = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0);
  return { name, bytes, files, packages: packagesOf(files) };
}

function packagesOf(files) {
  const names = files.flatMap((path) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
  return [...new Set(names)].sort();
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [, , handlersFolder, outputFolder] = process.argv;
  if (handlersFolder === undefined || outputFolder === undefined) {
    process.stderr.write('Usage: node lib/bundle/bundle-functions.mjs <handlers folder> <output folder>\n');
    process.exit(2);
  }
  await bundleFunctions(handlersFolder, outputFolder);
}
