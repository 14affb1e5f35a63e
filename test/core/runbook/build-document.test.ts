import { describe, expect, it } from 'vitest';
import { buildDocument } from '../../../lib/runbook/build-document.ts';
import { SOURCE, sha256Hex } from './sample-runbook.ts';

const built = buildDocument(SOURCE);

describe('buildDocument', () => {
  it('makes a schema 2.2 document whose parameters travel by environment', () => {
    expect(built.document).toMatchObject({
      schemaVersion: '2.2',
      description: 'Tidy up: Puts things away.',
      mainSteps: [
        {
          action: 'aws:runShellScript',
          name: 'tidy_up',
          precondition: { StringEquals: ['platformType', 'Linux'] },
          inputs: { timeoutSeconds: '60', onFailure: 'exit' },
        },
      ],
    });
    expect(built.document.parameters).toEqual({
      RunId: parameter('^[a-z0-9-]{1,64}$'),
      DryRun: parameter('^(yes|no)$'),
      ApplicationId: parameter('^[a-z-]{1,40}$'),
      Depth: { ...parameter('^[1-9]$'), default: '3' },
    });
  });

  it('joins guard, checks, library and script into one text, each library once', () => {
    expect(built.script).toBe(`#!/bin/bash -p
set -euo pipefail
readonly RUNBELL_RUNBOOK=tidy-up RUNBELL_TIMEOUT_SECONDS=60 RUNBELL_SNAPSHOT=wanted
guard() { :; }
guard RunId '^[a-z0-9-]{1,64}$'
guard DryRun '^(yes|no)$'
guard ApplicationId '^[a-z-]{1,40}$'
guard Depth '^[1-9]$'
one() { echo "$SSM_RunId $SSM_DryRun $SSM_ApplicationId"; }
two() { one; }
two
keep_first
echo "$SSM_Depth"
`);
    expect(built.document.mainSteps[0]?.inputs.runCommand.join('\n')).toBe(built.script);
  });

  it('names the document by the hash of its exact text', () => {
    expect(JSON.parse(built.json)).toEqual(built.document);
    expect(built.sha256).toBe(sha256Hex(built.json));
    expect(built.name).toBe(`runbell-tidy-up-${built.sha256.slice(0, 8)}`);
  });

  it('leaves lines at home that are comment alone, and nothing else', () => {
    const commented = { ...SOURCE, scriptText: `${SOURCE.scriptText}\n  # why\n#!\n: "$#" # kept\n` };
    const { script } = buildDocument(commented);
    expect(script.split('\n').slice(0, 2)).toEqual(['#!/bin/bash -p', 'set -euo pipefail']);
    expect(script.slice(2)).not.toMatch(/^\s*#/m);
    expect(script).toContain('\n: "$#" # kept\n');
  });

  it('leaves functions and programs at home that nothing uses, and what only those use', () => {
    const more = `${SOURCE.scriptText}readonly SPARE='
one'
readonly USED="$SPARE_PART"'
more
'
spare() {
  echo "$SPARE"
  spare
}
spare_part() (
  : "$USED"
)
spare_part
`;
    const { script } = buildDocument({ ...SOURCE, scriptText: more });
    expect(script).toContain('readonly USED="$SPARE_PART"\'\nmore\n\'\nspare_part() (\n: "$USED"\n)\nspare_part\n');
    expect(script).not.toMatch(/SPARE=|spare\(\)/);
  });

  it('gives another name to another script, library or manifest, and the same to the same', () => {
    const other = [
      { ...SOURCE, scriptText: `${SOURCE.scriptText}echo later\n` },
      { ...SOURCE, libraries: new Map([...SOURCE.libraries, ['two.sh', 'two() { :; }']]) },
      { ...SOURCE, manifest: { ...SOURCE.manifest, timeoutSeconds: 61 } },
    ].map((source) => buildDocument(source).name);
    expect(new Set([...other, built.name]).size).toBe(4);
    expect(buildDocument(SOURCE)).toEqual(built);
  });

  it('leaves comments and blank lines at home', () => {
    const commented = SOURCE.scriptText.replace(
      'source ../lib/one.sh',
      '# Why.\n\n  # Indented.\nsource ../lib/one.sh',
    );
    expect(buildDocument({ ...SOURCE, scriptText: commented }).script).toBe(built.script);
  });
});

function parameter(allowedPattern: string): object {
  return { type: 'String', interpolationType: 'ENV_VAR', allowedPattern };
}
