import { interpolate, type Step, type Values } from './document.ts';
import type { RunContext } from './host.ts';
import { runStep, type StepContext, type StepResult, type StepStatus } from './run-step.ts';

export interface DocumentResult {
  readonly status: Exclude<StepStatus, 'Skipped'>;
  readonly steps: readonly StepResult[];
}

/** Runs the steps in order by the agent's rules: it goes on after a failure unless the step says otherwise. */
export async function runDocument(context: StepContext): Promise<DocumentResult> {
  const results: StepResult[] = [];
  let leaving = false;
  for (const [index, step] of context.document.steps.entries()) {
    const isFinally = index === context.document.steps.length - 1 && String(step.inputs['finallyStep']) === 'true';
    const result = await runOrSkip(context, step, leaving && !isFinally);
    leaving ||= leaves(step, result);
    results.push(excuse(step, result));
  }
  return { status: statusOf(results), steps: results };
}

async function runOrSkip(context: StepContext, step: Step, skip: boolean): Promise<StepResult> {
  const blank = (status: StepStatus, code: number, stderr = ''): StepResult => {
    const nowMs = context.nowMs();
    return { name: step.name, status, code, stdout: '', stderr, startedAtMs: nowMs, endedAtMs: nowMs };
  };
  if (context.signal.aborted) return blank('Cancelled', 1);
  if (skip) return blank('Skipped', 0);
  const precondition = judgePrecondition(step, context);
  if (precondition === 'notMet') return blank('Skipped', 0);
  if (precondition === 'invalid') return blank('Failed', 1, 'unrecognized precondition');
  if (step.action !== 'aws:runShellScript') return blank('Failed', 1, `${step.action} is not supported here`);
  return runStep(context, step, blank).catch((error: unknown) => blank('Failed', 1, String(error)));
}

/** onFailure looks at Failed alone: after a timeout the next step runs. */
function leaves(step: Step, result: StepResult): boolean {
  const { onFailure, onSuccess } = step.inputs;
  if (result.leave === true) return true;
  if (result.status === 'Failed') return onFailure === 'exit' || onFailure === 'successAndExit';
  return result.status === 'Success' && onSuccess === 'exit';
}

function excuse(step: Step, result: StepResult): StepResult {
  const isExcused = result.status === 'Failed' && step.inputs['onFailure'] === 'successAndExit';
  return isExcused ? { ...result, status: 'Success', code: 168 } : result;
}

/** Only StringEquals of two arguments: the platform or one parameter against a constant. */
function judgePrecondition(step: Step, { host, values }: RunContext): 'met' | 'notMet' | 'invalid' {
  for (const [operator, args] of Object.entries(step.precondition ?? {})) {
    if (operator !== 'StringEquals' || args.length !== 2) return 'invalid';
    const variable = args.find((arg) => isVariable(arg, values));
    const constant = args.find((arg) => !isVariable(arg, values));
    if (variable === undefined || constant === undefined) return 'invalid';
    const [left, right] =
      variable === 'platformType'
        ? [host.platform.toLowerCase(), constant.toLowerCase()]
        : [interpolate(variable, values), constant];
    if (left !== right) return 'notMet';
  }
  return 'met';
}

function isVariable(argument: string, values: Values): boolean {
  return argument === 'platformType' || interpolate(argument, values) !== argument;
}

/** Skipped counts as success; the worst of the others wins. */
function statusOf(results: readonly StepResult[]): DocumentResult['status'] {
  const worst = (['Failed', 'ExecutionTimedOut', 'Cancelled'] as const).find((status) =>
    results.some((result) => result.status === status),
  );
  return worst ?? 'Success';
}
