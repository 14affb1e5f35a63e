import { existsSync, lstatSync, readdirSync, type Stats, utimesSync } from 'node:fs';
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

/** Nobody has read these files, as far as their file system keeps that. */
export function forgetReads(folder: string): void {
  for (const { path, stat } of below(folder)) if (stat.isFile()) utimesSync(path, 0, stat.mtime);
}

/** Files that somebody has read since. */
export function readSince(folder: string): readonly string[] {
  return below(folder).flatMap(({ path, stat }) => (stat.isFile() && stat.atimeMs !== 0 ? [path] : []));
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
