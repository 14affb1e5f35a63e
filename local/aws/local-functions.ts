import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { StreamRecord } from './dynamo-engine.ts';
import { EventSource, type StreamOptions } from './event-source.ts';

/** The part of Lambda's context that a handler may use here. */
export interface LocalContext {
  readonly functionName: string;
  readonly awsRequestId: string;
  getRemainingTimeInMillis(): number;
}

/** A handler reads its event itself, as it has to when deployed. */
export type LocalHandler = (event: unknown, context: LocalContext) => unknown;

export interface FunctionOptions {
  readonly timeoutMs?: number;
  readonly stream?: StreamOptions;
}

export type LocalLog = (event: string, fields: Readonly<Record<string, unknown>>) => void;

interface Registered {
  readonly handler: LocalHandler;
  readonly timeoutMs: number;
  readonly source: EventSource | null;
}

const TIMEOUT_MS = 60_000;
const CLOSE_MS_MAX = 3000;

/** Lambda as far as our functions can tell: invocations, the table's stream, and schedules. */
export class LocalFunctions {
  readonly #functions = new Map<string, Registered>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #stop = new AbortController();
  readonly #log: LocalLog;

  constructor(log: LocalLog) {
    this.#log = log;
  }

  register(name: string, handler: LocalHandler, options: FunctionOptions = {}): void {
    const source =
      options.stream === undefined
        ? null
        : new EventSource(options.stream, {
            deliver: (event) => this.invoke(name, event),
            onGivenUp: (record, problem) => this.#log('recordGivenUp', { name, keys: record.dynamodb.Keys, problem }),
            signal: this.#stop.signal,
          });
    this.#functions.set(name, { handler, timeoutMs: options.timeoutMs ?? TIMEOUT_MS, source });
  }

  has(name: string): boolean {
    return this.#functions.has(name);
  }

  /** Calls a function and waits. Event and result pass through JSON, as they would on the wire. */
  invoke(name: string, event: unknown): Promise<unknown> {
    const called = this.#call(name, event);
    this.#running.add(called);
    const forget = () => this.#running.delete(called);
    called.then(forget, forget);
    return called;
  }

  /** Calls a function and does not wait; a failure is logged. */
  send(name: string, event: unknown): Promise<void> {
    return this.invoke(name, event).then(
      () => undefined,
      (error: unknown) => this.#log('invocationFailed', { name, problem: messageOf(error) }),
    );
  }

  /** Calls a function every so often; a tick whose forerunner is still at work is left out. Returns the stop. */
  every(ms: number, name: string, event: (nowMs: number) => unknown): () => void {
    let isRunning = false;
    const timer = setInterval(() => {
      if (isRunning) return this.#log('tickLeftOut', { name });
      isRunning = true;
      void this.send(name, event(Date.now())).finally(() => {
        isRunning = false;
      });
    }, ms);
    this.#timers.add(timer);
    return () => clearInterval(timer);
  }

  offer(record: StreamRecord): void {
    for (const { source } of this.#functions.values()) source?.offer(record);
  }

  /** Resolves when no invocation runs and no stream record waits. Schedules may start new work later. */
  async settled(): Promise<void> {
    for (;;) {
      const draining = [...this.#functions.values()].map(({ source }) => source?.running ?? null);
      const work = [...this.#running, ...draining].filter((promise) => promise !== null);
      if (work.length === 0) return;
      await Promise.allSettled(work);
    }
  }

  /** Stops schedules and retries, then waits a little for what runs. */
  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#stop.abort();
    await Promise.race([this.settled(), delay(CLOSE_MS_MAX, undefined, { ref: false })]);
  }

  async #call(name: string, event: unknown): Promise<unknown> {
    const registered = this.#functions.get(name);
    if (registered === undefined) throw new Error(`there is no function ${name}`);
    const { handler, timeoutMs } = registered;
    const endsAtMs = Date.now() + timeoutMs;
    const context = {
      functionName: name,
      awsRequestId: randomUUID(),
      getRemainingTimeInMillis: () => Math.max(0, endsAtMs - Date.now()),
    };
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${name} timed out after ${timeoutMs} ms`)), timeoutMs);
    });
    try {
      const wireEvent: unknown = JSON.parse(JSON.stringify(event ?? null));
      const result: unknown = await Promise.race([handler(wireEvent, context), timeout]);
      return result === undefined ? null : JSON.parse(JSON.stringify(result));
    } finally {
      clearTimeout(timer);
    }
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
