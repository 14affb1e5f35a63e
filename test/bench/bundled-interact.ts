import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { bundleFunctions } from '../../lib/bundle/bundle-functions.mjs';

/** The function that takes clicks, as it is deployed. */
export async function bundledInteract(folder: string): Promise<{ readonly path: string; readonly bytes: number }> {
  const entry = JSON.stringify(resolve(import.meta.dirname, '../../functions/interact.handler.ts'));
  await writeFile(join(folder, 'interact.handler.ts'), `export * from ${entry};\n`);
  const [bundled] = await bundleFunctions(folder, join(folder, 'out'));
  return { path: join(folder, 'out/interact/index.cjs'), bytes: bundled?.bytes ?? 0 };
}
