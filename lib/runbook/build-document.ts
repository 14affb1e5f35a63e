import type { Manifest } from '../../functions/core/runbook/manifest.ts';
import { deliveredText } from './delivered-lines.ts';

/** A schema 2.2 Command document with one step, as far as runbooks use it. */
export interface CommandDocument {
  readonly schemaVersion: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, DocumentParameter>>;
  readonly mainSteps: readonly DocumentStep[];
}

export interface DocumentParameter {
  readonly type: string;
  readonly interpolationType: string;
  readonly allowedPattern: string;
  readonly default?: string;
}

export interface DocumentStep {
  readonly action: string;
  readonly name: string;
  readonly precondition: { readonly StringEquals: readonly string[] };
  readonly inputs: {
    readonly timeoutSeconds: string;
    readonly onFailure: string;
    readonly runCommand: readonly string[];
  };
}

export interface BuiltDocument {
  readonly document: CommandDocument;
  /** The exact text that SSM holds; the hash and the name are made from it. */
  readonly json: string;
  readonly sha256: string;
  /** `<app>-<runbook>-<first 8 hex digits>`: another content is another document. */
  readonly name: string;
  /** The very text that runs on the host. */
  readonly script: string;
}

export interface DocumentSource {
  readonly appName: string;
  readonly manifest: Manifest;
  readonly scriptText: string;
  /** Texts of `runbooks/lib`, by file name. */
  readonly libraries: ReadonlyMap<string, string>;
  readonly sha256Hex: (text: string) => string;
}

/** First in every delivered script: fixes the environment and offers `guard`. */
export const GUARD_LIBRARY = 'guard.sh';

export const SCRIPT_HEAD = '#!/bin/bash\nset -euo pipefail\n';
/** As it is delivered: `-p` takes no functions, no options and no file to begin with from the agent's environment. */
export const DELIVERED_HEAD = ['#!/bin/bash -p', 'set -euo pipefail'] as const;

const SOURCE_LINE = /^source \.\.\/lib\/([a-z0-9-]+\.sh)$/;

/** Joins manifest, script and library into one document, so that a host can never hold two versions. */
export function buildDocument(source: DocumentSource): BuiltDocument {
  const { manifest } = source;
  const runCommand = deliveredScript(source);
  const script = runCommand.join('\n');
  const document: CommandDocument = {
    schemaVersion: '2.2',
    description: `${manifest.title}: ${manifest.says}`,
    parameters: Object.fromEntries(manifest.parameters.map((one) => [one.name, documentParameter(one)])),
    mainSteps: [
      {
        action: 'aws:runShellScript',
        name: manifest.id.replaceAll('-', '_'),
        precondition: { StringEquals: ['platformType', 'Linux'] },
        inputs: { timeoutSeconds: String(manifest.timeoutSeconds), onFailure: 'exit', runCommand },
      },
    ],
  };
  const json = JSON.stringify(document);
  const sha256 = source.sha256Hex(json);
  return { document, json, sha256, name: `${source.appName}-${manifest.id}-${sha256.slice(0, 8)}`, script };
}

function documentParameter(parameter: Manifest['parameters'][number]): DocumentParameter {
  return {
    type: 'String',
    interpolationType: 'ENV_VAR',
    allowedPattern: parameter.pattern,
    ...(parameter.default === undefined ? {} : { default: parameter.default }),
  };
}

/** Head, guard, then the script with each `source ../lib/x.sh` replaced once by that library; the agent joins the lines. */
function deliveredScript({ manifest, scriptText, libraries }: DocumentSource): readonly string[] {
  const body = scriptText.startsWith(SCRIPT_HEAD) ? scriptText.slice(SCRIPT_HEAD.length) : scriptText;
  const { id, timeoutSeconds, snapshot } = manifest;
  const first = snapshot === undefined ? '' : ` RUNBELL_SNAPSHOT=${snapshot}`;
  const constants = `readonly RUNBELL_RUNBOOK=${id} RUNBELL_TIMEOUT_SECONDS=${timeoutSeconds}${first}`;
  const lines = [constants, ...inlined(`source ../lib/${GUARD_LIBRARY}`, libraries, new Set())];
  lines.push(...manifest.parameters.map((one) => guardLine(one.name, one.pattern)));
  lines.push(...inlined(body, libraries, new Set([GUARD_LIBRARY])));
  return [...DELIVERED_HEAD, deliveredText(lines), ''];
}

/** The line that refuses to run when the agent did not pass this parameter, or passed another than the pattern allows. */
export function guardLine(name: string, pattern: string): string {
  return `guard ${name} '${pattern}'`;
}

/** The script with its libraries, as it is delivered but without head and guard. */
export function joinedScript(scriptText: string, libraries: ReadonlyMap<string, string>): string {
  return inlined(scriptText, libraries, new Set()).join('\n');
}

function inlined(text: string, libraries: ReadonlyMap<string, string>, done: Set<string>): string[] {
  return text.split('\n').flatMap((line) => {
    const file = SOURCE_LINE.exec(line)?.[1];
    const library = file === undefined ? undefined : libraries.get(file);
    if (file === undefined || library === undefined) return [line];
    if (done.has(file)) return [];
    done.add(file);
    return inlined(library.trimEnd(), libraries, done);
  });
}
