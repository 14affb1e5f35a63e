import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Config } from '../../../functions/core/config/config.ts';
import { configProblemsText, parseConfig } from '../../../functions/core/config/parse-config.ts';
import { Failure } from './failure.ts';

export const CONFIG_FILE = 'runbell.config.ts';

/** The default export of a configuration file, not checked yet. */
export async function importConfig(file: string): Promise<unknown> {
  const path = resolve(file);
  if (!existsSync(path))
    throw new Failure(`There is no ${file}: npx runbell init writes one, or name yours with --config FILE.`);
  try {
    const module: { readonly default?: unknown } = await import(pathToFileURL(path).href);
    return module.default;
  } catch (error) {
    throw new Failure(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export async function readConfig(file: string): Promise<Config> {
  const parsed = parseConfig(await importConfig(file));
  if (parsed.kind === 'invalid') throw new Failure(configProblemsText(parsed.problems));
  return parsed.config;
}
