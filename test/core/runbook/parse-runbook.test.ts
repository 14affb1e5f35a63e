import { describe, expect, it } from 'vitest';
import { parseRunbook, type RunbookFolder } from '../../../lib/runbook/parse-runbook.ts';
import { LIBRARIES, MANIFEST_INPUT, SCRIPT, sha256Hex } from './sample-runbook.ts';

const FOLDER: RunbookFolder = {
  appName: 'runbell',
  folder: 'tidy-up',
  manifestText: JSON.stringify(MANIFEST_INPUT),
  scriptText: SCRIPT,
  libraries: LIBRARIES,
  sha256Hex,
};

function problemsOf(change: Partial<RunbookFolder>): readonly string[] {
  const parsed = parseRunbook({ ...FOLDER, ...change });
  return parsed.kind === 'invalid' ? parsed.problems : [];
}

const manifestWith = (change: object): Partial<RunbookFolder> => ({
  manifestText: JSON.stringify({ ...MANIFEST_INPUT, ...change }),
});

describe('parseRunbook', () => {
  it('reads a sound folder', () => {
    expect(parseRunbook(FOLDER)).toMatchObject({
      kind: 'valid',
      manifest: { id: 'tidy-up' },
      built: { name: expect.stringMatching(/^runbell-tidy-up-[0-9a-f]{8}$/) },
    });
  });

  it.each<[string, Partial<RunbookFolder>, string]>([
    ['a missing manifest', { manifestText: null }, 'runbook.json is missing'],
    ['a manifest that is not JSON', { manifestText: '{' }, 'runbook.json is not JSON'],
    ['a missing script', { scriptText: null }, 'run.sh is missing'],
    ['a missing guard', { libraries: new Map([...LIBRARIES].slice(1)) }, 'lib/guard.sh is missing'],
    ['an id other than the folder', { folder: 'other' }, 'runbook.json: the id is tidy-up, but the folder is other'],
    [
      'a script without its head',
      { scriptText: SCRIPT.replace('#!/bin/bash\n', '#!/bin/sh\n') },
      'run.sh must begin with the lines "#!/bin/bash" and "set -euo pipefail"',
    ],
    [
      'a parameter that is declared twice',
      manifestWith({ parameters: [...MANIFEST_INPUT.parameters, MANIFEST_INPUT.parameters[3]] }),
      'runbook.json: parameter Depth is declared twice',
    ],
    [
      'a parameter that nothing reads',
      { scriptText: SCRIPT.replace('SSM_Depth', '1') },
      'runbook.json: parameter Depth is declared, and run.sh never reads SSM_Depth',
    ],
    [
      'a parameter that is not declared',
      { scriptText: `${SCRIPT}echo "$SSM_Dpeth"\n` },
      'step tidy_up: the script reads SSM_Dpeth, which is not a parameter',
    ],
    [
      'a library that is not there',
      { scriptText: `${SCRIPT}source ../lib/three.sh\n` },
      'the script still sources a file: write "source ../lib/<name>.sh" with a file of runbooks/lib',
    ],
    [
      'text substitution in the script',
      { scriptText: `${SCRIPT}echo "{{ Depth }}"\n` },
      'the script has "{{", which SSM replaces: values travel by environment only',
    ],
    [
      'a change that does not say whether it can do without a copy of the configuration',
      manifestWith({ snapshot: undefined }),
      'runbook.json: snapshot: say "needed" or "wanted" where the risk is change or disrupt, and nowhere else',
    ],
    [
      'a copy before a look',
      manifestWith({ risk: 'read' }),
      'runbook.json: snapshot: say "needed" or "wanted" where the risk is change or disrupt, and nowhere else',
    ],
    [
      'a change that keeps no copy first',
      { scriptText: SCRIPT.replace('keep_first\n', '') },
      'run.sh never calls keep_first before it changes something',
    ],
    ['an unknown field', manifestWith({ colour: 'red' }), 'runbook.json: the whole file: Unrecognized key: "colour"'],
  ])('names %s', (_, change, problem) => {
    expect(problemsOf(change)).toContain(problem);
  });

  it('names an unanchored pattern', () => {
    const loose = MANIFEST_INPUT.parameters.map((one) => ({ ...one, pattern: '[a-z0-9]{1,9}' }));
    const problems = problemsOf(manifestWith({ parameters: loose }));
    expect(problems.filter((one) => one.includes('anchor the pattern'))).toHaveLength(4);
  });

  it.each(['run.id', 'run.dryRun', 'application.id'])('asks every runbook for a parameter from %s', (from) => {
    const parameters = MANIFEST_INPUT.parameters.filter((one) => one.from !== from);
    expect(problemsOf(manifestWith({ parameters }))).toContain(
      `runbook.json: every runbook needs a parameter from ${from}`,
    );
  });

  it('names what is wrong with both files at once', () => {
    const problems = problemsOf({ ...manifestWith({ title: '', timeoutSeconds: 1 }), scriptText: 'echo {{ x }}\r' });
    expect(problems).toEqual([
      expect.stringMatching(/^runbook\.json: title: /),
      expect.stringMatching(/^runbook\.json: timeoutSeconds: /),
      expect.stringMatching(/^run\.sh must begin/),
      expect.stringMatching(/has "\{\{"/),
      expect.stringMatching(/carriage return/),
    ]);
    expect(problemsOf({ manifestText: null, scriptText: null })).toEqual([
      'runbook.json is missing',
      'run.sh is missing',
    ]);
  });
});
