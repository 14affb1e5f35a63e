import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadCatalogue, type Runbook } from '../../../lib/runbook-catalogue.ts';

export const RUNBOOKS = join(import.meta.dirname, '..', '..', '..', 'runbooks');

export function runbook(id: string): Runbook {
  const found = loadCatalogue('runbell', RUNBOOKS).find((one) => one.manifest.id === id);
  if (found === undefined) throw new Error(`there is no runbook ${id}`);
  return found;
}

export interface ScriptResult {
  readonly ending: string;
  readonly reason: string;
  readonly lines: readonly string[];
  readonly processes: readonly {
    readonly name: string;
    readonly pmId: number;
    readonly oldPid: number;
    readonly newPid: number;
    readonly restarts: number;
    readonly upSeconds: number;
    readonly state: string;
  }[];
  readonly snapshot?: { readonly version: number; readonly at: string; readonly isNew: boolean };
  readonly app?: { readonly up: number; readonly down: number };
  readonly changed: string;
  readonly dryRun: boolean;
}

export interface Delivered {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The first line of stdout; null when it is no JSON. */
  readonly result: ScriptResult | null;
}

/** What the agent gives a script besides the parameters: no HOME, no USER, no terminal. */
const AGENT_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin',
  AWS_SSM_INSTANCE_ID: 'i-0123456789abcdef0',
  AWS_SSM_REGION_NAME: 'eu-central-1',
  SSM_COMMAND_ID: '00000000-0000-0000-0000-000000000000',
};

/** Writes a script down and starts it as the agent does, in a session of its own whose number `onStart` is told. */
export function deliver(
  dir: string,
  script: string,
  environment: Readonly<Record<string, string>>,
  onStart: (session: number) => void = () => {},
): Promise<Delivered> {
  const file = join(mkdtempSync(join(dir, 'command-')), '_script.sh');
  writeFileSync(file, script, { mode: 0o700 });
  const env = { ...AGENT_ENVIRONMENT, RUNBELL_STATE_DIR: join(dir, 'state'), ...environment };
  const child = spawn('/bin/sh', ['-c', file], {
    cwd: '/usr/bin',
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid !== undefined) onStart(child.pid);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((resolve) => {
    child.once('close', (status) => resolve({ status, stdout, stderr, result: readResult(stdout) }));
  });
}

/** Parameters as the agent passes them. */
export function asEnvironment(parameters: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`SSM_${name}`, value]));
}

function readResult(stdout: string): ScriptResult | null {
  try {
    return JSON.parse(stdout.split('\n', 1)[0] ?? '');
  } catch {
    return null;
  }
}
