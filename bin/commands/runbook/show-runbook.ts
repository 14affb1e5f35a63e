import type { Runbook } from '../../../lib/runbook-catalogue.ts';

const FIRST = {
  none: [],
  needed: ['First      keeps the configuration; without a copy it refuses'],
  wanted: ['First      keeps the configuration; goes on without when it cannot'],
} as const;

/** All that a person should know before running it. */
export function showRunbook({ manifest, name, json }: Runbook): string {
  const parameters = manifest.parameters
    .filter((one) => one.from === 'person')
    .map((one) => `  ${one.name}=${one.default ?? '(no default)'}\n    ${one.description}\n    ${one.pattern}`);
  const filled = manifest.parameters.filter((one) => one.from !== 'person').map((one) => `${one.name} (${one.from})`);
  return [
    `${manifest.id}: ${manifest.title}`,
    manifest.says,
    '',
    `Risk       ${manifest.risk}`,
    `For        ${manifest.kinds.join(', ')}`,
    `Time       at most ${manifest.timeoutSeconds} s a host, then ${manifest.cooldownSeconds} s of rest`,
    `Success    ${manifest.success}`,
    `Undo       ${undoText(manifest.id, manifest.undo)}`,
    ...FIRST[manifest.snapshot ?? 'none'],
    `Document   ${name}, ${json.length} characters`,
    '',
    ...section(
      'Know before:',
      manifest.hazards.map((one) => `  ${one}`),
    ),
    ...section('You choose, with --param:', parameters),
    'The configuration gives:',
    `  ${filled.join(', ')}`,
  ].join('\n');
}

function undoText(id: string, undo: string | null): string {
  if (undo === null) return 'none: what it did stays done';
  return undo === id ? '--undo with the run' : undo;
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines, ''];
}
