import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ConfigInput } from '../../../functions/core/config/config.ts';

export const CHANNEL = 'C0ALARMS01';
export const WORKSPACE = 'T0AAAAAAA1';

/** A small valid configuration around some targets. */
export function configWith(change: Partial<ConfigInput>): ConfigInput {
  const credential = { kind: 'environment', variable: 'DB_PASSWORD' } as const;
  return {
    slack: { channel: CHANNEL, workspaceId: WORKSPACE },
    people: [{ slackUserId: 'U0AAAAAAA1', name: 'On call' }],
    targets: [{ id: 'orders-db', host: '127.0.0.1', port: 1, user: 'runbell', credential, tls: 'off' }],
    ...change,
  };
}

/** Writes it where a command can read it. `remove` when done. */
export function configFile(config: ConfigInput): { readonly file: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'runbell-config-'));
  const file = join(folder, 'runbell.config.mjs');
  writeFileSync(file, `export default ${JSON.stringify(config)};\n`);
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
