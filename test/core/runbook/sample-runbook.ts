import { createHash } from 'node:crypto';
import { manifestSchema } from '../../../functions/core/runbook/manifest.ts';
import type { DocumentSource } from '../../../lib/runbook/build-document.ts';

export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex');

/** As somebody would write it down in `runbook.json`. */
export const MANIFEST_INPUT = {
  id: 'tidy-up',
  title: 'Tidy up',
  says: 'Puts things away.',
  risk: 'change',
  kinds: ['node'],
  parameters: [
    { name: 'RunId', from: 'run.id', description: 'The run', pattern: '^[a-z0-9-]{1,64}$' },
    { name: 'DryRun', from: 'run.dryRun', description: 'yes or no', pattern: '^(yes|no)$' },
    { name: 'ApplicationId', from: 'application.id', description: 'The application', pattern: '^[a-z-]{1,40}$' },
    { name: 'Depth', from: 'person', description: 'How far', pattern: '^[1-9]$', default: '3' },
  ],
  timeoutSeconds: 60,
  cooldownSeconds: 0,
  snapshot: 'wanted',
  undo: null,
  hazards: [],
  success: 'All is away.',
  fits: ['leak'],
};

export const SCRIPT = `#!/bin/bash
set -euo pipefail
source ../lib/one.sh
source ../lib/two.sh
two
keep_first
echo "$SSM_Depth"
`;

export const LIBRARIES: ReadonlyMap<string, string> = new Map([
  ['guard.sh', 'guard() { :; }\n'],
  ['one.sh', 'one() { echo "$SSM_RunId $SSM_DryRun $SSM_ApplicationId"; }\n'],
  ['two.sh', 'source ../lib/one.sh\ntwo() { one; }\n'],
]);

export const SOURCE: DocumentSource = {
  appName: 'runbell',
  manifest: manifestSchema.parse(MANIFEST_INPUT),
  scriptText: SCRIPT,
  libraries: LIBRARIES,
  sha256Hex,
};
