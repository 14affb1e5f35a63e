import { describe, expect, it } from 'vitest';
import { buildDocument, type CommandDocument } from '../../../lib/runbook/build-document.ts';
import { lintDocument } from '../../../lib/runbook/lint-document.ts';
import { SOURCE } from './sample-runbook.ts';

const { document, name } = buildDocument(SOURCE);
const [step] = document.mainSteps;
if (step === undefined) throw new Error('the sample has a step');

const withStep = (change: object): CommandDocument => ({ ...document, mainSteps: [{ ...step, ...change }] });
const withInputs = (change: object): CommandDocument => withStep({ inputs: { ...step.inputs, ...change } });
const withLine = (line: string): CommandDocument => withInputs({ runCommand: [...step.inputs.runCommand, line] });
const withDepth = (change: object): CommandDocument => ({
  ...document,
  parameters: { ...document.parameters, Depth: { ...document.parameters['Depth'], ...change } as never },
});

describe('lintDocument', () => {
  it('has nothing against what we build', () => {
    expect(lintDocument(name, document)).toEqual([]);
  });

  it.each<[string, CommandDocument, RegExp]>([
    ['another schema', { ...document, schemaVersion: '0.3' }, /^schemaVersion must be 2\.2$/],
    ['no step', { ...document, mainSteps: [] }, /no step/],
    ['two steps of one name', { ...document, mainSteps: [step, step] }, /step names repeat/],
    ['a step name with a hyphen', withStep({ name: 'tidy-up' }), /letters, digits and _/],
    ['no precondition', withStep({ precondition: undefined }), /precondition platformType Linux/],
    [
      'another platform',
      withStep({ precondition: { StringEquals: ['platformType', 'Windows'] } }),
      /platformType Linux/,
    ],
    ['going on after a failure', withInputs({ onFailure: undefined }), /onFailure exit under inputs/],
    [
      'a time limit that the agent reads as an hour',
      withInputs({ timeoutSeconds: '4' }),
      /reads timeoutSeconds outside 5/,
    ],
    ['a time limit from a parameter', withInputs({ timeoutSeconds: '{{ T }}' }), /reads timeoutSeconds outside 5/],
    ['fields where only Automation has them', withStep({ timeoutSeconds: '60' }), /count only under inputs/],
    ['no shebang', withInputs({ runCommand: step.inputs.runCommand.slice(1) }), /first line must be #!\/bin\/bash/],
    [
      'a lax shell',
      withInputs({ runCommand: ['#!/bin/bash -p', ...step.inputs.runCommand.slice(2)] }),
      /second line must be/,
    ],
    ['text substitution', withLine('echo {{ Depth }}'), /has "\{\{"/],
    ['a carriage return', withLine('echo\r'), /carriage return/],
    ['a file beside it', withLine('  source ./other.sh'), /still sources a file/],
    ['a reboot by accident', withLine('exit 194'), /exits with 137, 168, 169 or 194/],
    ['a home that is not set', withLine('cd "$HOME"'), /uses HOME, USER or TERM/],
    ['a parameter that is not declared', withLine('echo "$SSM_Width"'), /reads SSM_Width, which is not a parameter/],
    [
      'an unguarded parameter',
      withInputs({ runCommand: step.inputs.runCommand.map((text) => text.replace(/^guard Depth.*\n/m, '')) }),
      /nothing refuses to run when the agent is too old for Depth/,
    ],
    [
      'a parameter name with _',
      { ...document, parameters: { a_b: document.parameters['Depth'] as never } },
      /parameter a_b/,
    ],
    ['a list', withDepth({ type: 'StringList' }), /type must be String/],
    ['pasting', withDepth({ interpolationType: undefined }), /interpolationType must be ENV_VAR/],
    ['a loose pattern', withDepth({ allowedPattern: '[1-9]' }), /Depth: its pattern: begin it with \^/],
    ['a default outside its pattern', withDepth({ default: '0' }), /default does not match/],
    ['an empty default', withDepth({ default: '' }), /not the empty text/],
    ['a document over 64 KB', withLine(`# ${'x'.repeat(65_536)}`), /larger than 64 KB/],
  ])('refuses %s', (_, broken, problem) => {
    const problems = lintDocument(name, broken);
    expect(problems.filter((one) => problem.test(one))).toHaveLength(1);
  });

  it.each([
    ['aws-tidy-up-12345678', /keeps for itself/],
    ['tidy up', /not a document name/],
  ])('refuses the name %s', (bad, problem) => {
    expect(lintDocument(bad, document)).toEqual([expect.stringMatching(problem)]);
  });

  it("allows a home with a default and the agent's own variable", () => {
    expect(lintDocument(name, withLine(`echo "\${HOME:-/}" "$SSM_COMMAND_ID"`))).toEqual([]);
  });

  it('names everything at once', () => {
    const broken = { ...withLine('exit 194; echo {{ Depth }}'), schemaVersion: '1.2' };
    expect(lintDocument(name, broken)).toHaveLength(3);
  });
});
