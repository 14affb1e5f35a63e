import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Catalogue, Manifest } from '../functions/core/runbook/manifest.ts';
import type { BuiltDocument } from './runbook/build-document.ts';
import { parseRunbook } from './runbook/parse-runbook.ts';

/** A runbook with its document, ready to be put into SSM and run. */
export interface Runbook extends BuiltDocument {
  readonly manifest: Manifest;
}

const LIBRARY_FOLDER = 'lib';

/** Reads `runbooks/` from disk: every folder but `lib` is a runbook. Throws one error that names every problem of all. */
export function loadCatalogue(appName: string, folder: string): readonly Runbook[] {
  const libraries = readLibraries(join(folder, LIBRARY_FOLDER));
  const problems: string[] = [];
  const runbooks: Runbook[] = [];
  for (const id of runbookFolders(folder)) {
    const read = (file: string) => readIfThere(join(folder, id, file));
    const [manifestText, scriptText] = [read('runbook.json'), read('run.sh')];
    const parsed = parseRunbook({ appName, folder: id, manifestText, scriptText, libraries, sha256Hex });
    if (parsed.kind === 'valid') runbooks.push({ manifest: parsed.manifest, ...parsed.built });
    else problems.push(...parsed.problems.map((problem) => `${join(folder, id)}: ${problem}`));
  }
  problems.push(...undoProblems(runbooks, folder));
  if (problems.length > 0) throw new Error(problemsText(problems));
  return runbooks;
}

/** What functions need to know of the runbooks: manifests and names of documents, without the scripts. */
export function catalogueOf(runbooks: readonly Runbook[]): Catalogue {
  return runbooks.map(({ manifest, name, sha256 }) => ({ manifest, document: { name, sha256 } }));
}

function sha256Hex(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function runbookFolders(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return names.filter((name) => name !== LIBRARY_FOLDER && !name.startsWith('.')).sort();
}

function readLibraries(folder: string): ReadonlyMap<string, string> {
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.sh')) : [];
  return new Map(files.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

function readIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

function undoProblems(runbooks: readonly Runbook[], folder: string): string[] {
  const ids = new Set(runbooks.map((one) => one.manifest.id));
  return runbooks
    .filter(({ manifest }) => manifest.undo !== null && !ids.has(manifest.undo))
    .map(({ manifest }) => `${join(folder, manifest.id)}: its undo "${manifest.undo}" is not a usable runbook`);
}

function problemsText(problems: readonly string[]): string {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  return [`The runbooks have ${count}; nothing was built:`, ...problems.map((problem) => `  ${problem}`)].join('\n');
}
