import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Config } from '../../functions/core/config/config.ts';
import type { BundledFile } from './function-code.ts';

/** Where Lambda mounts the bundle. */
const TASK_FOLDER = '/var/task';

/** The configuration with each `tls.caFile` as the function will find it, and the files to put there. */
export function withCertificateFiles(config: Config): {
  readonly config: Config;
  readonly files: readonly BundledFile[];
} {
  const files = new Map<string, BundledFile>();
  const targets = config.targets.map((target) => {
    if (typeof target.tls !== 'object') return target;
    const content = readFileSync(target.tls.caFile, 'utf8');
    const name = `ca-${createHash('sha256').update(content).digest('hex').slice(0, 16)}.pem`;
    files.set(name, { name, content });
    return { ...target, tls: { caFile: `${TASK_FOLDER}/${name}` } };
  });
  return { config: { ...config, targets }, files: [...files.values()] };
}
