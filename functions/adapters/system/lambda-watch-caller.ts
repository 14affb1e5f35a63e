import { InvokeCommand, LambdaClient, type LambdaClientConfig } from '@aws-sdk/client-lambda';
import type { Log, WatchCaller } from '../../core/ports.ts';

const CONNECT_MS_MAX = 1000;
const ANSWER_MS_MAX = 3000;

/** Starts the watch function without waiting for what it sees. */
export class LambdaWatchCaller implements WatchCaller {
  readonly #client: LambdaClient;
  readonly #functionName: string;
  readonly #log: Log;

  constructor(functionName: string, log: Log, place: LambdaClientConfig = {}) {
    this.#functionName = functionName;
    this.#log = log;
    this.#client = new LambdaClient({
      ...place,
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: CONNECT_MS_MAX,
        requestTimeout: ANSWER_MS_MAX,
        // Without it the SDK only warns and goes on waiting.
        throwOnRequestTimeout: true,
      },
    });
  }

  /** A call that is lost is only written down: the next tick looks at the same targets. */
  async watchNow(targetIds: readonly string[], askedAtMs: number): Promise<void> {
    try {
      await this.#client.send(
        new InvokeCommand({
          FunctionName: this.#functionName,
          InvocationType: 'Event',
          Payload: new TextEncoder().encode(JSON.stringify({ kind: 'now', targetIds, askedAtMs })),
        }),
      );
    } catch (error) {
      this.#log.error('watchNow.lost', { targetIds, problem: error instanceof Error ? error.name : String(error) });
    }
  }
}
