import type { SsmDocument, Values } from './document.ts';
import type { LocalHost } from './host.ts';
import type { StepResult, StepStatus } from './run-document.ts';

export type Details =
  | 'Pending'
  | 'InProgress'
  | 'Cancelling'
  | 'Success'
  | 'Failed'
  | 'ExecutionTimedOut'
  | 'DeliveryTimedOut'
  | 'Cancelled'
  | 'Undeliverable'
  | 'AccessDenied'
  | 'Terminated'
  | 'Incomplete'
  | 'NoInstancesInTag';

/** One command's part on one host. */
export interface Invocation {
  readonly host: LocalHost;
  readonly cancel: AbortController;
  details: Details;
  startedAtMs: number | null;
  endedAtMs: number | null;
  steps: readonly StepResult[];
}

/** What the agent calls a step's end, in the service's words; a skipped step counts as a success. */
export const DETAILS: Readonly<Record<StepStatus, Details>> = {
  Success: 'Success',
  Failed: 'Failed',
  TimedOut: 'ExecutionTimedOut',
  Cancelled: 'Cancelled',
  Skipped: 'Success',
};

export interface Command {
  readonly id: string;
  readonly document: SsmDocument;
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly values: Values;
  readonly comment: string;
  readonly instanceIds: readonly string[];
  readonly targets: readonly object[];
  readonly requestedAtMs: number;
  readonly expiresAtMs: number;
  readonly maxConcurrency: string;
  readonly maxErrors: string;
  readonly invocations: readonly Invocation[];
}

export function isEnded(details: Details): boolean {
  return details !== 'Pending' && details !== 'InProgress' && details !== 'Cancelling';
}

/** The coarse Status beside the StatusDetails. */
export function statusOf(details: Details): string {
  if (details === 'ExecutionTimedOut' || details === 'DeliveryTimedOut') return 'TimedOut';
  const failures: readonly Details[] = [
    'Undeliverable',
    'AccessDenied',
    'Terminated',
    'Incomplete',
    'NoInstancesInTag',
  ];
  return failures.includes(details) ? 'Failed' : details;
}

/** What counts against MaxErrors: not what never reached a host. */
export function errorCount(command: Command): number {
  return command.invocations.filter(({ details }) => details === 'Failed' || details === 'ExecutionTimedOut').length;
}

/** `3` or `10%` of the command's hosts. */
export function shareOf(limit: string, command: Command): number {
  const amount = Number.parseInt(limit, 10);
  return limit.endsWith('%') ? Math.floor((command.invocations.length * amount) / 100) : amount;
}

/** The parent's status, with the service's habit of calling a command a success when one of five hosts was reached. */
export function parentDetails(command: Command): Details {
  const all = command.invocations.map(({ details }) => details);
  if (all.length === 0) return 'NoInstancesInTag';
  if (all.some((details) => !isEnded(details))) {
    return all.every((details) => details === 'Pending') ? 'Pending' : 'InProgress';
  }
  const [first = 'Failed'] = all;
  if (all.every((details) => details === first)) return first;
  if (errorCount(command) > shareOf(command.maxErrors, command)) return 'Failed';
  if (all.includes('Cancelled')) return 'Cancelled';
  return errorCount(command) === 0 && all.includes('Success') ? 'Success' : 'Incomplete';
}
