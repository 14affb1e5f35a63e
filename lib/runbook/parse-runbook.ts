import type * as z from 'zod';
import { type Manifest, manifestSchema } from '../../functions/core/runbook/manifest.ts';
import { type BuiltDocument, buildDocument, GUARD_LIBRARY, joinedScript, SCRIPT_HEAD } from './build-document.ts';
import { lintDocument, parametersUsed, scriptTextProblems } from './lint-document.ts';

/** What lies in `runbooks/<folder>`; null for a file that is not there. */
export interface RunbookFolder {
  readonly appName: string;
  readonly folder: string;
  readonly manifestText: string | null;
  readonly scriptText: string | null;
  readonly libraries: ReadonlyMap<string, string>;
  readonly sha256Hex: (text: string) => string;
}

export type ParsedRunbook =
  | { readonly kind: 'valid'; readonly manifest: Manifest; readonly built: BuiltDocument }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Reads one folder; all that is wrong with it is named at once. */
export function parseRunbook(source: RunbookFolder): ParsedRunbook {
  const { manifest, problems: manifestProblems } = readManifest(source);
  const problems = [...manifestProblems, ...headProblems(source)];
  if (source.scriptText === null) return { kind: 'invalid', problems };
  if (manifest === null) {
    // Without a manifest there is no document to lint, but the script can still be told what is wrong with it.
    problems.push(...scriptTextProblems(joinedScript(source.scriptText, source.libraries)));
    return { kind: 'invalid', problems };
  }
  const built = buildDocument({ ...source, manifest, scriptText: source.scriptText });
  problems.push(...unusedProblems(manifest, built.script), ...snapshotProblems(manifest, source.scriptText));
  problems.push(...lintDocument(built.name, built.document));
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'valid', manifest, built };
}

interface ReadManifest {
  readonly manifest: Manifest | null;
  readonly problems: readonly string[];
}

function readManifest({ folder, manifestText }: RunbookFolder): ReadManifest {
  if (manifestText === null) return { manifest: null, problems: ['runbook.json is missing'] };
  let json: unknown;
  try {
    json = JSON.parse(manifestText);
  } catch {
    return { manifest: null, problems: ['runbook.json is not JSON'] };
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) return { manifest: null, problems: parsed.error.issues.map(issueText) };
  return { manifest: parsed.data, problems: wholeProblems(parsed.data, folder) };
}

function issueText(issue: z.core.$ZodIssue): string {
  return `runbook.json: ${issue.path.join('.') || 'the whole file'}: ${issue.message}`;
}

/** What the schema cannot see: one field against another. */
function wholeProblems(manifest: Manifest, folder: string): string[] {
  const names = manifest.parameters.map((one) => one.name);
  const repeated = new Set(names.filter((name, at) => names.indexOf(name) < at));
  return [
    ...(manifest.id === folder ? [] : [`runbook.json: the id is ${manifest.id}, but the folder is ${folder}`]),
    ...[...repeated].map((name) => `runbook.json: parameter ${name} is declared twice`),
    ...(manifest.addsLoad === undefined || isChosen(manifest, manifest.addsLoad.parameter)
      ? []
      : ['runbook.json: addsLoad names no parameter from person']),
    ...(['run.id', 'run.dryRun', 'application.id'] as const)
      .filter((source) => !manifest.parameters.some((one) => one.from === source))
      .map((source) => `runbook.json: every runbook needs a parameter from ${source}`),
  ];
}

function isChosen({ parameters }: Manifest, name: string): boolean {
  return parameters.some((one) => one.name === name && one.from === 'person');
}

function headProblems({ scriptText, libraries }: RunbookFolder): string[] {
  const guard = libraries.has(GUARD_LIBRARY) ? [] : [`lib/${GUARD_LIBRARY} is missing`];
  if (scriptText === null) return [...guard, 'run.sh is missing'];
  if (scriptText.startsWith(SCRIPT_HEAD)) return guard;
  return [...guard, 'run.sh must begin with the lines "#!/bin/bash" and "set -euo pipefail"'];
}

/** Whatever changes something on a host keeps the configuration first, and says whether it can do without. */
function snapshotProblems({ risk, snapshot }: Manifest, scriptText: string): string[] {
  if ((risk === 'read') !== (snapshot === undefined)) {
    return ['runbook.json: snapshot: say "needed" or "wanted" where the risk is change or disrupt, and nowhere else'];
  }
  const keeps = /^ *keep_(first|before)$/m.test(scriptText);
  return risk === 'read' || keeps ? [] : ['run.sh never calls keep_first before it changes something'];
}

/** A declared parameter that nothing reads is a misspelling more often than not. */
function unusedProblems(manifest: Manifest, script: string): string[] {
  const used = parametersUsed(script);
  return manifest.parameters
    .filter((one) => !used.has(one.name))
    .map((one) => `runbook.json: parameter ${one.name} is declared, and run.sh never reads SSM_${one.name}`);
}
