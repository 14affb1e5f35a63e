import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';

const names = z.record(z.string(), z.string());
const { dependencies, peerDependencies, devDependencies } = z
  .object({ dependencies: names, peerDependencies: names, devDependencies: names })
  .parse(JSON.parse(readFileSync('package.json', 'utf8')));

/** Only makes the package; nobody starts it from an installed one. */
const BUILDS = ['lib/bundle/bundle-functions.mjs', 'lib/bundle/build-package.mjs'];

/** What an installed package or a bundle is made of. */
const shipped = ['functions', 'lib', 'bin', 'local/ssm'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file))
    .filter((file) => /\.(ts|mjs)$/.test(file) && !file.endsWith('.d.mts') && !BUILDS.includes(file)),
);

/** Packages that stay in the JavaScript of a file: types and comments are gone by then. */
function packagesOf(file: string): string[] {
  const text = readFileSync(file, 'utf8')
    .replaceAll(/\/\*.*?\*\//gs, '')
    .replaceAll(/^(import|export) type [^;]*;/gms, '');
  const imports = [
    ...text.matchAll(
      /^(?:import|export)\b[^;'"]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)|'(tsx\/[a-z/]+)'/gms,
    ),
  ];
  return imports
    .map((match) => match.slice(1).find((one) => one !== undefined) ?? '')
    .filter((name) => !name.startsWith('.') && !isBuiltin(name))
    .map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
}

describe('the dependencies', () => {
  const imported = new Set(shipped.flatMap(packagesOf));

  it('are all imported by what is shipped', () => {
    expect(Object.keys({ ...dependencies, ...peerDependencies }).filter((name) => !imported.has(name))).toEqual([]);
  });

  it('are all that is imported by what is shipped', () => {
    expect([...imported].filter((name) => !(name in dependencies) && !(name in peerDependencies))).toEqual([]);
  });

  it('are pinned, because a bundle is made of them, and peers are met by what the tests run on', () => {
    expect(
      Object.entries({ ...dependencies, ...devDependencies }).filter(([, range]) => !/^\d+\.\d+\.\d+$/.test(range)),
    ).toEqual([]);
    for (const [name, range] of Object.entries(peerDependencies)) {
      const [major, minor] = (devDependencies[name] ?? '').split('.').map(Number);
      const [, least, leastMinor] = /^\^(\d+)\.(\d+)\.0$/.exec(range)?.map(Number) ?? [];
      expect([name, major === least && (minor ?? -1) >= (leastMinor ?? 0)]).toEqual([name, true]);
    }
  });

  it('say in the lock file nothing of where they were fetched', () => {
    expect(readFileSync('package-lock.json', 'utf8')).not.toContain('"resolved"');
  });
});
