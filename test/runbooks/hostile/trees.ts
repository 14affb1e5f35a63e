import { existsSync, lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';

export interface Entry {
  readonly path: string;
  readonly stat: Stats;
}

/** Everything below a folder, links as links. What goes meanwhile is left out. */
export function below(folder: string): readonly Entry[] {
  if (!existsSync(folder)) return [];
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return [];
    return [{ path, stat }, ...(stat.isDirectory() ? below(path) : [])];
  });
}

/** Names, owners, modes and sizes, to be compared with a later look. */
export function lookOf(folder: string): string {
  return below(folder)
    .map(({ path, stat }) => `${path} ${stat.uid} ${stat.mode.toString(8)} ${stat.size} ${stat.mtimeMs}`)
    .join('\n');
}

export function bytesOf(folder: string): number {
  return below(folder).reduce((sum, { stat }) => sum + stat.size, 0);
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}
