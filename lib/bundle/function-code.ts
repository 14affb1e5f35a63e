import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { Settings } from '../../functions/core/config/settings.ts';

export const FUNCTION_NAMES = ['watch', 'notify', 'interact', 'act', 'track'] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];

const HANDLERS_FOLDER = fileURLToPath(new URL('../../functions', import.meta.url));
const BUNDLER = fileURLToPath(new URL('./bundle-functions.mjs', import.meta.url));

/** A file that lies beside the bundle, in the folder that Lambda mounts at `/var/task`. */
export interface BundledFile {
  readonly name: string;
  readonly content: string;
}

let bundlesFolder: string | null = null;

/** A function's bundle with `settings.json` and any other file beside it. */
export function functionCode(name: FunctionName, settings: Settings, files: readonly BundledFile[] = []): Code {
  const folder = join(mkdtempSync(join(scratchFolder(), 'code-')), name);
  mkdirSync(folder);
  copyFileSync(join(bundles(), name, 'index.cjs'), join(folder, 'index.cjs'));
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  for (const file of files) writeFileSync(join(folder, file.name), file.content);
  // CDK names the asset by its content and copies it, so equal content is uploaded once.
  return Code.fromAsset(folder);
}

/** The handlers do not change while a process synthesizes, so it bundles them once. */
function bundles(): string {
  if (bundlesFolder === null) {
    const folder = join(scratchFolder(), 'bundles');
    execFileSync(process.execPath, [BUNDLER, HANDLERS_FOLDER, folder], {
      cwd: dirname(HANDLERS_FOLDER),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    bundlesFolder = folder;
  }
  return bundlesFolder;
}

let scratch: string | null = null;

function scratchFolder(): string {
  if (scratch === null) {
    const folder = mkdtempSync(join(tmpdir(), 'runbell-synth-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    scratch = folder;
  }
  return scratch;
}
