import { mkdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { cutOutput, STDOUT_BYTES_MAX } from './cut-output.ts';
import { interpolate, type Step, stepTimeoutSeconds } from './document.ts';
import { agentEnvironment, type RunContext } from './host.ts';
import { runScript, type ScriptResult } from './run-script.ts';

export type StepStatus = 'Success' | 'Failed' | 'ExecutionTimedOut' | 'Cancelled' | 'Skipped';

export interface StepResult {
  readonly name: string;
  readonly status: StepStatus;
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** The script asked by its exit code that no further step run. */
  readonly leave?: boolean;
}

export interface StepContext extends RunContext {
  /** Orchestration directory of this command on this host. */
  readonly dir: string;
  readonly signal: AbortSignal;
  readonly nowMs: () => number;
  /** How long a second of `timeoutSeconds` lasts. */
  readonly secondMs: number;
}

const REBOOT = 194;

/** A host would reboot for ever; here a step that asks again and again fails. */
const REBOOTS_MAX = 3;

type Blank = (status: StepStatus, code: number, stderr: string) => StepResult;

/** Runs one aws:runShellScript step; exit 194 runs it again from its first line, as after a boot. */
export async function runStep(context: StepContext, step: Step, blank: Blank): Promise<StepResult> {
  const lines = step.inputs['runCommand'];
  if (!Array.isArray(lines)) return blank('Failed', 1, 'Invalid format in plugin properties');
  if (lines.length === 0) return blank('Success', 0, '');
  const startedAtMs = context.nowMs();
  const order = await prepare(context, step, interpolate(lines.join('\n'), context.values));
  let [stdout, stderr] = ['', ''];
  for (let reboots = 0; ; reboots += 1) {
    const result = await runScript(order);
    stdout += result.stdout;
    stderr += result.stderr;
    if (result.code === REBOOT && reboots < REBOOTS_MAX && result.end === 'exited') continue;
    const verdict = judge(result, stderr);
    return {
      name: step.name,
      ...verdict,
      stdout: cutOutput(stdout + (verdict.note ?? ''), STDOUT_BYTES_MAX),
      stderr: cutOutput(verdict.stderr, STDOUT_BYTES_MAX),
      startedAtMs,
      endedAtMs: context.nowMs(),
    };
  }
}

async function prepare(context: StepContext, step: Step, script: string) {
  const directory = join(context.dir, step.name);
  const file = join(directory, '_script.sh');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  await writeFile(file, script, { mode: 0o700 });
  const wanted = interpolate(String(step.inputs['workingDirectory'] ?? ''), context.values);
  return {
    file,
    directory: isAbsolute(wanted) ? wanted : '/usr/bin',
    environment: agentEnvironment(context),
    timeoutMs: stepTimeoutSeconds(step, context.values) * context.secondMs,
    signal: context.signal,
  };
}

interface StepVerdict {
  readonly status: StepStatus;
  readonly code: number;
  readonly stderr: string;
  readonly leave?: boolean;
  readonly note?: string;
}

/** The agent's reading of an exit: 168 and 169 leave the document, 137 is a timeout because it cannot tell. */
function judge({ end, code }: ScriptResult, stderr: string): StepVerdict {
  if (end === 'notStarted')
    return { status: 'Failed', code: 1, stderr: 'fork/exec /usr/bin/sh: no such file or directory' };
  if (end === 'cancelled') return { status: 'Cancelled', code: 137, stderr };
  if (end === 'timedOut' || code === 137) return { status: 'ExecutionTimedOut', code: 137, stderr };
  if (code === 0) return { status: 'Success', code, stderr };
  const note = `\nThe step exited with ${code}: the further steps are skipped.`;
  if (code === 168) return { status: 'Success', code, stderr: '', leave: true, note };
  if (code === 169) return { status: 'Failed', code, stderr, leave: true, note };
  const separator = stderr === '' || stderr.endsWith('\n') ? '' : '\n';
  return { status: 'Failed', code, stderr: `${stderr}${separator}failed to run commands: exit status ${code}` };
}
