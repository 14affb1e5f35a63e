import { join } from 'node:path';
import { type Command, type Details, errorCount, type Invocation, isEnded, parentDetails, shareOf } from './command.ts';
import { type Place, type SsmEvent, statusEvent } from './events.ts';
import { runDocument } from './run-document.ts';

export interface DispatcherOptions extends Place {
  readonly dir: string;
  readonly nowMs: () => number;
  readonly secondMs: number;
  readonly requiredTag: { readonly key: string; readonly value: string } | null;
  readonly emit: (event: SsmEvent) => void;
}

/** The agent's CommandWorkersLimit. */
const COMMANDS_PER_HOST = 5;

/** Carries commands to their hosts: MaxConcurrency and MaxErrors per command, five commands at a time per host. */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #busy = new Map<string, number>();
  readonly #queues = new Map<string, (() => void)[]>();
  readonly #running = new Set<Promise<void>>();
  readonly #told = new WeakMap<Command, Details>();

  constructor(options: DispatcherOptions) {
    this.#options = options;
  }

  start(command: Command): void {
    const work = this.#dispatch(command).finally(() => this.#running.delete(work));
    this.#running.add(work);
  }

  cancel(command: Command, invocation: Invocation): void {
    if (invocation.details === 'Pending') this.#set(command, invocation, 'Cancelled');
    if (invocation.details === 'InProgress') this.#set(command, invocation, 'Cancelling');
    invocation.cancel.abort();
  }

  /** The service gives up on what has not ended when delivery and execution time are over. */
  expire(command: Command): void {
    if (this.#options.nowMs() < command.expiresAtMs) return;
    for (const invocation of command.invocations) {
      if (!isEnded(invocation.details)) this.#set(command, invocation, 'DeliveryTimedOut');
    }
  }

  /** When every script that was started has ended. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #dispatch(command: Command): Promise<void> {
    const waiting = [...command.invocations];
    const lane = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if (errorCount(command) > shareOf(command.maxErrors, command)) this.#set(command, next, 'Terminated');
        else await this.#deliver(command, next);
      }
    };
    const lanes = Math.max(1, shareOf(command.maxConcurrency, command));
    // The answer to SendCommand leaves before anything happens on a host.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all(Array.from({ length: Math.min(lanes, waiting.length) }, lane));
  }

  async #deliver(command: Command, invocation: Invocation): Promise<void> {
    const { host } = invocation;
    const { requiredTag } = this.#options;
    if (isEnded(invocation.details)) return;
    if (requiredTag !== null && host.tags[requiredTag.key] !== requiredTag.value) {
      return this.#set(command, invocation, 'AccessDenied');
    }
    if (host.reach === 'undeliverable') return this.#set(command, invocation, 'Undeliverable');
    if (host.reach === 'silent') return;
    await this.#takeTurn(host.id);
    await this.#execute(command, invocation);
    this.#giveTurn(host.id);
  }

  async #execute(command: Command, invocation: Invocation): Promise<void> {
    if (invocation.details !== 'Pending') return;
    const { dir, nowMs, secondMs, region } = this.#options;
    this.#set(command, invocation, 'InProgress');
    const { host, cancel } = invocation;
    const result = await runDocument({
      commandId: command.id,
      region,
      host,
      document: command.document,
      values: command.values,
      dir: join(dir, host.id, 'document', 'orchestration', command.id),
      signal: cancel.signal,
      nowMs,
      secondMs,
    });
    if (isEnded(invocation.details)) return;
    invocation.steps = result.steps;
    this.#set(command, invocation, result.status);
  }

  async #takeTurn(hostId: string): Promise<void> {
    const busy = this.#busy.get(hostId) ?? 0;
    this.#busy.set(hostId, busy + 1);
    if (busy < COMMANDS_PER_HOST) return;
    const queue = this.#queues.get(hostId) ?? [];
    this.#queues.set(hostId, queue);
    await new Promise<void>((resolve) => queue.push(resolve));
  }

  #giveTurn(hostId: string): void {
    this.#busy.set(hostId, (this.#busy.get(hostId) ?? 1) - 1);
    this.#queues.get(hostId)?.shift()?.();
  }

  #set(command: Command, invocation: Invocation, details: Details): void {
    const nowMs = this.#options.nowMs();
    invocation.details = details;
    if (details === 'InProgress') invocation.startedAtMs = nowMs;
    if (isEnded(details)) invocation.endedAtMs = nowMs;
    if (details !== 'Cancelling') this.#options.emit(statusEvent(command, invocation, this.#options, nowMs));
    const parent = parentDetails(command);
    if (this.#told.get(command) === parent) return;
    this.#told.set(command, parent);
    this.#options.emit(statusEvent(command, null, this.#options, nowMs));
  }
}
