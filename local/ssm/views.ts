import {
  type Command,
  type Details,
  errorCount,
  type Invocation,
  isEnded,
  parentDetails,
  statusOf,
} from './command.ts';
import { combineOutput, cutOutput, STDERR_BYTES_MAX, STDOUT_BYTES_MAX } from './cut-output.ts';
import type { StepResult } from './run-step.ts';

/** How the service shows things; its times are seconds, but text in GetCommandInvocation. */
export function commandView(command: Command): object {
  const details = parentDetails(command);
  return {
    ...common(command),
    ExpiresAfter: command.expiresAtMs / 1000,
    Parameters: command.parameters,
    InstanceIds: command.instanceIds,
    Targets: command.targets,
    Status: statusOf(details),
    StatusDetails: details,
    TargetCount: command.invocations.length,
    CompletedCount: command.invocations.filter((invocation) => isEnded(invocation.details)).length,
    ErrorCount: errorCount(command),
  };
}

export function invocationView(command: Command, invocation: Invocation, withSteps: boolean): object {
  return {
    ...common(command),
    InstanceId: invocation.host.id,
    Status: statusOf(invocation.details),
    StatusDetails: invocation.details,
    CommandPlugins: withSteps ? invocation.steps.map(pluginView) : [],
  };
}

/** One step's result; until the host has answered, the invocation's status. */
export function stepView(command: Command, invocation: Invocation, stepName: string): object {
  const step = invocation.steps.find(({ name }) => name === stepName);
  const shown = step === undefined ? invocation : { ...step, details: detailsOf(step) };
  return {
    ...common(command),
    InstanceId: invocation.host.id,
    PluginName: stepName,
    ResponseCode: step?.code ?? -1,
    ExecutionStartDateTime: isoTime(shown.startedAtMs),
    ExecutionEndDateTime: isoTime(shown.endedAtMs),
    Status: statusOf(shown.details),
    StatusDetails: shown.details,
    StandardOutputContent: cutOutput(step?.stdout ?? '', STDOUT_BYTES_MAX),
    StandardErrorContent: cutOutput(step?.stderr ?? '', STDERR_BYTES_MAX),
  };
}

function pluginView(step: StepResult): object {
  return {
    Name: step.name,
    Status: statusOf(detailsOf(step)),
    StatusDetails: detailsOf(step),
    ResponseCode: step.code,
    ResponseStartDateTime: step.startedAtMs / 1000,
    ResponseFinishDateTime: step.endedAtMs / 1000,
    Output: combineOutput(step.stdout, step.stderr),
  };
}

/** A skipped step counts as a success. */
function detailsOf({ status }: StepResult): Details {
  return status === 'Skipped' ? 'Success' : status;
}

function common(command: Command): object {
  return {
    CommandId: command.id,
    Comment: command.comment,
    DocumentName: command.document.name,
    DocumentVersion: '1',
    RequestedDateTime: command.requestedAtMs / 1000,
  };
}

function isoTime(atMs: number | null): string {
  return atMs === null ? '' : new Date(atMs).toISOString();
}
