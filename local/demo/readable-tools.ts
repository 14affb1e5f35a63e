import { chmodSync, copyFileSync, existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import * as z from 'zod';

export interface ToolsWanted {
  /** A directory that the user can enter; copies go there, and whoever made it removes it. */
  readonly dir: string;
  readonly uid: number;
  /** npm packages by name; what they depend on comes along. */
  readonly packages: readonly string[];
  /** Where the packages are installed; default: this project's own node_modules. */
  readonly originals?: string;
}

const OWN_MODULES = join(import.meta.dirname, '..', '..', 'node_modules');

export interface ReadableTools {
  readonly node: string;
  readonly pm2Cli: string;
  readonly nodeModules: string;
}

/** As the configuration takes them; a clone may lie in a folder with another name. */
const PLAIN_PATH = /^[\w.@+/-]+$/;

/** This Node and these packages where `uid` can read them: the originals, or copies when they lie in, say, /root. */
export function readableTools({ dir, uid, packages, originals = OWN_MODULES }: ToolsWanted): ReadableTools {
  const folders = [...closure(originals, packages)];
  const nodeModules = folders.every((folder) => canUse(uid, join(folder, 'package.json')))
    ? originals
    : join(dir, 'node_modules');
  if (nodeModules !== originals) {
    for (const folder of folders) copyReadable(folder, join(nodeModules, relative(originals, folder)));
  }
  return { node: readableNode(dir, uid), pm2Cli: join(nodeModules, 'pm2', 'bin', 'pm2'), nodeModules };
}

function readableNode(dir: string, uid: number): string {
  const original = process.execPath;
  if (canUse(uid, original)) return original;
  const copy = join(dir, 'bin', 'node');
  makeFolder(dirname(copy));
  if (existsSync(copy)) return copy;
  // Node is over 100 MB, so a second name for it is better than a second file, where its mode will do.
  if ((statSync(original).mode & 0o5) !== 0o5 || !linked(original, copy)) copyFileSync(original, copy);
  chmodSync(copy, 0o755);
  return copy;
}

function linked(original: string, copy: string): boolean {
  try {
    linkSync(original, copy);
    return true;
  } catch {
    return false;
  }
}

/** Groups are left out: a copy too many does no harm. */
function canUse(uid: number, file: string): boolean {
  if (!PLAIN_PATH.test(file)) return false;
  if (uid === 0) return true;
  for (let path = file, bits = 0o4; ; path = dirname(path), bits = 0o1) {
    const { mode, uid: owner } = statSync(path);
    if ((mode & (owner === uid ? bits << 6 : bits)) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

const manifestSchema = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

/** The folders of these packages and of all that they depend on. */
function closure(nodeModules: string, packages: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (name: string, from: string, mayMiss: boolean): void => {
    const folder = resolvePackage(name, from, nodeModules);
    if (folder === null && mayMiss) return;
    if (folder === null) throw new Error(`the npm package ${name} is not installed: run npm ci`);
    if (found.has(folder)) return;
    found.add(folder);
    const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
    const optional = Object.keys(manifest.optionalDependencies);
    for (const one of optional) visit(one, folder, true);
    for (const one of Object.keys(manifest.dependencies)) visit(one, folder, optional.includes(one));
  };
  for (const name of packages) visit(name, dirname(nodeModules), false);
  return found;
}

/** As Node looks for it, upwards from a folder, but never outside our own node_modules. */
function resolvePackage(name: string, from: string, nodeModules: string): string | null {
  for (let at = from; `${at}${sep}`.startsWith(`${dirname(nodeModules)}${sep}`); at = dirname(at)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  return null;
}

/** Copies a package without the packages nested in it, readable by everybody. */
function copyReadable(from: string, to: string): void {
  makeFolder(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory() && entry.name !== 'node_modules') copyReadable(source, target);
    if (!entry.isFile()) continue;
    copyFileSync(source, target);
    chmodSync(target, (statSync(source).mode & 0o111) === 0 ? 0o644 : 0o755);
  }
}

/** Every folder on the way is made readable, whatever the umask says. */
function makeFolder(path: string): void {
  const first = mkdirSync(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) chmodSync(made, 0o755);
}
