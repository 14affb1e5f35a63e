import { setTimeout as delay } from 'node:timers/promises';
import type { StreamRecord } from './dynamo-engine.ts';

/** The part of the event filter language that our stack uses: nested names, and lists of values that may match. */
export interface FilterPattern {
  readonly [name: string]: FilterPattern | readonly (string | number)[];
}

/** How a function reads the table's stream. */
export interface StreamOptions {
  /** A record passes if one of them matches. None: all pass. */
  readonly filters?: readonly FilterPattern[];
  readonly batchSize?: number;
  /** Tries of one record before it is given up. */
  readonly attemptsMax?: number;
  readonly recordAgeMsMax?: number;
}

export interface EventSourceDeps {
  readonly deliver: (event: { readonly Records: readonly StreamRecord[] }) => Promise<unknown>;
  readonly onGivenUp: (record: StreamRecord, problem: string) => void;
  readonly signal: AbortSignal;
}

const BACKOFF_MS_MIN = 50;
const BACKOFF_MS_MAX = 2000;

/**
 * The mapping from the stream to a function: filters, batches in the order of the writes, retries from the
 * first failed record on, one by one after a failure so that a poison record ends up alone, and a limit.
 */
export class EventSource {
  readonly #options: Required<StreamOptions>;
  readonly #deps: EventSourceDeps;
  readonly #waiting: { readonly record: StreamRecord; readonly sinceMs: number }[] = [];
  /** Set while a batch is out or a retry waits. */
  running: Promise<void> | null = null;

  constructor(options: StreamOptions, deps: EventSourceDeps) {
    this.#options = { filters: [], batchSize: 10, attemptsMax: 5, recordAgeMsMax: 300_000, ...options };
    this.#deps = deps;
    this.#options.filters.forEach(assertEqualityOnly);
  }

  offer(record: StreamRecord): void {
    const { filters } = this.#options;
    if (filters.length > 0 && !filters.some((pattern) => matchesPattern(pattern, record))) return;
    this.#waiting.push({ record, sinceMs: Date.now() });
    this.running ??= this.#drain().finally(() => {
      this.running = null;
    });
  }

  async #drain(): Promise<void> {
    const { batchSize, attemptsMax, recordAgeMsMax } = this.#options;
    let aloneLeft = 0;
    let attempts = 0;
    for (let head = this.#waiting[0]; head !== undefined; head = this.#waiting[0]) {
      if (this.#deps.signal.aborted) return;
      const batch = this.#waiting.slice(0, aloneLeft > 0 ? 1 : batchSize).map(({ record }) => record);
      const failure = await this.#attempt(batch);
      this.#waiting.splice(0, failure === null ? batch.length : failure.at);
      if (failure !== null && batch.length > 1) {
        aloneLeft = batch.length - failure.at;
        continue;
      }
      attempts += 1;
      if (failure !== null && attempts < attemptsMax && Date.now() - head.sinceMs < recordAgeMsMax) {
        const backoffMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** attempts);
        await delay(backoffMs, undefined, { signal: this.#deps.signal }).catch(() => undefined);
        continue;
      }
      if (failure !== null) {
        this.#waiting.shift();
        this.#deps.onGivenUp(head.record, failure.problem);
      }
      aloneLeft = Math.max(0, aloneLeft - 1);
      attempts = 0;
    }
  }

  /** null when the whole batch is done, else the first record that is not. */
  async #attempt(batch: readonly StreamRecord[]): Promise<{ readonly at: number; readonly problem: string } | null> {
    try {
      const result = (await this.#deps.deliver({ Records: batch })) as PartialFailures | null;
      const failed = (result?.batchItemFailures ?? []).map((failure) => failure.itemIdentifier);
      if (failed.length === 0) return null;
      const at = batch.findIndex((record) => failed.includes(record.dynamodb.SequenceNumber));
      return { at: Math.max(0, at), problem: 'reported as failed by the function' };
    } catch (error) {
      return { at: 0, problem: error instanceof Error ? error.message : String(error) };
    }
  }
}

interface PartialFailures {
  readonly batchItemFailures?: readonly { readonly itemIdentifier: string }[];
}

/** Whether every name of the pattern is in the event with one of the listed values. */
export function matchesPattern(pattern: FilterPattern, event: unknown): boolean {
  return Object.entries(pattern).every(([name, expected]) => {
    const actual = (event as Readonly<Record<string, unknown>> | null | undefined)?.[name];
    return isList(expected) ? expected.some((value) => value === actual) : matchesPattern(expected, actual);
  });
}

/** An operator would silently match nothing here and everything in the cloud. */
function assertEqualityOnly(pattern: FilterPattern): void {
  for (const [name, expected] of Object.entries(pattern)) {
    if (!isList(expected)) assertEqualityOnly(expected);
    else if (expected.some((value) => typeof value === 'object')) {
      throw new Error(`the filter uses an operator at ${name}; the local stream knows equality only`);
    }
  }
}

function isList(value: FilterPattern[string]): value is readonly (string | number)[] {
  return Array.isArray(value);
}
