import type { Counters } from '../model/sample.ts';

export interface CounterDeltas {
  readonly refused: number | null;
  readonly attempts: number | null;
}

/**
 * What happened since the former reading. After a restart or FLUSH STATUS the counters begin at zero again,
 * so whatever they show now has happened since.
 *
 * `refusalsCountAsAborted`: MariaDB books a refusal after the login under Aborted_connects (with wrong passwords
 * and the like) and only the refusals before its greeting under Connection_errors_max_connections.
 */
export function counterDeltas(
  now: Counters,
  previous: Counters | null,
  refusalsCountAsAborted: boolean,
): CounterDeltas {
  if (previous === null) return { refused: null, attempts: null };
  const restarted = now.uptimeSeconds < previous.uptimeSeconds;
  const since = (current: number, former: number) => (restarted || current < former ? current : current - former);
  const aborted = refusalsCountAsAborted ? since(now.abortedConnects, previous.abortedConnects) : 0;
  return {
    refused: since(now.refusedByLimit, previous.refusedByLimit) + aborted,
    // One of them is the connection that reads this.
    attempts: Math.max(0, since(now.connections, previous.connections) - 1),
  };
}
