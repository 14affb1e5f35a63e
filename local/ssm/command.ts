import type { SsmDocument, Values } from './document.ts';
import type { LocalHost } from './host.ts';
import type { StepResult } from './run-step.ts';

const WAITING = ['Pending', 'InProgress', 'Cancelling'] as const;
const TIMED_OUT = ['ExecutionTimedOut', 'DeliveryTimedOut'] as const;
const NOT_RUN = ['Undeliverable', 'AccessDenied', 'Terminated', 'Incomplete', 'NoInstancesInTag'] as const;

/** The service's StatusDetails. */
export type Details = 'Success' | 'Failed' | 'Cancelled' | (typeof WAITING | typeof TIMED_OUT | typeof NOT_RUN)[number];

/** One command's part on one host. */
export interface Invocation {
  readonly host: LocalHost;
  readonly cancel: AbortController;
  details: Details;
  startedAtMs: number | null;
  endedAtMs: number | null;
  steps: readonly StepResult[];
}

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
  return !WAITING.some((waiting) => waiting === details);
}

/** The coarse Status beside the StatusDetails. */
export function statusOf(details: Details): string {
  if (TIMED_OUT.some((timedOut) => timedOut === details)) return 'TimedOut';
  return NOT_RUN.some((notRun) => notRun === details) ? 'Failed' : details;
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
