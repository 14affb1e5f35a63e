import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Manifest, manifestSchema } from '../../../functions/core/runbook/manifest.ts';
import { buildDocument } from '../../../lib/runbook/build-document.ts';
import { RUNBOOKS } from './deliver.ts';

export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** The real library, by file name. */
export function libraries(): ReadonlyMap<string, string> {
  const folder = join(RUNBOOKS, 'lib');
  const files = readdirSync(folder).filter((name) => name.endsWith('.sh'));
  return new Map(files.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

export const SMALL_MANIFEST = manifestSchema.parse({
  id: 'small',
  title: 'Small',
  says: 'Does what a test needs.',
  risk: 'change',
  kinds: ['node'],
  parameters: [
    { name: 'RunId', from: 'run.id', description: 'The run', pattern: '^[a-z0-9-]{1,64}$' },
    { name: 'DryRun', from: 'run.dryRun', description: 'yes or no', pattern: '^(yes|no)$' },
    {
      name: 'ApplicationId',
      from: 'application.id',
      description: 'The application',
      pattern: '^[a-z][a-z0-9-]{0,39}$',
    },
    { name: 'Word', from: 'person', description: 'A word', pattern: '^[a-z ;$()/]{1,40}$', default: 'word' },
  ],
  timeoutSeconds: 30,
  cooldownSeconds: 0,
  undo: null,
  hazards: [],
  snapshot: 'wanted',
  success: 'It ended.',
  fits: ['leak'],
});

/** A delivered script with the real library around a few lines. `main` is called with everything set up. */
export function smallScript(body: string, begin = 'begin', manifest: Manifest = SMALL_MANIFEST): string {
  const scriptText = `#!/bin/bash
set -euo pipefail
source ../lib/runbook.sh
source ../lib/user.sh
source ../lib/proc.sh
source ../lib/connections.sh
source ../lib/mask.sh
source ../lib/holders.sh
main() {
${begin}
: "\${SSM_Word:?}"
${body}
}
main
`;
  return buildDocument({ appName: 'test', manifest, scriptText, libraries: libraries(), sha256Hex }).script;
}

export const SMALL_PARAMETERS: Readonly<Record<string, string>> = {
  SSM_RunId: 'run-1',
  SSM_DryRun: 'no',
  SSM_ApplicationId: 'shop',
  SSM_Word: 'word',
};
