import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../../core/settings.ts';

const FILE = 'settings.json';

/**
 * Reads the settings that lie beside the bundle. They were checked when the stack was made and nobody has
 * edited them since, so only their schema and their outline are looked at here.
 */
export function loadSettings(folder: string = process.env['LAMBDA_TASK_ROOT'] ?? process.cwd()): Settings {
  const path = join(folder, FILE);
  const settings = parse(path);
  if (!isSettings(settings)) {
    throw new Error(`${path} is not the settings of this version of Runbell (schema 1): deploy the stack again`);
  }
  return settings;
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new Error(`The settings ${path} cannot be read: deploy the stack again`, { cause: error });
  }
}

function isSettings(value: unknown): value is Settings {
  return (
    isObject(value) &&
    value['schema'] === 1 &&
    typeof value['version'] === 'string' &&
    Array.isArray(value['catalogue']) &&
    isObject(value['config']) &&
    Array.isArray(value['config']['targets'])
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
