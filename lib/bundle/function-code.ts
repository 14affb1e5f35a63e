import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Settings } from '../../functions/core/settings.ts';

export const FUNCTION_NAMES = ['watch', 'notify', 'interact', 'act', 'track'] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

/** A file that lies beside the bundle, in the folder that Lambda mounts at `/var/task`. */
export interface BundledFile {
  readonly name: string;
  readonly content: string;
}

export interface FunctionSource {
  readonly name: FunctionName;
  readonly settings: Settings;
  readonly files: readonly BundledFile[];
}

const HANDLERS_FOLDER = fileURLToPath(new URL('../../functions', import.meta.url));
const BUNDLER = fileURLToPath(new URL('./bundle-functions.mjs', import.meta.url));
/** An installed package brings the bundles that were tested with it; a clone makes them. */
const BUNDLES_FOLDER = fileURLToPath(new URL('../../bundles', import.meta.url));

/**
 * Lends `use` a function's bundle with `settings.json` and its other files beside it. CDK copies the folder while the
 * function is constructed, and names it by its content; afterwards it is removed.
 */
export function withFunctionCode<T>(source: FunctionSource, use: (code: Code) => T): T {
  return inScratchFolder((folder) => {
    writeFileSync(join(folder, 'index.cjs'), bundleOf(source.name));
    writeFileSync(join(folder, 'settings.json'), JSON.stringify(source.settings));
    for (const file of source.files) writeFileSync(join(folder, file.name), file.content);
    return use(Code.fromAsset(folder));
  });
}

let bundles: ReadonlyMap<FunctionName, string> | null = null;

/** The handlers do not change while a process synthesizes, so it bundles them once. */
function bundleOf(name: FunctionName): string {
  bundles ??= existsSync(BUNDLES_FOLDER) ? readBundles(BUNDLES_FOLDER) : inScratchFolder(bundleInto);
  const bundle = bundles.get(name);
  if (bundle === undefined) throw new Error(`functions/${name}.handler.ts was not bundled`);
  return bundle;
}

function bundleInto(folder: string): ReadonlyMap<FunctionName, string> {
  execFileSync(process.execPath, [BUNDLER, HANDLERS_FOLDER, folder], {
    cwd: dirname(HANDLERS_FOLDER),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return readBundles(folder);
}

function readBundles(folder: string): ReadonlyMap<FunctionName, string> {
  return new Map(FUNCTION_NAMES.map((one) => [one, readFileSync(join(folder, one, 'index.cjs'), 'utf8')]));
}

function inScratchFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'runbell-synth-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
